import type { ClusterObjects } from '../engine/index.ts';
import { type ClusterChange, ClusterSource, type ClusterState, openKubeconfig } from '../sources/clusterSource.ts';
import { type Options, UsageError } from './arguments.ts';
import { say } from './terminal.ts';

/** The longest that a command waits until everything was read once. */
const patienceMs = 60_000;
/** The longest that it tries to reach a server. */
const unreachedMs = 5_000;

/** True where the command line names a running cluster. */
export function isLive({ context, kubeconfig }: Options): boolean {
  return context !== undefined || kubeconfig !== undefined;
}

/** Reads a cluster once. What can't be read is told on stderr; throws where there is nothing at all. */
export async function readCluster(options: Options): Promise<ClusterObjects> {
  const source = await openCluster(options, { watch: false });
  const objects = await settle(source);
  await source.stop();
  for (const sentence of objects.missing) say(sentence);
  return objects;
}

/** Begins to read a cluster; throws a {@link UsageError} for a kubeconfig that can't be used. */
export async function openCluster(
  { context, kubeconfig, namespaces }: Options,
  how: { readonly watch: boolean; readonly onChange?: (change: ClusterChange) => void },
): Promise<ClusterSource> {
  const access = await openKubeconfig({
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  });
  if ('problem' in access) throw new UsageError(access.problem);
  const source = new ClusterSource({ access, namespaces, ...how });
  source.start();
  return source;
}

/** Everything of a cluster, once all was read; throws where the server can't be reached or shows nothing. */
export async function settle(source: ClusterSource): Promise<ClusterObjects> {
  const state = await source.settled(patienceMs, unreachedMs);
  if (state.kind !== 'live') {
    await source.stop();
    throw new UsageError(stateText(source.snapshot().context, state));
  }
  return source.snapshot();
}

/** How a cluster stands, as one sentence. */
export function stateText(context: string, state: ClusterState): string {
  switch (state.kind) {
    case 'connecting':
      return `context ${context} has not shown everything for ${patienceMs / 1000} s`;
    case 'live':
      return `context ${context} is live`;
    case 'stale':
      return `context ${context} can't be reached since ${new Date(state.since).toISOString()}: ${state.reason}`;
    case 'forbidden':
      return `context ${context} shows nothing to this user: ${state.reason}`;
    case 'disconnected':
      return `context ${context} can't be reached: ${state.reason}`;
    default:
      return state satisfies never;
  }
}
