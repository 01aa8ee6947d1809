import * as vscode from 'vscode';
import type { LocatedFinding } from '../engine/index.ts';
import { toLocation, toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { Newest } from './newest.ts';
import { visible } from './plainText.ts';
import type { RulePages } from './rulePages.ts';

/** A file with more findings than this shows the first ones; Problems lists are not read to their end. */
const mostOfFile = 200;

/** Milliseconds of the extension host's time between two turns of others; what VS Code makes of it takes as long again. */
const slice = 2;

const severities: Readonly<Record<LocatedFinding['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** Keeps the Problems panel in step with the newest analysis, and remembers the findings for quick fixes. */
export class Diagnostics implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #pages: RulePages;
  readonly #collection = vscode.languages.createDiagnosticCollection('podpath');
  readonly #newest = new Newest();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  /** What is shown, by VS Code's own spelling of a URI: the worker's differs in what it escapes. */
  readonly #byFile = new Map<string, readonly LocatedFinding[]>();

  /** Findings were asked for again and are up to date. */
  readonly onDidChange = this.#changed.event;

  constructor(client: EngineClient, pages: RulePages) {
    this.#client = client;
    this.#pages = pages;
    this.#subscription = client.onDidChange(() => void this.refresh());
  }

  /** The findings of a file, as last shown. */
  of(uri: vscode.Uri): readonly LocatedFinding[] {
    return this.#byFile.get(uri.toString()) ?? [];
  }

  /** How many errors and warnings there are. */
  get counts(): { readonly errors: number; readonly warnings: number } {
    const all = [...this.#byFile.values()].flat();
    const count = (severity: LocatedFinding['severity']) => all.filter((one) => one.severity === severity).length;
    return { errors: count('error'), warnings: count('warning') };
  }

  async refresh(): Promise<void> {
    const isShown = await this.#newest.run(async (token) => {
      const all = await this.#client.query('findings', {}, { token, deadlineMs: 60_000 });
      return this.#show(all, token);
    });
    if (isShown === true) this.#changed.fire();
  }

  /** False where newer findings came before all of these were shown: a large cluster has thousands. */
  async #show(all: readonly LocatedFinding[], token: vscode.CancellationToken): Promise<boolean> {
    const shown = new Set<string>();
    let changed: [vscode.Uri, vscode.Diagnostic[] | undefined][] = [];
    let end = performance.now() + slice;
    for (const [spelt, findings] of Map.groupBy(all, ({ location }) => location.uri)) {
      const uri = vscode.Uri.parse(spelt);
      const key = uri.toString();
      shown.add(key);
      // Only what differs crosses to VS Code, for a key press changes the findings of few files.
      if (JSON.stringify(findings) !== JSON.stringify(this.#byFile.get(key))) {
        this.#byFile.set(key, findings);
        changed.push([uri, this.#diagnosticsOf(findings)]);
      }
      if (performance.now() < end) continue;
      this.#collection.set(changed);
      await new Promise((resume) => setTimeout(resume, 1));
      if (token.isCancellationRequested) return false;
      changed = [];
      end = performance.now() + slice;
    }
    for (const key of this.#byFile.keys()) {
      if (shown.has(key)) continue;
      this.#byFile.delete(key);
      changed.push([vscode.Uri.parse(key), undefined]);
    }
    this.#collection.set(changed);
    return true;
  }

  #diagnosticsOf(findings: readonly LocatedFinding[]): vscode.Diagnostic[] {
    return findings.slice(0, mostOfFile).map((one) => toDiagnostic(one, this.#pages.of(one.code)));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#newest.dispose();
    this.#collection.dispose();
    this.#changed.dispose();
  }
}

function toDiagnostic(
  { code, severity, message, location, related }: LocatedFinding,
  target: vscode.Uri,
): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(toRange(location.range), visible(message), severities[severity]);
  diagnostic.source = 'Podpath';
  diagnostic.code = { value: code, target };
  diagnostic.relatedInformation = related.map(
    (one) => new vscode.DiagnosticRelatedInformation(toLocation(one.location), one.message),
  );
  return diagnostic;
}
