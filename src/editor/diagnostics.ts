import * as vscode from 'vscode';
import type { LocatedFinding } from '../engine/index.ts';
import { toLocation, toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { Newest } from './newest.ts';
import { visible } from './plainText.ts';
import type { RulePages } from './rulePages.ts';

/** A file with more findings than this shows the first ones; Problems lists are not read to their end. */
const mostOfFile = 200;

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
  #byFile: ReadonlyMap<string, readonly LocatedFinding[]> = new Map();

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
    const all = await this.#newest.run((token) => this.#client.query('findings', {}, { token, deadlineMs: 60_000 }));
    if (all === undefined) return;
    // VS Code's own spelling of a URI is the key: the worker's differs in what it escapes.
    const byFile = Map.groupBy(all, ({ location }) => vscode.Uri.parse(location.uri).toString());
    // Only what differs crosses to VS Code, for a key press changes the findings of few files.
    const uris = [...new Set([...this.#byFile.keys(), ...byFile.keys()])];
    const changed = uris.filter((uri) => JSON.stringify(byFile.get(uri)) !== JSON.stringify(this.#byFile.get(uri)));
    this.#collection.set(
      changed.map((uri) => [
        vscode.Uri.parse(uri),
        byFile
          .get(uri)
          ?.slice(0, mostOfFile)
          .map((one) => toDiagnostic(one, this.#pages.of(one.code))),
      ]),
    );
    this.#byFile = byFile;
    this.#changed.fire();
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
