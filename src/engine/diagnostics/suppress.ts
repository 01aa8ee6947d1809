import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { LocatedFinding } from '../analysis/answers.ts';
import type { SourceFile } from '../analysis/files.ts';
import type { IgnoreEntry } from '../analysis/podpathConfig.ts';
import { severityOf } from '../analysis/severity.ts';
import { stringMapAt } from '../model/json.ts';
import { rules } from './rules.ts';

/** A wish not to see a finding: a comment on the line above it, or an annotation of its object. */
interface Suppression {
  readonly code: string;
  /** The lines that it covers, inclusive. */
  readonly from: number;
  readonly to: number;
  readonly file: SourceFile;
  /** Where it stands, in offsets of the file. */
  readonly start: number;
  readonly end: number;
}

const comment = /^[ \t]*#[ \t]*podpath-ignore[ \t]+([a-z0-9-]+)(?:[ \t]+--.*)?[ \t]*\r?$/gm;

/** Leaves out what is suppressed, and reports suppressions that hide nothing. */
export function suppress(analysis: Analysis, all: readonly LocatedFinding[]): LocatedFinding[] {
  const suppressions = analysis.files.flatMap(suppressionsOf);
  const used = new Set<Suppression | IgnoreEntry>();
  const kept = all.filter((finding) => {
    const hiding = [
      ...suppressions.filter((one) => covers(one, finding)),
      ...ignoresOf(analysis, finding.location.uri).filter((one) => entryCovers(analysis, one, finding)),
    ];
    for (const one of hiding) used.add(one);
    return hiding.length === 0;
  });
  return [
    ...kept,
    ...suppressions.filter((one) => !used.has(one)).flatMap((one) => unusedFinding(analysis, one)),
    ...unusedEntries(analysis, used),
  ];
}

function covers({ code, file, from, to }: Suppression, finding: LocatedFinding): boolean {
  const { uri, range } = finding.location;
  return finding.code === code && uri === file.uri && range.start.line >= from && range.start.line <= to;
}

const read = new WeakMap<SourceFile, readonly Suppression[]>();

/** Those of a file; a file's text never changes. */
function suppressionsOf(file: SourceFile): readonly Suppression[] {
  let found = read.get(file);
  if (found === undefined) {
    found = [...comments(file), ...annotations(file)];
    read.set(file, found);
  }
  return found;
}

/** A comment covers the line below it. */
function comments(file: SourceFile): readonly Suppression[] {
  if (!file.text.includes('podpath-ignore')) return [];
  return [...file.text.matchAll(comment)].map((match) => {
    const { line } = file.lines.position(match.index);
    return {
      code: match[1] ?? '',
      from: line + 1,
      to: line + 1,
      file,
      start: match.index,
      end: match.index + match[0].trimEnd().length,
    };
  });
}

/** `podpath.dev/ignore: "code: reason"` covers its whole object; several stand apart by semicolons. */
function annotations(file: SourceFile): readonly Suppression[] {
  if (!file.text.includes('podpath.dev/ignore')) return [];
  return file.manifest.documents.flatMap((document) =>
    document.resources.flatMap(({ object, origin }) => {
      const text = stringMapAt(object, 'metadata', 'annotations')['podpath.dev/ignore'];
      if (text === undefined || origin.type !== 'manifest') return [];
      const place = file.locator.locate(
        document.index,
        [...origin.prefix, 'metadata', 'annotations', 'podpath.dev/ignore'],
        'value',
      );
      const from = file.lines.position(document.start).line;
      const to = file.lines.position(document.end).line;
      const codes = text.split(';').map((part) => part.split(':')[0]?.trim() ?? '');
      return codes.map((code) => ({ code, from, to, file, start: place?.start ?? 0, end: place?.end ?? 0 }));
    }),
  );
}

function ignoresOf(analysis: Analysis, uri: string): readonly IgnoreEntry[] {
  const folder = analysis.folderOf(uri);
  return folder === undefined ? [] : analysis.config(folder).config.ignores;
}

function entryCovers(
  analysis: Analysis,
  entry: IgnoreEntry,
  { code, ref, location: { uri } }: LocatedFinding,
): boolean {
  const path = uri.slice((analysis.folderOf(uri)?.uri.length ?? -1) + 1);
  return (
    !isExpired(entry) &&
    entry.code === code &&
    (entry.kind === undefined || entry.kind === ref?.kind) &&
    (entry.namespace === undefined || entry.namespace === ref?.namespace) &&
    (entry.name === undefined || entry.name === ref?.name) &&
    (entry.path === undefined || path === entry.path || path.startsWith(`${entry.path.replace(/\/+$/, '')}/`))
  );
}

function isExpired({ expires }: IgnoreEntry): boolean {
  return expires !== undefined && expires < new Date().toISOString().slice(0, 10);
}

/** Entries of podpath.yaml that hide nothing. */
function unusedEntries(analysis: Analysis, used: ReadonlySet<Suppression | IgnoreEntry>): readonly LocatedFinding[] {
  return analysis.folders.flatMap((folder) => {
    const { config, file } = analysis.config(folder);
    if (file === undefined) return [];
    return config.ignores
      .filter((entry) => !used.has(entry))
      .flatMap((entry) => {
        const { start, end } = file.locator.locate(0, [...entry.at, 'code'], 'value') ?? { start: 0, end: 0 };
        const { code, expires } = entry;
        const expired = isExpired(entry) ? t('This suppression of {0} expired on {1}', code, expires ?? '') : undefined;
        return unusedFinding(analysis, { code, file, start, end }, expired);
      });
  });
}

function unusedFinding(
  analysis: Analysis,
  { code, file, start, end }: Pick<Suppression, 'code' | 'file' | 'start' | 'end'>,
  why?: string,
): readonly LocatedFinding[] {
  const own = 'suppression-unused';
  const severity = severityOf(analysis, file.uri, own);
  if (severity === 'off') return [];
  const known = rules.some((one) => one.code === code);
  const unused = known
    ? t('Nothing here is a {0}: the suppression can go', code)
    : t('{0} is not a rule of Podpath', code);
  const scope = analysis.scopesOfFile(file.uri)[0]?.scope.name ?? '';
  return [
    {
      code: own,
      severity,
      message: why ?? unused,
      location: { uri: file.uri, range: file.range(start, end) },
      scope,
      related: [],
      fixes: [],
    },
  ];
}
