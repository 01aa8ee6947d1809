import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixChange } from '../../src/engine/diagnostics/rule.ts';
import { editsFor } from '../../src/engine/manifest/edit.ts';
import { readDocuments } from '../../src/engine/manifest/parse.ts';

function edited(text: string, changes: readonly FixChange[], document = 0): string | undefined {
  const edits = editsFor(text, { document, prefix: [] }, changes);
  if (edits === undefined) return undefined;
  return edits.reduce((now, { start, end, newText }) => now.slice(0, start) + newText + now.slice(end), text);
}

const service = `kind: Service # keep
spec:
  ports:
    - port: 80   # http
      targetPort: "web"
    - {port: 443, name: 'tls'}
  selector: {}
  empty:
  externalIPs: []
metadata:
  name: a
`;

/** What is changed, how, and a piece of the text afterwards. */
const cases: readonly (readonly [string, string, readonly FixChange[], string])[] = [
  ['sets a number', service, [{ kind: 'set', path: ['spec', 'ports', 0, 'port'], value: 81 }], 'port: 81   # http'],
  ['keeps quotes', service, [{ kind: 'set', path: ['spec', 'ports', 0, 'targetPort'], value: 'x' }], 'targetPort: "x"'],
  ['sets in flow', service, [{ kind: 'set', path: ['spec', 'ports', 1, 'name'], value: 'h' }], "443, name: 'h'}"],
  [
    'quotes what needs it',
    service,
    [{ kind: 'set', path: ['metadata', 'name'], value: 'yes' }],
    "metadata:\n  name: 'yes'\n",
  ],
  [
    'adds a member',
    service,
    [{ kind: 'member', path: ['metadata'], key: 'namespace', value: 'shop' }],
    '  name: a\n  namespace: shop\n',
  ],
  [
    'adds to a nested item, before the next one',
    service,
    [{ kind: 'member', path: ['spec', 'ports', 0], key: 'protocol', value: 'UDP' }],
    '"web"\n      protocol: UDP\n    - {port',
  ],
  [
    'adds to flow',
    service,
    [{ kind: 'member', path: ['spec', 'ports', 1], key: 'protocol', value: 'UDP' }],
    "'tls', protocol: UDP}",
  ],
  [
    'opens an empty flow mapping',
    service,
    [{ kind: 'member', path: ['spec', 'selector'], key: 'app', value: 'web' }],
    '  selector:\n    app: web\n  empty:',
  ],
  [
    'fills a key without value',
    service,
    [{ kind: 'member', path: ['spec', 'empty'], key: 'a', value: 1 }],
    '  empty:\n    a: 1\n  ext',
  ],
  [
    'makes mappings on the way',
    service,
    [{ kind: 'member', path: ['metadata', 'labels'], key: 'app.kubernetes.io/name', value: 'a' }],
    '  name: a\n  labels:\n    app.kubernetes.io/name: a\n',
  ],
  [
    'appends to an empty flow sequence',
    service,
    [{ kind: 'append', path: ['spec', 'externalIPs'], item: '1.2.3.4' }],
    '  externalIPs:\n    - 1.2.3.4\n',
  ],
  [
    'appends to a block sequence',
    service,
    [{ kind: 'append', path: ['spec', 'ports'], item: { port: 53, protocol: 'UDP', x: { z: [1, 2] } } }],
    "name: 'tls'}\n    - port: 53\n      protocol: UDP\n      x:\n        z:\n          - 1\n          - 2\n  selector",
  ],
  [
    'makes a sequence',
    service,
    [{ kind: 'append', path: ['spec', 'policyTypes'], item: 'Egress' }],
    '  externalIPs: []\n  policyTypes:\n    - Egress\nmetadata',
  ],
  ['renames a key', service, [{ kind: 'rename-key', path: ['spec', 'selector'], key: 'labels' }], '  labels: {}\n'],
  [
    'makes several changes at once',
    service,
    [
      { kind: 'append', path: ['spec', 'a', 'b'], item: 1 },
      { kind: 'append', path: ['spec', 'a', 'b'], item: 2 },
      { kind: 'set', path: ['metadata', 'name'], value: 'z' },
    ],
    '  a:\n    b:\n      - 1\n      - 2\nmetadata:\n  name: z\n',
  ],
  [
    'joins two items',
    'from:\n  - namespaceSelector:\n      matchLabels: {a: b}\n  # and\n  - podSelector: {}\n  - ipBlock: {}\n',
    [{ kind: 'join', path: ['from', 0] }],
    'from:\n  - namespaceSelector:\n      matchLabels: {a: b}\n  # and\n    podSelector: {}\n  - ipBlock: {}\n',
  ],
  [
    'takes an item away, with its lines',
    'from:\n  - a: 1\n    b: 2 # both\n  - c: 3\nto: x\n',
    [{ kind: 'remove', path: ['from', 0] }],
    'from:\n  - c: 3\nto: x\n',
  ],
  [
    'takes the last item of a text away',
    'from:\n  - a: 1\n  - c: 3',
    [{ kind: 'remove', path: ['from', 1] }],
    'from:\n  - a: 1',
  ],
  [
    'takes an item of a flow away',
    'a: [{b: 1}, c, {d: 2}]\n',
    [{ kind: 'remove', path: ['a', 1] }],
    'a: [{b: 1}, {d: 2}]\n',
  ],
  ['takes the last of a flow away', 'a: [b, c]\n', [{ kind: 'remove', path: ['a', 1] }], 'a: [b]\n'],
  [
    'joins in flow',
    'from: [{a: 1}, {b: 2}, {c: 3}]\n',
    [{ kind: 'join', path: ['from', 0] }],
    '[{a: 1, b: 2}, {c: 3}]',
  ],
  [
    'edits JSON',
    '{\n  "a": {\n    "b": 1\n  }\n}\n',
    [{ kind: 'member', path: ['a'], key: 'c', value: 'd' }],
    '"b": 1,\n    "c": "d"\n',
  ],
  [
    'keeps CRLF',
    'a:\r\n  b: 1 # x\r\nc: 1\r\n',
    [{ kind: 'member', path: ['a'], key: 'd', value: 2 }],
    'b: 1 # x\r\n  d: 2\r\nc',
  ],
  ['needs no last newline', 'a:\n- b', [{ kind: 'append', path: ['a'], item: 'c' }], 'a:\n- b\n- c'],
  [
    'adds a document',
    service,
    [{ kind: 'document', object: { kind: 'Service', spec: { ports: [{ port: 80 }], clusterIP: 'None' } } }],
    'name: a\n---\nkind: Service\nspec:\n  ports:\n    - port: 80\n  clusterIP: None\n',
  ],
  ['adds a document of JSON', '{"a": 1}\n', [{ kind: 'document', object: { b: [2] } }], '{"a": 1}\n{\n  "b": [\n'],
];

