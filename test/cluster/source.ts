// A cluster source on a control plane, with times that suit a test.
import assert from 'node:assert/strict';
import { type ClusterChange, ClusterSource, type ClusterSourceOptions } from '../../src/sources/clusterSource.ts';
import type { ClusterAccess } from '../../src/sources/kubeconfig.ts';
import { readKubeconfig } from '../../src/sources/kubeconfig.ts';
import type { ClusterTiming } from '../../src/sources/timing.ts';
import { until } from './plane.ts';

const quick: ClusterTiming = {
  requestMs: 5_000,
  pluginMs: 20_000,
  idleMs: 100_000,
  watchSeconds: 270,
  discoveryMs: 500,
  recheckMs: 500,
  sleptMs: 10_000,
  batchMs: 10,
  firstMs: 2_000,
  backoff: { firstMs: 50, mostMs: 500 },
};

export function accessOf(kubeconfig: string): ClusterAccess {
  const access = readKubeconfig({ kubeconfig });
  assert.ok('server' in access, JSON.stringify(access));
  return access;
}

/** A source, and everything that it told. */
export interface Followed {
  readonly source: ClusterSource;
  readonly changes: ClusterChange[];
}

/** Starts to follow a cluster; the timing given beats the quick one. */
export function follow(
  access: ClusterAccess,
  options: Partial<Omit<ClusterSourceOptions, 'timing'>> = {},
  timing: Partial<ClusterTiming> = {},
): Followed {
  const changes: ClusterChange[] = [];
  const source = new ClusterSource({
    access,
    namespaces: [],
    watch: true,
    onChange: (change) => changes.push(change),
    ...options,
    timing: { ...quick, ...timing },
  });
  source.start();
  return { source, changes };
}

/** What a source knows, one line an object, without the versions. */
export function contentOf(source: ClusterSource): readonly string[] {
  return source
    .snapshot()
    .resources.map(({ ref, object }) => `${ref.kind} ${ref.namespace}/${ref.name} ${canonical(object)}`);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/** A list of everything, read anew. */
export async function freshContent(access: ClusterAccess): Promise<readonly string[]> {
  const { source } = follow(access, { watch: false });
  assert.equal((await source.settled(30_000)).kind, 'live');
  const content = contentOf(source);
  await source.stop();
  return content;
}

/** Waits until what a source follows is what a fresh list says: both move while controllers work. */
export async function becomesFresh(source: ClusterSource, access: ClusterAccess): Promise<void> {
  let last: readonly string[] = [];
  const isSame = async (): Promise<boolean> => {
    last = await freshContent(access);
    const own = contentOf(source);
    return own.length === last.length && own.every((line, index) => line === last[index]);
  };
  await until('the source holds what a fresh list says', isSame).catch((error: unknown) => {
    const own = new Set(contentOf(source));
    assert.deepEqual(
      { lacks: last.filter((one) => !own.has(one)), keeps: [...own].filter((one) => !last.includes(one)) },
      {},
    );
    throw error;
  });
}

export async function becomes(
  source: ClusterSource,
  kind: ReturnType<ClusterSource['snapshot']>['state']['kind'],
): Promise<void> {
  await until(`the source is ${kind}, not ${source.state.kind}`, () => source.state.kind === kind);
}
