import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, type InspectAnswer, query } from '../../src/engine/index.ts';

const pod = (app: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${app}, namespace: shop, labels: {app: ${app}}}\nspec: {containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}\n`;
const policy = (spec: string, kind = 'networking.k8s.io/v1\nkind: NetworkPolicy'): string =>
  `apiVersion: ${kind}\nmetadata: {name: p, namespace: shop}\nspec: ${spec}\n`;

function inspected(box: string, ...texts: readonly string[]): InspectAnswer {
  const saved = [{ uri: 'w/a.yaml', text: texts.join('---\n') }];
  const analysis = new AnalysisHost().apply({ folders: [{ uri: 'w', name: 'w' }], saved });
  const answer = finish(query(analysis, 'inspect', { box }));
  assert.ok(answer !== null);
  return answer;
}

const fact = ({ facts }: InspectAnswer, name: string): string | undefined =>
  facts.find((one) => one.name === name)?.value;

test('a box is not said to be reached by nobody where policies let addresses outside in', () => {
  const open = inspected('Pod/shop/web', pod('web'), policy('{podSelector: {}, ingress: [{ports: [{port: 80}]}]}'));
  assert.deepEqual(open.reachedBy, [
    { box: 'outside', label: 'outside the cluster, as policies see it', ports: 'TCP 80' },
  ]);
  assert.equal(fact(open, 'Ingress'), 'isolated by p');
  assert.equal(fact(open, 'Egress'), 'open');
  assert.equal(open.reaches.at(-1)?.box, 'outside');
  const closed = inspected('Pod/shop/web', pod('web'), policy('{podSelector: {}, policyTypes: [Ingress, Egress]}'));
  assert.deepEqual([closed.reachedBy, closed.reaches], [[], []]);
});

test('whom a policy that is not modelled leaves open is neither reached nor denied, but not known', () => {
  const unknown = policy('{podSelector: {}}', 'crd.antrea.io/v1beta1\nkind: NetworkPolicy');
  const { reachedBy, deniedFrom, unknownFrom } = inspected('Pod/shop/web', pod('web'), pod('api'), unknown);
  assert.deepEqual(
    unknownFrom.map(({ box }) => box),
    ['Pod/shop/api'],
  );
  assert.deepEqual([reachedBy.filter(({ box }) => box !== 'outside'), deniedFrom], [[], []]);
});

test('rows beyond what is shown are counted', () => {
  const many = Array.from({ length: 250 }, (_, index) => pod(`app-${index}`));
  const { deniedFrom, more } = inspected('Pod/shop/web', pod('web'), ...many, policy('{podSelector: {}}'));
  assert.deepEqual([deniedFrom.length, more.deniedFrom], [200, 50]);
});
