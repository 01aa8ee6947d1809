import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineIndex } from '../../src/engine/manifest/lineIndex.ts';
import { FieldLocator } from '../../src/engine/manifest/locate.ts';
import type { FieldPath } from '../../src/engine/model/resource.ts';

const text = `# shop
apiVersion: v1
kind: Service
metadata:
  name: web # the name
spec:
  ports:
  - port: 80
    targetPort: "http"
  - {port: 443, name: tls}
  selector:
---
{"kind": "Pod", "metadata": {"name": "p"}}
---
base: &b
  app: x
copy: *b
merged:
  <<: *b
  tier: y
args: [a,
b]
last: 1
`;

/** Document, path, part, and the text found there. */
const places: readonly (readonly [number, FieldPath, 'key' | 'value', string])[] = [
  [0, ['metadata', 'name'], 'value', 'web'],
  [0, ['metadata', 'name'], 'key', 'name'],
  [0, ['spec', 'ports', 0, 'targetPort'], 'value', '"http"'],
  [0, ['spec', 'ports', 1, 'name'], 'value', 'tls'],
  [0, ['spec', 'ports', 1], 'value', '{port: 443, name: tls}'],
  [0, ['spec', 'selector', 'app'], 'value', 'selector'],
  [0, ['spec', 'ports', 0, 'protocol'], 'value', 'ports'],
  [0, ['spec', 'type'], 'value', 'spec'],
  [0, ['status', 'x'], 'value', 'apiVersion'],
  [1, ['metadata', 'name'], 'value', '"p"'],
  [2, ['copy', 'app'], 'value', 'x'],
  [2, ['merged', 'app'], 'key', 'app'],
  [2, ['args', 1], 'value', 'b'],
  [2, ['last'], 'value', '1'],
];

for (const [document, path, part, expected] of places) {
  test(`locates ${part} of ${document}: ${path.join('.')}`, () => {
    const range = new FieldLocator(text).locate(document, path, part);
    assert.equal(range && text.slice(range.start, range.end), expected);
  });
}

test('the way back: the field at an offset', () => {
  const locator = new FieldLocator(text);
  const at = (needle: string): unknown => {
    const found = locator.fieldAt(text.indexOf(needle) + 1);
    return found && [found.document, found.path.join('.'), found.part];
  };
  assert.deepEqual(at('web'), [0, 'metadata.name', 'value']);
  assert.deepEqual(at('targetPort'), [0, 'spec.ports.0.targetPort', 'key']);
  assert.deepEqual(at('443'), [0, 'spec.ports.1.port', 'value']);
  assert.deepEqual(at('"p"'), [1, 'metadata.name', 'value']);
  assert.deepEqual(at('tier'), [2, 'merged.tier', 'key']);
  assert.deepEqual(at('b]'), [2, 'args.1', 'value']);
});

test('every field that is located is found again at its offset', () => {
  const locator = new FieldLocator(text);
  for (const [document, path, part, expected] of places) {
    const range = locator.locate(document, path, part);
    const last = path.at(-1);
    if (range === undefined || (part === 'key' && expected !== last) || document === 2) continue;
    const found = locator.fieldAt(range.start);
    if (found?.part === part && found.path.length === path.length) assert.deepEqual(found.path, path);
  }
});

test('half-typed text has places too', () => {
  for (const half of ['spec:\n  ports:\n  - por', 'a: [1, ', 'a: "x', 'kind: Service\nspec:\n  sel: {a', '\t', '']) {
    const locator = new FieldLocator(half);
    for (let offset = 0; offset <= half.length; offset++) locator.fieldAt(offset);
    locator.locate(0, ['spec', 'ports', 0, 'port'], 'value');
  }
});

test('lines and characters count UTF-16 units, whatever ends the lines', () => {
  const lines = new LineIndex('a\r\n\u{1f600}b\n\nc');
  assert.deepEqual(lines.position(5), { line: 1, character: 2 });
  assert.equal(lines.offset({ line: 1, character: 2 }), 5);
  assert.deepEqual(lines.position(99), { line: 3, character: 1 });
  assert.equal(lines.offset({ line: 2, character: 9 }), 7);
  assert.equal(lines.offset({ line: 9, character: 0 }), 9);
});
