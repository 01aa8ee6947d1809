import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Analysis, AnalysisHost, finish, query } from '../../src/engine/index.ts';

const pods = ['web', 'api']
  .map(
    (app) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${app}, namespace: shop, labels: {app: ${app}}}\nspec: {containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}\n`,
  )
  .join('---\n');
const request = { from: 'shop/web', to: 'shop/api:80', protocol: 'TCP' } as const;

function analysed(config?: string): Analysis {
  const saved = [
    { uri: 'w/pods.yaml', text: pods },
    ...(config === undefined ? [] : [{ uri: 'w/podpath.yaml', text: config }]),
  ];
  return new AnalysisHost().apply({ folders: [{ uri: 'w', name: 'w' }], saved });
}

/** podpath.yaml after the edits for an expectation. */
function written(config: string | undefined, expect: 'allowed' | 'denied'): string {
  const answer = finish(query(analysed(config), 'testEdit', request));
  assert.ok('choices' in answer, JSON.stringify(answer));
  assert.equal(answer.isNew, config === undefined);
  assert.equal(answer.uri, 'w/podpath.yaml');
  const edits = answer.choices.find((one) => one.expect === expect)?.edits ?? [];
  const lines = (config ?? '').split('\n');
  for (const { range, newText } of edits) {
    assert.deepEqual(range.start, range.end);
    const line = lines[range.start.line] ?? '';
    lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.start.character);
  }
  return lines.join('\n');
}

for (const [what, config] of [
  ['a new podpath.yaml', undefined],
  ['an empty one', '\n'],
  ['one without tests', 'assume: {cni: calico-vxlan} # known\n'],
  ['one with tests', 'tests:\n  - {from: shop/api, to: shop/web, port: 80, expect: allowed} # as ever\n'],
] as const) {
  test(`a traced connection becomes an assertion that is run: ${what}`, () => {
    const text = written(config, 'denied');
    const results = finish(query(analysed(text), 'tests', {}));
    const { from, to, port, protocol, expect, actual, pass } = results.at(-1) ?? {};
    assert.deepEqual(
      { from, to, port, protocol, expect, actual, pass },
      { from: 'shop/web', to: 'shop/api', port: 80, protocol: 'TCP', expect: 'denied', actual: 'allowed', pass: false },
    );
    for (const comment of ['# known', '# as ever']) {
      assert.equal(text.includes(comment), config?.includes(comment) ?? false);
    }
    assert.equal(finish(query(analysed(written(config, 'allowed')), 'tests', {})).at(-1)?.pass, true);
  });
}

test('how the connection stands is told, and what can not be written is a sentence', () => {
  const answer = finish(query(analysed(), 'testEdit', request));
  assert.equal('actual' in answer && answer.actual, 'allowed');
  const broken = finish(query(analysed('tests: {a: 1}\n'), 'testEdit', request));
  assert.match('problem' in broken ? broken.problem : '', /tests/);
  const nowhere = finish(query(new AnalysisHost().analysis, 'testEdit', request));
  assert.ok('problem' in nowhere);
});
