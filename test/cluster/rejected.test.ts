// What the API server refuses is a finding of ours, where it is about the network: the shop's manifests with one field
// changed, by server-side dry run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { AnalysisHost, findings, finish } from '../../src/engine/index.ts';
import { ownPlane } from './plane.ts';

type Value = string | number | boolean | null | undefined | readonly Value[] | { readonly [key: string]: Value };
type Path = readonly (string | number)[];
type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Value;
};

const plane = await ownPlane();
const shop = resolve(import.meta.dirname, '../../examples/shop');
const others = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: more, namespace: shop }
spec:
  podSelector: { matchExpressions: [{ key: app, operator: In, values: [a] }] }
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }]
      ports: [{ protocol: TCP, port: 80, endPort: 90 }]
  egress: [{ to: [{ namespaceSelector: { matchLabels: { a: b } } }] }]
---
apiVersion: v1
kind: Service
metadata: { name: more, namespace: shop }
spec:
  type: LoadBalancer
  selector: { app: x }
  externalIPs: [192.0.2.7]
  loadBalancerSourceRanges: [10.0.0.0/8]
  sessionAffinity: ClientIP
  externalTrafficPolicy: Local
  internalTrafficPolicy: Cluster
  ipFamilyPolicy: SingleStack
  ipFamilies: [IPv4]
  ports:
    - { name: a, port: 80, targetPort: http, protocol: TCP, nodePort: 30080 }
    - { name: b, port: 81, targetPort: 8081 }
`;
const files = ['backend', 'frontend', 'database', 'policies'].map((name) =>
  readFileSync(join(shop, `${name}.yaml`), 'utf8'),
);
const objects = [...files, others]
  .flatMap((text) => parseAllDocuments(text).flatMap((one) => (one.toJS() as Manifest | null) ?? []))
  .filter(({ kind }) => kind !== 'Namespace');
/** Fields that are none of the network's. */
const foreign: ReadonlySet<string> = new Set([
  'image',
  'command',
  'args',
  'env',
  'resources',
  'volumeMounts',
  'volumeClaimTemplates',
  'volumes',
  'readinessProbe',
]);
const values: readonly Value[] = [undefined, -1, 70_000, 'x y', '', [], {}, true, 'TCP', 80];

function* fieldsOf(value: Value, path: Path): Generator<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, one] of Object.entries(value)) {
    if (!foreign.has(key)) yield* fieldsOf(one as Value, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** A copy with one field set, or taken away. */
function changed(object: Manifest, path: Path, value: Value): Manifest {
  const copy = structuredClone(object);
  let holder = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as typeof holder;
  const last = path.at(-1) ?? '';
  if (value !== undefined) holder[last] = value;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  return copy;
}

function found(object: Manifest): readonly string[] {
  const saved = [{ uri: '/w/a.yaml', text: stringify(object) }];
  const analysis = new AnalysisHost().apply({ folders: [{ uri: '/w', name: 'w' }], saved });
  return finish(findings(analysis)).map(({ code, message }) => `${code} ${message}`);
}

test('what the API server refuses of a Service, a workload, an Ingress or a NetworkPolicy is found', async () => {
  let refused = 0;
  const missed: string[] = [];
  for (const object of objects) {
    const usual = new Set(found(object));
    for (const path of fieldsOf(object.spec, ['spec'])) {
      for (const value of values) {
        const odd = changed(object, path, value);
        const collection = (await plane.admin.pathOf(object)).replace(/\/[^/]+$/, '');
        const answer = await plane.admin.send('POST', `${collection}?dryRun=All&fieldValidation=Strict`, odd);
        if (answer.status < 400 || answer.status === 409) continue;
        refused++;
        if (found(odd).some((one) => !usual.has(one))) continue;
        missed.push(
          `${object.kind} ${object.metadata.name} ${path.join('.')} = ${JSON.stringify(value)}: ${answer.body.message}`,
        );
      }
    }
  }
  assert.deepEqual(missed, []);
  assert.ok(refused > 1500, `${refused}`);
});
