import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query } from '../../src/engine/index.ts';

const pod = (namespace: string, name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels: { app: name } },
  spec: { containers: [{ name: 'c', image: 'c' }] },
});

/** One pod lets nobody in, so that each of the others has to name everyone else. */
const closed = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: large}
spec: {podSelector: {matchLabels: {app: pod-0}}, policyTypes: [Ingress]}
`;

function hostWith(count: number): AnalysisHost {
  const items = Array.from({ length: count }, (_, index) => pod('large', `pod-${index}`));
  const host = new AnalysisHost();
  host.apply({
    folders: [{ uri: 'w', name: 'w' }],
    saved: [
      { uri: 'w/large.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
      { uri: 'w/closed.yaml', text: closed },
      { uri: 'w/small.json', text: JSON.stringify(pod('small', 'web')) },
    ],
    settings: { assume: {}, rules: {}, allAsOne: true },
  });
  return host;
}

function suggested(host: AnalysisHost, uri: string) {
  const answer = finish(query(host.analysis, 'suggest', { uri }));
  const namespaces = new Set([...(answer?.text ?? '').matchAll(/^ {2}namespace: (\S+)$/gm)].map(([, name]) => name));
  return { problems: answer?.problems, namespaces: [...namespaces] };
}

test('policies are suggested for every namespace of the scope', () => {
  assert.deepEqual(suggested(hostWith(5), 'w/small.json'), { problems: [], namespaces: ['large', 'small'] });
});

test('policies that would name more than anyone reads are suggested for the namespaces of the file alone', () => {
  const host = hostWith(330);
  assert.deepEqual(suggested(host, 'w/small.json'), {
    problems: ['Policies for the whole of it would name more than 100000 peers', 'These are for small alone'],
    namespaces: ['small'],
  });
  assert.deepEqual(suggested(host, 'w/closed.yaml'), {
    problems: ['Policies for the whole of it would name more than 100000 peers'],
    namespaces: [],
  });
});
