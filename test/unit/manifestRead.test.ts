import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTree } from '../../src/engine/manifest/documents.ts';
import { parseManifest, readDocuments } from '../../src/engine/manifest/parse.ts';
import { readPlainYaml } from '../../src/engine/manifest/plainYaml.ts';
import { hasDirective, isChartTemplate, isTemplate } from '../../src/engine/manifest/template.ts';
import { arrayAt } from '../../src/engine/model/json.ts';

function values(text: string): unknown[] {
  return readDocuments(text).map(({ value }) => value);
}

/** Plain scalars and their values; made with `sigs.k8s.io/yaml` 1.6. */
const scalars: readonly (readonly [string, unknown])[] = [
  ['yes', true],
  ['Y', true],
  ['off', false],
  ['No', false],
  ['nO', 'nO'],
  ['~', null],
  ['Null', null],
  ['nUll', 'nUll'],
  ['0755', 493],
  ['0o17', 15],
  ['08', 8],
  ['0x1F', 31],
  ['0b11', 3],
  ['-0x10', -16],
  ['1_000', 1000],
  ['+1', 1],
  ['1e3', 1000],
  ['.5', 0.5],
  ['5.', 5],
  ['12:30:45', '12:30:45'],
  ['2001-12-14', '2001-12-14'],
  ['123456789012345678901234567890', 1.2345678901234568e29],
  ['1.2.3', '1.2.3'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['-', null],
  ['a#b', 'a#b'],
  ['a #b', 'a'],
  ['<<', '<<'],
  ['=', '='],
  ["'yes'", 'yes'],
  ['"\\u00e9\\x41"', 'éA'],
  ["'it''s'", "it's"],
  ['!!str 12', '12'],
  ['!!int "3"', 3],
  ['!!binary aGk=', 'hi'],
  ['! 12', '12'],
  ['!custom 12', '12'],
];

for (const [text, value] of scalars.filter(([written]) => written !== '-')) {
  test(`scalar ${text}`, () => assert.deepEqual(values(`a: ${text}\n`), [{ a: value }]));
}

/** Whole texts and the values of their documents; `undefined` where kubectl refuses one. */
const texts: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['separators with comments', 'a: 1\n--- # two\nb: 2\n---\t\nc: 3', [{ a: 1 }, { b: 2 }, { c: 3 }]],
  ['empty documents', '---\n\n---\na: 1\n---\n', [null, null, { a: 1 }, null]],
  ['CRLF', 'a: 1\r\nb:\r\n- c\r\n---\r\nd: |\r\n  x\r\n  y\r\n', [{ a: 1, b: ['c'] }, { d: 'x\ny\n' }]],
  ['a byte order mark', '\uFEFFa: 1\n', [{ a: 1 }]],
  ['text behind a separator', 'a: 1\n--- b\n---\nc: 1\n', [undefined, { c: 1 }]],
  ['a directive', '%YAML 1.1\n---\na: 1\n', [undefined, { a: 1 }]],
  ['a document end', 'a: 1\n...\nb: 2\n', [{ a: 1 }]],
  ['separators in block scalars', 'a: |\n  ---\n  x\n', [{ a: '---\nx\n' }]],
  ['JSON values in a row', '{"a": 1}\n{"b": [2]} {"c": "}"}', [{ a: 1 }, { b: [2] }, { c: '}' }]],
  ['JSON with tabs', '{\n\t"a": "x\\ty"\n}', [{ a: 'x\ty' }]],
  ['flow with comments and a last comma', 'a: [b, # c\n d,\n]\n', [{ a: ['b', 'd'] }]],
  ['an under-indented flow sequence', 'x:\n  v: [a,\nb]\n  w: 1\n', [{ x: { v: ['a', 'b'], w: 1 } }]],
  ['under-indented quoted text', 'x:\n- u: "one\ntwo"\n- w\n', [{ x: [{ u: 'one two' }, 'w'] }]],
  ['JSON over lines in YAML', 'a: {"b": [\n1,\n2\n], "c": {\n"d": "e"}}\n', [{ a: { b: [1, 2], c: { d: 'e' } } }]],
  ['anchors', 'a: &x {b: 1}\nc: *x\nd: [*x]\n', [{ a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] }]],
  ['merge keys', 'a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n', [{ a: { b: 1, c: 2 }, d: { b: 1, c: 3 } }]],
  ['an unknown alias', 'a: *nope\n---\nb: 1\n', [undefined, { b: 1 }]],
  ['an anchor in itself', 'a: &x\n  b: *x\n', [undefined]],
  ['keys that are not strings', '{1: a, true: b, 1.5: c, 0x10: d}', [{ 1: 'a', true: 'b', 1.5: 'c', 16: 'd' }]],
  ['a key that is a mapping', '{{a: b}: c}', [undefined]],
  ['a tab as indent', 'a:\n\tb: 1\n', [undefined]],
  ['a tab on an empty line', 'a: 1\n\t\nb: 2\n', [undefined]],
  ['a tab before a comment', 'a: 1\n\t# c\nb: 2\n', [undefined]],
  ['a control character', 'a: "\u0007"\n', [undefined]],
  ['infinity', 'a: .inf\n', [undefined]],
  [
    'a list in a mapping without indent',
    'a:\n- b\n-\n- c: d\n  e: f\nx: z\n',
    [{ a: ['b', null, { c: 'd', e: 'f' }], x: 'z' }],
  ],
  ['plain text over lines', 'a: b\n  c\n\n  d # e\nf: g\n', [{ a: 'b c\nd', f: 'g' }]],
  [
    'block scalars',
    'a: |-\n  x\n\n   y\nb: >\n  x\n  y\n\n  z\nc: |+\n  x\n\nd: 1\n',
    [{ a: 'x\n\n y', b: 'x y\nz\n', c: 'x\n\n', d: 1 }],
  ],
  ['no newline at the end of a block', 'a: |\n  x', [{ a: 'x' }]],
  ['an explicit indent', 'a: |1\n  x\n', [{ a: ' x\n' }]],
  ['__proto__', '__proto__: {a: 1}\n', [JSON.parse('{"__proto__": {"a": 1}}')]],
  ['a mapping in a value', 'a: b: c\n', [undefined]],
  ['bad indent', 'a:\n  b: 1\n c: 2\n', [undefined]],
  ['an open bracket', 'a: [1, 2\nb: 3\n', [undefined]],
];

