// Our endpoints beside those of the real EndpointSlice controller, for a thousand Services.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readyAnnotation } from '../../scripts/statusWriter.mjs';
import { AnalysisHost } from '../../src/engine/index.ts';
import { container, namespaceObject, ownPlane, paths, until } from './plane.ts';
import { accessOf, follow } from './source.ts';

const plane = await ownPlane();
const at = paths('many');
const tiers = ['web', 'api', 'db', 'job'];
const tracks = ['stable', 'canary'];

/** The same row of numbers in every run. */
let state = 4711;
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

function pick<T>(list: readonly T[]): T {
  return list[random(list.length)] as T;
}

function pod(index: number) {
  const { name, image, ports } = container(8000 + random(3));
  const more = [
    { name: pick(['metrics', 'http-alt']), containerPort: 9000 + random(2), protocol: pick(['TCP', 'UDP']) },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `p-${index}`,
      labels: { tier: pick(tiers), track: pick(tracks), ...(random(3) === 0 ? { extra: 'yes' } : {}) },
      annotations: random(4) === 0 ? { [readyAnnotation]: 'false' } : {},
    },
    spec: {
      hostNetwork: random(20) === 0,
      hostname: random(5) === 0 ? `host-${index}` : undefined,
      subdomain: random(5) === 0 ? 's-1' : undefined,
      containers: [{ name, image, ports: [...ports, ...more].slice(0, 1 + random(2)) }],
    },
  };
}

function port(index: number) {
  const targets = ['http', 'metrics', 'http-alt', 8000, 8001, 'nobody', undefined];
  return {
    name: `port-${index}`,
    port: 80 + index,
    protocol: random(5) === 0 ? 'UDP' : 'TCP',
    targetPort: pick(targets),
  };
}

function service(index: number) {
  const labels = [
    { tier: pick(tiers) },
    { tier: pick(tiers), track: pick(tracks) },
    { extra: 'yes' },
    { tier: 'gone' },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s-${index}` },
    spec: {
      ...(random(4) === 0 ? { clusterIP: 'None' } : {}),
      publishNotReadyAddresses: random(5) === 0,
      selector: pick(labels),
      ports: Array.from({ length: 1 + random(3) }, (_, n) => port(n)),
    },
  };
}

interface Slice {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly ports: readonly { readonly name?: string; readonly port?: number; readonly protocol: string }[] | null;
  readonly endpoints:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
        readonly nodeName?: string;
      }[]
    | null;
}

function lines(slice: Slice): readonly string[] {
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions: { ready, serving }, nodeName }) =>
    (slice.ports ?? []).map(
      (one) => `${addresses[0]}:${one.port} ${one.protocol} ${one.name} ${nodeName} ${ready} ${serving}`,
    ),
  );
}

test('a thousand Services have the endpoints that the EndpointSlice controller gives them', async () => {
  await plane.admin.create('/api/v1/namespaces', namespaceObject('many'));
  for (let n = 0; n < 120; n += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, m) => plane.admin.create(at.pods, pod(n + m))));
  }
  for (let n = 0; n < 1000; n += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, m) => plane.admin.create(at.services, service(n + m))));
  }
  const isTold = ({ items }: { items: { status: { phase: string; podIP?: string } }[] }): boolean =>
    items.every(({ status }) => status.phase === 'Running' && status.podIP !== undefined);
  await plane.admin.waitFor(at.pods, isTold);
  const { source } = follow(accessOf(plane.kubeconfigs.admin));
  after(() => source.stop());
  let differing: readonly string[] = ['nothing was compared'];
  await until('both are the same', async () => {
    const [slices] = [((await plane.admin.get(at.slices)) as { items: Slice[] }).items];
    const real = Map.groupBy(slices, ({ metadata }) => metadata.labels['kubernetes.io/service-name'] ?? '');
    const scope = new AnalysisHost().apply({ clusters: [source.snapshot()] }).scopeNamed('admin');
    const own = scope?.snapshot.services.filter(({ ref }) => ref.namespace === 'many') ?? [];
    differing = own.flatMap((one) => {
      const mine = scope?.derived
        .endpointsOf(one)
        .endpoints.map(
          (end) => `${end.ip}:${end.port} ${end.protocol} ${end.portName} ${end.node} ${end.ready} ${end.serving}`,
        );
      const theirs = (real.get(one.ref.name) ?? []).flatMap(lines);
      const isSame = JSON.stringify([...(mine ?? [])].sort()) === JSON.stringify([...theirs].sort());
      return isSame ? [] : [`${one.ref.name}: ${JSON.stringify({ mine, theirs })}`];
    });
    return own.length === 1000 && differing.length === 0;
  }).catch((error: unknown) => {
    assert.deepEqual(differing.slice(0, 3), []);
    throw error;
  });
});
