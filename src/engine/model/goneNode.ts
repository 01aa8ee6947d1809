import type { Pod } from './cluster.ts';
import { isLive } from './resource.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The name of a pod's node that a running cluster has no more; `undefined` where it has it, and where nodes are not known.
 * Such pods stay for about a minute, until the control plane deletes them: nobody has heard of their node since.
 * Source: kubernetes pkg/controller/podgc (gcOrphaned). Nodes are read all or not at all.
 */
export function goneNode(snapshot: Snapshot, { node, resource }: Pod): string | undefined {
  if (node === undefined || snapshot.node(node) !== undefined || snapshot.isLoading || !isLive(resource))
    return undefined;
  return snapshot.nodes.some((one) => one.resource !== undefined && isLive(one.resource)) ? node : undefined;
}
