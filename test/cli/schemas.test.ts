import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { podpath, root } from './run.ts';

function complaints(name: string, value: unknown): unknown {
  const schema = JSON.parse(readFileSync(join(root, `docs/schema/${name}.json`), 'utf8')) as object;
  const ajv = new Ajv({ allErrors: true });
  ajv.validate(schema, value);
  return ajv.errors ?? [];
}

const shop = 'examples/shop';
const commands: readonly (readonly [schema: string, args: readonly string[]])[] = [
  ['check', ['check', 'examples/broken/wrong-target-port']],
  ['endpoints', ['endpoints', shop]],
  ['trace', ['trace', 'shop/Deployment/frontend', 'shop/svc/backend:8080', shop]],
  ['trace', ['trace', 'shop/Deployment/frontend', 'shop/svc/db:5432', shop]],
  ['trace', ['trace', '203.0.113.7', 'http://shop.example/', shop, '--assume', 'cni=calico-vxlan']],
  ['trace', ['trace', 'shop/Deployment/backend', 'db:5432', shop, '--assume', 'cni=flannel-vxlan']],
  ['connectivity', ['connectivity', shop]],
  ['diff', ['diff', shop, 'examples/broken/wrong-target-port']],
  ['explain', ['explain', 'shop/Deployment/frontend', 'shop/svc/backend', shop]],
  ['exposure', ['exposure', shop]],
  ['suggest', ['suggest', shop]],
  ['test', ['test', shop]],
  ['graph', ['graph', shop]],
];

for (const [schema, args] of commands) {
  test(`the output of podpath ${args.join(' ')} is what its schema says`, async () => {
    const { stdout } = await podpath([...args, '-o', 'json']);
    assert.deepEqual(complaints(schema, JSON.parse(stdout)), []);
  });
}

test('the schema of podpath.yaml takes the example, and not a key that means nothing', () => {
  const text = readFileSync(join(root, shop, 'podpath.yaml'), 'utf8');
  assert.deepEqual(complaints('podpath', parse(text)), []);
  assert.notDeepEqual(complaints('podpath', { colour: 'blue' }), []);
  assert.notDeepEqual(complaints('podpath', { rules: { 'no-such-rule': 'off' } }), []);
});