for (const [name, text, changes, piece] of cases) {
  test(name, () => {
    const after = edited(text, changes) ?? '';
    assert.ok(after.includes(piece), after);
    assert.deepEqual(
      readDocuments(after).flatMap(({ problems }) => problems),
      [],
    );
    if (text.includes('# keep')) assert.ok(after.startsWith('kind: Service # keep\n'), after);
  });
}

/** Changes that do not fit: no edit is better than a wrong one. */
const refused: readonly (readonly [string, string, FixChange])[] = [
  ['a field through an alias', 'a: &x {b: 1}\nc: *x\n', { kind: 'set', path: ['c', 'b'], value: 2 }],
  ['a missing item', 'a: [1]\n', { kind: 'set', path: ['a', 3], value: 2 }],
  ['a member of text', 'a: b\n', { kind: 'member', path: ['a'], key: 'c', value: 1 }],
  ['an item of a mapping', 'a: {b: c}\n', { kind: 'append', path: ['a'], item: 1 }],
  ['items with the same key', 'a:\n- b: 1\n- b: 2\n', { kind: 'join', path: ['a', 0] }],
  ['the only item', 'a:\n- b: 1\n', { kind: 'remove', path: ['a', 0] }],
  ['the last item', 'a:\n- b: 1\n', { kind: 'join', path: ['a', 0] }],
  ['a name that is taken', 'a: 1\nb: 2\n', { kind: 'rename-key', path: ['a'], key: 'b' }],
  ['broken text', 'a: [\n', { kind: 'set', path: ['a'], value: 1 }],
];

for (const [name, text, change] of refused) {
  test(`makes no edit: ${name}`, () => assert.equal(edited(text, [change]), undefined));
}

test('edits the document and the list item that are meant', () => {
  const text = 'a: 1\n---\nkind: List\nitems:\n- a: 1\n- a: 2\n';
  const [edit] = editsFor(text, { document: 1, prefix: ['items', 1] }, [{ kind: 'set', path: ['a'], value: 3 }]) ?? [];
  assert.deepEqual(edit, { start: text.length - 2, end: text.length - 1, newText: '3' });
});
