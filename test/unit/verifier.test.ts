// What the worker refuses to run, whoever asks for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  finish,
  liveResource,
  type ProbePlan,
  query,
  type TraceRequest,
} from '../../src/engine/index.ts';
import { Clusters } from '../../src/worker/clusters.ts';
import { Verifier } from '../../src/worker/verifier.ts';

function pod(name: string, ip: string) {
  const spec = { nodeName: 'node-1', containers: [{ name: 'app', image: 'app' }] };
  const object = { metadata: { name, namespace: 'shop' }, spec, status: { phase: 'Running', podIP: ip } };
  const made = liveResource(object, { group: '', version: 'v1', kind: 'Pod' }, 'prod');
  assert.ok(made);
  return made;
}

const request: TraceRequest = { from: 'shop/web', to: 'shop/api:80', protocol: 'TCP' };
const resources = [pod('web', '10.244.1.5'), pod('api', '10.244.1.6')];
const analysis = new AnalysisHost().apply({ clusters: [{ context: 'prod', resources, missing: [], unread: [] }] });
const plan = finish(query(analysis, 'probe', request)) as ProbePlan;
// As in a window that is not trusted: no cluster is followed there.
const nobody = new Clusters({ objects: () => undefined, statuses: () => undefined });
const verifier = new Verifier(nobody, () => analysis);

async function refusal(given: ProbePlan): Promise<string> {
  const answer = await verifier.run(1, { request, plan: given, image: 'tools' });
  return 'problem' in answer ? answer.problem : 'none';
}

test('nothing is run in a cluster that is not followed', async () => {
  assert.ok('questions' in plan);
  assert.equal(await refusal(plan), 'Context prod is not connected');
});

test('nothing is run but what the engine itself plans for the trace as it is now', async () => {
  const [question] = plan.questions;
  assert.ok(question);
  const changed: readonly ProbePlan[] = [
    { ...plan, pod: 'api' },
    { ...plan, containers: ['other'] },
    { ...plan, questions: [{ ...question, commands: [{ tool: 'bash', argv: ['rm', '-rf', '/'] }] }] },
  ];
  for (const one of changed) assert.match(await refusal(one), /has changed since you were asked/);
});
