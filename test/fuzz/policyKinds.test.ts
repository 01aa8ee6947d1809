import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  buildSnapshot,
  connectivity,
  Derived,
  finish,
  type JsonObject,
  parseManifest,
} from '../../src/engine/index.ts';
import { pick, seededRandom } from './mutate.ts';
import { withMutatedFields } from './mutateObject.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 500);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

interface VerdictFile {
  readonly cluster: readonly JsonObject[];
  readonly cases: readonly { readonly policies: readonly JsonObject[] }[];
}

const folder = join(import.meta.dirname, '../oracle/verdicts');

/** Policies of one family of kinds that are right, and a cluster for them. */
interface Family {
  readonly name: string;
  readonly cluster: readonly JsonObject[];
  readonly policies: readonly JsonObject[];
}

/** Those of the verdict cases, a folder a family. */
const stated: readonly Family[] = readdirSync(folder).map((name) => {
  const files = readdirSync(join(folder, name)).map(
    (file) => parse(readFileSync(join(folder, name, file), 'utf8'), { maxAliasCount: 1000 }) as VerdictFile,
  );
  return {
    name,
    cluster: files[0]?.cluster ?? [],
    policies: files.flatMap(({ cases }) => cases.flatMap((one) => one.policies)),
  };
});

const api = 'policy.networking.k8s.io';
const subject = { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'api' } } } };
const peers = [{ namespaces: { matchLabels: { env: 'dev' } } }, subject];

/** The kinds of the Network Policy API, and NetworkPolicy. */
const plain: readonly JsonObject[] = [
  {
    apiVersion: `${api}/v1alpha1`,
    kind: 'AdminNetworkPolicy',
    metadata: { name: 'a' },
    spec: {
      priority: 3,
      subject,
      ingress: [
        {
          action: 'Deny',
          from: peers,
          ports: [{ portNumber: { protocol: 'TCP', port: 8080 } }, { namedPort: 'http' }],
        },
      ],
      egress: [
        {
          action: 'Pass',
          to: [{ networks: ['10.0.0.0/8'] }, { nodes: {} }],
          ports: [{ portRange: { start: 1, end: 9 } }],
        },
      ],
    },
  },
  {
    apiVersion: `${api}/v1alpha2`,
    kind: 'ClusterNetworkPolicy',
    metadata: { name: 'c' },
    spec: {
      tier: 'Baseline',
      priority: 3,
      subject: { namespaces: {} },
      ingress: [{ action: 'Accept', from: peers, protocols: [{ tcp: { destinationPort: { number: 80 } } }] }],
      egress: [
        { action: 'Deny', to: [{ domainNames: ['*.example.com'] }], protocols: [{ destinationNamedPort: 'http' }] },
      ],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'n', namespace: 'prod' },
    spec: {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['api'] }] },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: {}, namespaceSelector: {} }], ports: [{ port: 80, endPort: 90 }] }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    },
  },
];

const families = [...stated, { name: 'api', cluster: stated[0]?.cluster ?? [], policies: plain }];

function decideAll(derived: Derived): number {
  const { snapshot } = derived;
  const ends = [
    ...snapshot.pods.map((pod) => ({ kind: 'pod' as const, pod })),
    ...snapshot.nodes.map((node) => ({ kind: 'node' as const, node })),
    { kind: 'address' as const, ip: '203.0.113.9' },
    { kind: 'address' as const, ip: '198.51.100.3', name: 'api.example.com' },
  ];
  let unknown = 0;
  for (const from of ends) {
    for (const to of ends) {
      if (derived.decide(from, to, 'TCP', 8080).action === 'unknown') unknown++;
    }
  }
  return unknown;
}

for (const { name, cluster, policies } of families) {
  test(`${edits} odd policies like those of ${name}: compiled and decided on, nothing throws`, () => {
    const random = seededRandom(seed + 31);
    let unknown = 0;
    for (let i = 0; i < edits; i++) {
      let policy = pick(policies, random);
      for (let n = 0; n <= i % 3; n++) policy = withMutatedFields(policy, random);
      const text = [...cluster, policy].map((one) => JSON.stringify(one)).join('\n---\n');
      const resources = parseManifest(text, 'fuzz.yaml').documents.flatMap((document) => document.resources);
      const derived = new Derived(buildSnapshot({ scope: 'fuzz', resources }));
      assert.doesNotThrow(() => {
        unknown += decideAll(derived);
        finish(connectivity(derived.matrix));
      }, JSON.stringify(policy));
    }
    assert.ok(unknown > edits, `odd policies make verdicts unknown, and not only ${unknown}`);
  });
}
