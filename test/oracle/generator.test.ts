import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { AnalysisHost, findings, finish, type LocatedFinding } from '../../src/engine/index.ts';
import { sharedFolder } from '../judge/peerFiles.ts';
import { isAllowed, type LiteralEnd } from './random/literal.ts';

const apiVersion = 'networking.k8s.io/v1';

/** A mistake that the generator made on purpose. */
interface Defect {
  readonly defect: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

interface Generated {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

type Generate = (options: object) => Iterable<Generated>;

const codes: Readonly<Record<string, string>> = {
  'service-selects-nothing': 'service-selects-no-pods',
  'service-target-port-name-missing': 'service-target-port-missing',
  'service-target-port-number-wrong': 'service-target-port-undeclared',
  'policy-selects-nothing': 'policy-selects-no-pods',
  'policy-named-port-missing': 'policy-named-port-unresolved',
  'policy-endport-below-port': 'policy-port-range-invalid',
  'policy-egress-without-dns': 'policy-egress-blocks-dns',
};

async function cluster(size: string, seed: number, defects: number) {
  const module = pathToFileURL(join(sharedFolder(), 'bench/gen-cluster.mjs')).href;
  const { generate } = (await import(module)) as { generate: Generate };
  const truth: Defect[] = [];
  const objects = [...generate({ size, seed, defects, truthSink: (one: Defect) => truth.push(one) })];
  return { objects, truth, found: judge(objects) };
}

function judge(objects: readonly Generated[]): readonly LocatedFinding[] {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const folder = { uri: 'file:///generated', name: 'generated' };
  const saved = [{ uri: `${folder.uri}/cluster.json`, text }];
  return finish(findings(new AnalysisHost().apply({ folders: [folder], saved })));
}

function labelsOf({ metadata }: Generated): Readonly<Record<string, string>> {
  return metadata.labels ?? {};
}

function matches(pod: Generated, labels: unknown): boolean {
  return Object.entries((labels ?? {}) as Record<string, string>).every(([key, value]) => labelsOf(pod)[key] === value);
}

/** Running pods of an object's namespace that its selector chooses. */
function chosen(objects: readonly Generated[], { spec, metadata }: Generated): readonly Generated[] {
  const labels = spec?.['selector'] ?? (spec?.['podSelector'] as { matchLabels?: unknown } | undefined)?.matchLabels;
  return objects.filter(
    (one) =>
      one.kind === 'Pod' &&
      one.metadata.namespace === metadata.namespace &&
      !['Succeeded', 'Failed'].includes(one.status?.phase ?? '') &&
      matches(one, labels),
  );
}

function end(pod: Generated): LiteralEnd {
  return { kind: 'pod', pod, ip: pod.status?.podIP ?? '0.0.0.0' };
}

/** Whether the objects as they stand show the mistake; the generator does not look at what else it made. */
function isVisible({ defect, namespace, name, kind }: Defect, objects: readonly Generated[]): boolean {
  const object = objects.find(
    (one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name,
  );
  if (object === undefined) return false;
  const pods = chosen(objects, object);
  switch (defect) {
    case 'service-target-port-number-wrong':
      // Pods that declare no port at all say nothing about what they listen on.
      return pods.some(({ spec }) => JSON.stringify(spec?.['containers']).includes('containerPort'));
    case 'policy-egress-without-dns': {
      // Another policy may let the same pods reach DNS; a job that has ended needs none.
      const dns = objects.find((one) => one.kind === 'Pod' && labelsOf(one)['k8s-app'] === 'kube-dns');
      const ofKind = (wanted: string) => objects.filter((one) => one.kind === wanted);
      const world = { namespaces: ofKind('Namespace'), policies: ofKind('NetworkPolicy'), blocksMatchPods: false };
      return pods.some((pod) => dns !== undefined && !isAllowed(world, end(pod), end(dns), 'UDP', 53));
    }
    case 'policy-named-port-missing':
      // With nobody selected there is nobody to have the port.
      return pods.length > 0;
    default:
      return true;
  }
}

function isFound(defect: Defect, found: readonly LocatedFinding[], objects: readonly Generated[]): boolean {
  const code = codes[defect.defect];
  const own = found.filter((one) => one.code === code);
  const named = (one: LocatedFinding, { namespace, name }: { namespace?: string; name: string }) =>
    one.ref?.namespace === namespace && one.ref?.name === name;
  if (own.some((one) => named(one, defect))) return true;
  // DNS is told once for each workload, at the first policy that takes part.
  if (defect.defect !== 'policy-egress-without-dns') return false;
  const policies = objects.filter((one) => one.kind === 'NetworkPolicy');
  const self = policies.find((one) => one.metadata.namespace === defect.namespace && one.metadata.name === defect.name);
  const pods = new Set(self === undefined ? [] : chosen(objects, self));
  const others = policies.filter((one) => own.some((finding) => named(finding, one.metadata)));
  return others.some((one) => chosen(objects, one).some((pod) => pods.has(pod)));
}

/** The object that a finding is about. */
function subjectOf({ ref }: LocatedFinding, objects: readonly Generated[]): Generated | undefined {
  return objects.find(
    ({ kind, metadata }) => kind === ref?.kind && metadata.name === ref.name && metadata.namespace === ref.namespace,
  );
}

/** Whether some pod is let in by a policy's peers alone, as the literal evaluator reads them. */
function reachesAnyone(object: Generated | undefined, objects: readonly Generated[]): boolean {
  const rules = (object?.spec?.['ingress'] ?? []) as readonly { readonly from?: readonly unknown[] }[];
  const namespaces = objects.filter((one) => one.kind === 'Namespace');
  const pods = objects.filter((one) => one.kind === 'Pod');
  const open = { podSelector: {}, policyTypes: ['Ingress'] };
  const target: Generated = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'target', namespace: object?.metadata.namespace ?? '' },
  };
  return rules
    .flatMap((rule) => rule.from ?? [])
    .every((peer) => {
      const policy = { apiVersion, metadata: object?.metadata, spec: { ...open, ingress: [{ from: [peer] }] } };
      const world = { namespaces, policies: [policy], blocksMatchPods: false };
      return pods.some((pod) => isAllowed(world, end(pod), end(target), 'TCP', 80));
    });
}

/**
 * The generator throws labels together without looking at what there is, so some of its policies and sets really are
 * mistaken. Each such finding is confirmed from the objects, without the engine.
 */
const explained: Readonly<Record<string, (finding: LocatedFinding, objects: readonly Generated[]) => boolean>> = {
  'policy-peer-matches-nothing': (finding, objects) => !reachesAnyone(subjectOf(finding, objects), objects),
  'policy-namespace-label-missing': (finding, objects) => !reachesAnyone(subjectOf(finding, objects), objects),
  'policy-selects-no-pods': (finding, objects) => {
    const policy = subjectOf(finding, objects);
    const subject = { apiVersion, metadata: policy?.metadata, spec: { podSelector: policy?.spec?.['podSelector'] } };
    const world = { namespaces: [], policies: [subject], blocksMatchPods: false };
    const outside: LiteralEnd = { kind: 'outside', ip: '203.0.113.7' };
    // A policy without rules closes whatever it selects.
    return objects
      .filter((one) => one.kind === 'Pod' && one.metadata.namespace === policy?.metadata.namespace)
      .every((pod) => isAllowed(world, outside, end(pod), 'TCP', 80));
  },
  'statefulset-service-missing': (finding, objects) => {
    const wanted = subjectOf(finding, objects);
    const name = wanted?.spec?.['serviceName'];
    const service = objects.find(
      (one) =>
        one.kind === 'Service' && one.metadata.name === name && one.metadata.namespace === wanted?.metadata.namespace,
    );
    return service?.spec?.['clusterIP'] !== 'None';
  },
};

const runs = [...[1, 2, 3, 4, 5].map((seed) => ['S', seed] as const), ['M', 1] as const];

for (const [size, seed] of runs) {
  test(`generated cluster ${size}, seed ${seed}: every mistake that is visible is found`, async () => {
    const { objects, truth, found } = await cluster(size, seed, 0.3);
    const visible = truth.filter((one) => isVisible(one, objects));
    assert.ok(visible.length >= 0.7 * truth.length && visible.length > 0, `${visible.length} of ${truth.length}`);
    assert.deepEqual(
      visible.filter((one) => !isFound(one, found, objects)),
      [],
    );
  });

  test(`generated cluster ${size}, seed ${seed}: without mistakes there is no error and no warning`, async () => {
    const { found, objects } = await cluster(size, seed, 0);
    const loud = found.filter((one) => one.severity === 'error' || one.severity === 'warning');
    assert.deepEqual(
      loud
        .filter((one) => explained[one.code]?.(one, objects) !== true)
        .map(({ code, ref, message }) => `${code} ${ref?.namespace}/${ref?.name}: ${message}`),
      [],
    );
  });
}
