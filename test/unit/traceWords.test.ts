import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query, type TraceAnswer } from '../../src/engine/index.ts';

const pod = (app: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${app}, namespace: shop, labels: {app: ${app}}}\nspec: {containers: [{name: c, image: c, ports: [{containerPort: 9376}]}]}\n`;
const service =
  'apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {selector: {app: api}, ports: [{port: 8080, targetPort: 9376}]}\n';
const policy = (name: string, rules: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: {podSelector: {matchLabels: {app: api}}, ingress: [${rules}]}\n`;

function traced(...policies: readonly string[]): TraceAnswer {
  return tracedTo('shop/svc/api:8080', ...policies);
}

function tracedTo(to: string, ...policies: readonly string[]): TraceAnswer {
  const text = [pod('web'), pod('api'), service, ...policies].join('---\n');
  const analysis = new AnalysisHost().apply({ folders: [{ uri: 'w', name: 'w' }], saved: [{ uri: 'w/a.yaml', text }] });
  const answer = finish(query(analysis, 'trace', { from: 'shop/web', to, protocol: 'TCP' }));
  assert.ok('verdict' in answer, JSON.stringify(answer));
  return answer;
}

test("a policy that allows the Service's port: the slip is named, with its fix and the rule to look at", () => {
  const { reason, fixes, blamed } = traced(policy('allow-web', '{ports: [{port: 8080}]}'));
  assert.match(reason, /its only ingress rule does not allow web on 9376\/TCP/);
  assert.match(reason, /8080 is the Service's port, which is allowed: policies see the pod's port, 9376\.$/);
  assert.deepEqual(
    fixes.map(({ title }) => title),
    ['Allow 9376'],
  );
  assert.deepEqual(
    blamed.map(({ label }) => label),
    ['NetworkPolicy shop/allow-web'],
  );
});

test("nothing is said of the Service's port where it is denied as well", () => {
  const { reason } = traced(policy('closed', ''), policy('other', '{ports: [{port: 1}]}, {ports: [{port: 2}]}'));
  assert.match(reason, /none of the 2 ingress rules allows web/);
  assert.doesNotMatch(reason, /Service's port/);
  assert.match(traced(policy('closed', '')).reason, /isolates api and has no ingress rule\.$/);
});

test('of policies that isolate together the picture blames none alone, and all are there to look at', () => {
  const { blamed, mermaid } = traced(policy('one', ''), policy('two', '{ports: [{port: 1}]}'));
  assert.match(mermaid, /#10007; NetworkPolicy #215;2/);
  assert.deepEqual(
    blamed.map(({ label }) => label),
    ['NetworkPolicy shop/two', 'NetworkPolicy shop/one'],
  );
  assert.match(traced(policy('one', '')).mermaid, /#10007; NetworkPolicy one/);
});

test('a delivered connection blames nothing', () => {
  assert.deepEqual(traced().blamed, []);
});

test('an invented address of the client is an assumption, too, where the connection leaves the cluster', () => {
  const { trace } = tracedTo('8.8.8.8:53');
  assert.equal(trace.disposition, 'exits-cluster');
  assert.ok(trace.assumptions.some(({ code }) => code === 'simulated-addresses'));
});
