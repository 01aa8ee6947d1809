import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { HintAnswer } from '../analysis/answers.ts';
import type { SourceFile } from '../analysis/files.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { FieldPath, Resource, TextPosition, TextRange } from '../model/resource.ts';
import { type SelectorAt, selectorsOf } from './selectors.ts';

/**
 * What each selector in a part of a file selects, as a few words behind it; in the order of the text. A selector of
 * an object that does not count, because a later one has its name, has none. Yields between objects.
 */
export function* hints(analysis: Analysis, uri: string, range: TextRange): Generator<undefined, readonly HintAnswer[]> {
  const scope = analysis.scopesOfFile(uri)[0];
  const file = analysis.file(uri);
  if (scope === undefined || file === undefined) return [];
  const found: HintAnswer[] = [];
  const [from, to] = [file.lines.offset(range.start), file.lines.offset(range.end)];
  for (const document of file.manifest.documents) {
    if (document.end < from || document.start > to) continue;
    for (const resource of document.resources) {
      if (scope.snapshot.get(resource.ref) === resource) found.push(...hintsOf(scope, file, resource));
      yield;
    }
  }
  return found
    .filter(({ position }) => !isBefore(position, range.start) && !isBefore(range.end, position))
    .sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
}

function isBefore(a: TextPosition, b: TextPosition): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

function hintsOf(scope: ScopeAnalysis, file: SourceFile, resource: Resource): readonly HintAnswer[] {
  return selectorsOf(scope, resource).flatMap((selector) => {
    const position = endOf(file, resource, selector.path);
    return position === undefined ? [] : [{ position, label: labelOf(selector), tooltip: tooltipOf(scope, selector) }];
  });
}

/** Behind a selector of one line; behind the key of one that takes several, and behind the first line of a list's item. */
function endOf(file: SourceFile, { origin }: Resource, path: FieldPath): TextPosition | undefined {
  if (origin.type !== 'manifest') return undefined;
  const full = [...origin.prefix, ...path];
  const value = file.locator.locate(origin.document, full, 'value');
  const key = typeof path.at(-1) === 'string' ? file.locator.locate(origin.document, full, 'key') : undefined;
  const head = key ?? value;
  if (value === undefined || head === undefined) return undefined;
  const lineOf = (offset: number): number => file.lines.position(offset).line;
  if (value.start >= head.start && lineOf(value.start) === lineOf(head.start)) {
    const isFlow = '{["\''.includes(file.text[value.start] ?? ' ');
    if (isFlow || lineOf(value.end) === lineOf(value.start)) return file.lines.position(value.end);
  }
  const rest = file.text.slice(head.end, head.end + 1000);
  if (key !== undefined) return file.lines.position(head.end + (/^["']?[ \t]*:/.exec(rest)?.[0].length ?? 0));
  const line = file.text.slice(head.start).split('\n', 1)[0] ?? '';
  return file.lines.position(head.start + line.replace(/(?:^|\s)#.*$/, '').trimEnd().length);
}

function labelOf({ of, count }: SelectorAt): string {
  switch (of) {
    case 'pods':
      return count === 0 ? t('→ no pods') : count === 1 ? t('→ 1 pod') : t('→ {0} pods', count);
    case 'namespaces':
      return count === 0 ? t('→ no namespaces') : count === 1 ? t('→ 1 namespace') : t('→ {0} namespaces', count);
    case 'nodes':
      return count === 0 ? t('→ no nodes') : count === 1 ? t('→ 1 node') : t('→ {0} nodes', count);
    default:
      return of satisfies never;
  }
}

/** The names, and why there may be more than the files or the policy show. */
function tooltipOf({ snapshot }: ScopeAnalysis, { names, count, leftOut }: SelectorAt): string {
  const more = count > names.length ? [t('and {0} more', count - names.length)] : [];
  const others =
    leftOut === 0
      ? []
      : [t('Pods with these labels that the policy does not act on (outside the mesh, or host network): {0}', leftOut)];
  return [...names, ...more, ...others, ...snapshot.incomplete].join('\n');
}