for (const [name, text, expected] of texts) {
  test(`reads ${name}`, () => assert.deepEqual(values(text), expected));
}

test('the fast reader and the syntax tree agree wherever the fast one answers', () => {
  const all = [...texts.map(([, text]) => text), ...scalars.map(([text]) => `a: ${text}\n`)];
  let answered = 0;
  for (const text of all) {
    for (const slice of readDocuments(text)) {
      const plain = readPlainYaml(text.slice(slice.start, slice.end));
      if (plain === undefined) continue;
      answered++;
      assert.deepEqual(plain, readTree(text, slice).value, text);
    }
  }
  assert.ok(answered > 40, `it answered ${answered} times`);
});

test('text behind the root is told, and what kubectl reads is read', () => {
  const [document] = readDocuments('  a: 1\nb: 2\n');
  assert.deepEqual(document?.value, { a: 1 });
  assert.equal(document?.problems[0]?.code, 'manifest-syntax');
  assert.equal(document?.problems[0]?.start, 7);
});

test('an alias bomb is refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const [document] = readDocuments(lines.join('\n'));
  assert.equal(document?.value, undefined);
  assert.match(document?.problems[0]?.message ?? '', /Aliases expand/);
});

test('thousands of aliases and oversized documents are refused, not read', () => {
  const aliases = `a: &x 1\nb: [${Array(5000).fill('*x').join(', ')}]\n`;
  const large = `a: &x "${'y'.repeat(8_000_001)}"\n`;
  for (const text of [aliases, large]) {
    const [document, next] = readDocuments(`${text}---\nc: 1\n`);
    assert.equal(document?.value, undefined);
    assert.equal(document?.problems.length, 1);
    assert.deepEqual(next?.value, { c: 1 });
  }
});

