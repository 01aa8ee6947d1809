import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { FileEdit, TestEditAnswer, TraceRequest } from '../analysis/answers.ts';
import { type Assertion, checkAssertion } from '../connectivity/assertions.ts';
import { editsFor } from '../manifest/edit.ts';
import type { JsonObject } from '../model/json.ts';
import { yamlText } from '../render/yaml.ts';
import { isProblem, parseEnd } from '../trace/ends.ts';
import { scopeFor } from './scopeChoice.ts';

/** A traced connection as an assertion of the podpath.yaml of its folder; a sentence where there is none to write. */
export function testEdit(analysis: Analysis, request: TraceRequest): TestEditAnswer | { readonly problem: string } {
  const scope = scopeFor(analysis, request);
  const file = scope?.scope.files.find(({ uri }) => analysis.folderOf(uri) !== undefined);
  const folder = file === undefined ? analysis.folders[0] : analysis.folderOf(file.uri);
  if (scope === undefined || folder === undefined) return { problem: t('There is no folder to write the test to') };
  const to = parseEnd(scope.snapshot, request.to, 'to');
  if (isProblem(to)) return { problem: to.message };
  const { port } = to;
  const isUrl = request.to.includes('://');
  const ends = {
    from: request.from,
    to: port === undefined || isUrl ? request.to : request.to.slice(0, -`:${port}`.length),
    ...(port === undefined || isUrl ? {} : { port }),
    protocol: request.protocol,
  };
  const config = analysis.config(folder).file;
  const choices = (['allowed', 'denied'] as const).flatMap((expect) => {
    const edits = editsOf(config, { ...ends, expect });
    return edits === undefined ? [] : [{ expect, edits }];
  });
  if (choices.length === 0) return { problem: t('{0} can not take a test: its tests are no list', config?.uri ?? '') };
  const { actual } = checkAssertion(scope.derived, { ...ends, expect: 'allowed' });
  return { uri: config?.uri ?? `${folder.uri}/podpath.yaml`, isNew: config === undefined, actual, choices };
}

/** Appends to `tests`; without a file, or in an empty one, that is the whole text. */
function editsOf(config: ReturnType<Analysis['config']>['file'], test: Assertion): readonly FileEdit[] | undefined {
  const zero = { line: 0, character: 0 };
  const item: JsonObject = { ...test };
  if (config === undefined || config.text.trim() === '') {
    return [{ uri: config?.uri ?? '', range: { start: zero, end: zero }, newText: yamlText([{ tests: [item] }]) }];
  }
  const edits = editsFor(config.text, { document: 0, prefix: [] }, [{ kind: 'append', path: ['tests'], item }]);
  return edits?.map(({ start, end, newText }) => ({ uri: config.uri, range: config.range(start, end), newText }));
}
