import type { Log, Region, ReportingDescriptor, Result } from 'sarif';
import {
  type LocatedFinding,
  type Location,
  readClusterUri,
  refLabel,
  rules,
  type Severity,
  type TextRange,
} from '../engine/index.ts';
import { fileName } from './load.ts';

const levels = { error: 'error', warning: 'warning', info: 'note', hint: 'note' } as const satisfies Record<
  Severity,
  Result.level
>;

/**
 * Findings as code scanning takes them, for example GitHub's.
 * Source: Static Analysis Results Interchange Format 2.1.0 (OASIS).
 */
export function sarif(findings: readonly LocatedFinding[]): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Podpath', rules: codes.map(descriptor) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((one) => ({ ...resultOf(one), ruleIndex: codes.indexOf(one.code) })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function descriptor(id: string): ReportingDescriptor {
  const rule = rules.find(({ code }) => code === id);
  if (rule === undefined) return { id };
  const { summary, description, severity } = rule;
  const level = severity === 'off' ? 'none' : levels[severity];
  return {
    id,
    shortDescription: { text: summary },
    fullDescription: { text: description },
    defaultConfiguration: { level },
  };
}

function resultOf({ code, severity, message, location, related, fixes }: LocatedFinding): Result {
  return {
    ruleId: code,
    level: levels[severity],
    message: { text: message },
    locations: [locationOf(location)],
    relatedLocations: related.map((one) => ({ ...locationOf(one.location), message: { text: one.message } })),
    fixes: fixes.map(({ title, edits }) => ({
      description: { text: title },
      artifactChanges: [...Map.groupBy(edits, ({ uri }) => uri)].map(([uri, own]) => ({
        artifactLocation: { uri: pathOf(uri) },
        replacements: own.map(({ range, newText }) => ({
          deletedRegion: regionOf(range),
          insertedContent: { text: newText },
        })),
      })),
    })),
  };
}

/** An object of a running cluster stands in no file. */
function locationOf({ uri, range }: Location): NonNullable<Result['locations']>[number] {
  const live = readClusterUri(uri);
  return live === undefined
    ? { physicalLocation: { artifactLocation: { uri: pathOf(uri) }, region: regionOf(range) } }
    : { logicalLocations: [{ fullyQualifiedName: `${live.context}: ${refLabel(live.ref)}`, kind: 'object' }] };
}

function pathOf(uri: string): string {
  return fileName(uri).split('/').map(encodeURIComponent).join('/');
}

function regionOf({ start, end }: TextRange): Region {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

const commands = { error: 'error', warning: 'warning', info: 'notice', hint: 'notice' } as const;

/**
 * Findings as commands of a GitHub workflow, which shows them at their lines.
 * Source: docs.github.com, Workflow commands for GitHub Actions; columns count only on one line.
 */
export function workflowCommands(findings: readonly LocatedFinding[]): string {
  return findings
    .map(({ code, severity, message, location: { uri, range } }) => {
      const live = readClusterUri(uri);
      const { start, end } = range;
      const place = { file: fileName(uri), line: start.line + 1, endLine: end.line + 1 };
      const columns = start.line === end.line ? { col: start.character + 1, endColumn: end.character + 1 } : {};
      const properties = live === undefined ? { ...place, ...columns, title: code } : { title: code };
      const text = live === undefined ? message : `${live.context}: ${refLabel(live.ref)}: ${message}`;
      const written = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`);
      return `::${commands[severity]} ${written.join(',')}::${data(text)}\n`;
    })
    .join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