test('deep nesting does not overflow the stack', () => {
  for (const text of [
    '['.repeat(20_000),
    `${'- '.repeat(20_000)}a`,
    `{"a":${'['.repeat(20_000)}`,
    '{a: '.repeat(20_000),
  ]) {
    assert.equal(readDocuments(text)[0]?.value, undefined);
  }
});

test('a bracket left open in a long list is a problem, not an overflow', () => {
  const items = Array.from({ length: 6000 }, (_, i) => `- kind: Pod\n  metadata: {name: p${i}}\n  spec:\n    a: b\n`);
  items[10] = '- kind: Pod\n  metadata:\n    q: [\n';
  const [document] = readDocuments(`items:\n${items.join('')}`);
  assert.equal(document?.value, undefined);
  assert.equal(document?.problems[0]?.code, 'manifest-syntax');
});

test('a long document without anything unusual is read, one with an error is refused without a syntax tree', () => {
  const long = `items:\n${'- {kind: Pod, metadata: {name: a}}\n'.repeat(60_000)}`;
  assert.equal(arrayAt(readDocuments(long)[0]?.value, 'items').length, 60_000);
  assert.equal(readDocuments(`${long}x: [\n`)[0]?.value, undefined);
});

test('what is YAML and no object that kubectl takes is told, in words of its own', () => {
  const problems = (text: string, uri = 'a.yaml'): readonly string[] =>
    parseManifest(text, uri).problems.map(({ message, start, end }) => `${text.slice(start, end)}: ${message}`);
  const named = '{apiVersion: v1, kind: Service, metadata: {name: a}}';
  assert.equal(parseManifest('apiVersion: v1\nkind: Service\nspec: {}\n', 'a.yaml').role, 'manifest');
  assert.deepEqual(problems('apiVersion: v1\nkind: Service\nspec: {}\n'), [
    'kind: This Service has no metadata.name: kubectl refuses it',
  ]);
  assert.deepEqual(problems(`apiVersion: v1\nkind: List\nitems: [${named}, null, {kind: Pod}]\n`), [
    'items: Item 1 of this List is no object with apiVersion and kind: kubectl refuses the whole',
    'items: Item 2 of this List is no object with apiVersion and kind: kubectl refuses the whole',
  ]);
  assert.deepEqual(problems('apiVersion: v1\nkind: Pod\nmetadata:\n  name: 007\n  namespace: y\n'), [
    'name: metadata.name is 7, and must be a text: quote it',
    'namespace: metadata.namespace is true, and must be a text: quote it',
  ]);
  // A typed list gives its items their type; configuration files have no names; generateName is one.
  const rest = [
    'apiVersion: v1\nkind: ServiceList\nitems: [{metadata: {name: a}}]\n',
    'apiVersion: v1\nkind: Config\nclusters: []\n',
    'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n',
    'apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n',
  ];
  for (const text of rest) assert.deepEqual(problems(text), [], text);
});

test('directives are found in any text, also where a million of them never close', { timeout: 20_000 }, () => {
  assert.equal(hasDirective('{{ '.repeat(1_000_000)), false);
  assert.equal(isChartTemplate(` ${'{{ '.repeat(1_000_000)}`), false);
  assert.equal(hasDirective(`${'{{ '.repeat(10)}{% if a %}`), true);
  assert.equal(isChartTemplate('a: {{ .Values.b }}'), true);
  assert.equal(isChartTemplate('a: {{ b }} # .Values.c'), false);
  const read: string[] = [];
  isTemplate('a:\n  {% if b %} {% if c %}\n  d: <% e %>-{{ f\n  }}\n', (text) => read.push(text) > 0);
  assert.deepEqual(read, ['a:\n  #\n  d: x-x\n']);
});
