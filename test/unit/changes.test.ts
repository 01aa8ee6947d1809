import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query } from '../../src/engine/index.ts';

const pods = ['web', 'api', 'job']
  .map(
    (name) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: ${name}}}\nspec: {containers: [{name: c, image: c}]}\n`,
  )
  .join('---\n');

const policy = (from: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: ${from}}}}]
`;

function hostWith(): AnalysisHost {
  const host = new AnalysisHost();
  host.apply({
    folders: [{ uri: 'w', name: 'w' }],
    saved: [
      { uri: 'w/pods.yaml', text: pods },
      { uri: 'w/policy.yaml', text: policy('web') },
    ],
  });
  return host;
}

function edited(host: AnalysisHost, text: string | null) {
  const analysis = host.apply({ unsaved: [{ uri: 'w/policy.yaml', text }] });
  const titles = finish(query(analysis, 'lenses', { uri: 'w/policy.yaml' })).map(({ title }) => title);
  return { titles, ...finish(query(analysis, 'changes', {})) };
}

test('an unsaved edit tells what it opens and closes, and by which object', () => {
  const { summary, rows, titles } = edited(hostWith(), policy('job'));
  assert.equal(summary, 'opens 1, closes 1');
  assert.deepEqual(
    rows.map(({ kind, from, to, ports, because }) => [kind, from, to, ports, because.map(({ text }) => text)]),
    [
      ['opens', 'default/job[Pod]', 'default/api[Pod]', 'all ports', ['NetworkPolicy default/api']],
      ['closes', 'default/web[Pod]', 'default/api[Pod]', 'all ports', ['NetworkPolicy default/api']],
    ],
  );
  assert.equal(rows[0]?.because[0]?.location?.uri, 'w/policy.yaml');
  assert.deepEqual(titles, ['selects 1 pod · allows job', 'this edit opens 1, closes 1']);
});

test('a comment changes no connection, and a saved text has no lens of edits', () => {
  const host = hostWith();
  assert.deepEqual(edited(host, `# why\n${policy('web')}`).titles, ['selects 1 pod · allows web']);
  assert.equal(edited(host, policy('job')).rows.length, 2);
  assert.equal(edited(host, null).summary, '');
});

test('saving makes the edit the state to compare with', () => {
  const host = hostWith();
  edited(host, policy('job'));
  host.apply({ saved: [{ uri: 'w/policy.yaml', text: policy('job') }] });
  assert.deepEqual(edited(host, policy('job')).rows, []);
  assert.equal(edited(host, policy('web')).summary, 'opens 1, closes 1');
});

test('an unsaved label counts as well as an unsaved policy', () => {
  const host = hostWith();
  const analysis = host.apply({
    unsaved: [{ uri: 'w/pods.yaml', text: pods.replace('labels: {app: web}', 'labels: {app: www}') }],
  });
  const { rows } = finish(query(analysis, 'changes', {}));
  assert.deepEqual(
    rows.map(({ kind, from, to }) => [kind, from, to]),
    [['closes', 'default/web[Pod]', 'default/api[Pod]']],
  );
  const titles = finish(query(analysis, 'lenses', { uri: 'w/pods.yaml' })).map(({ title }) => title);
  assert.ok(titles.includes('this edit closes 1'), titles.join('\n'));
});

test('an edit that touches more connections than anyone reads is cut, and says so', () => {
  const many = Array.from({ length: 330 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}` },
    spec: { containers: [{ name: 'c', image: 'c' }] },
  }));
  const deny = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
`;
  const host = new AnalysisHost();
  host.apply({
    folders: [{ uri: 'w', name: 'w' }],
    saved: [{ uri: 'w/pods.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: many }) }],
  });
  const { summary, rows, titles } = edited(host, deny);
  // 330 × 329 pairs, and the outside.
  const count = Number(/^closes (\d+), and maybe more$/.exec(summary)?.[1]);
  assert.ok(count >= 100_000 && count < 330 * 329, summary);
  assert.ok(rows.length > 0 && rows.length <= 500);
  assert.deepEqual(titles, ['selects 330 pods · lets no one in', `this edit ${summary}`]);
  const graph = { namespaces: [], level: 'workload', edges: [], limit: 40, unfolded: [] } as const;
  assert.equal(finish(query(host.analysis, 'graph', graph)).changesAreCut, true);
});
