import type { Derived } from '../analysis/derived.ts';
import type { Pod } from '../model/cluster.ts';
import { stringAt } from '../model/json.ts';
import type { Verdict } from '../policy/policy.ts';

/** The cluster's DNS Service, by the name that kubeadm and most distributions give it. */
export const clusterDns = { namespace: 'kube-system', name: 'kube-dns' } as const;

/** The address that NodeLocal DNSCache listens on unless it is told otherwise. */
const nodeLocalDns = '169.254.20.10';

/** The pods that answer DNS; none where the scope has no such Service, or nobody behind it. */
export function dnsServers({ snapshot, endpointsOf }: Derived): readonly Pod[] {
  const service = snapshot.service(clusterDns.namespace, clusterDns.name);
  return service === undefined ? [] : endpointsOf(service).endpoints.flatMap((one) => one.pod ?? []);
}

/** False for pods with a resolver of their own (dnsPolicy None or Default), and for those on the node's network. */
export function usesClusterDns({ template }: Pod): boolean {
  const policy = stringAt(template.spec, 'dnsPolicy') ?? 'ClusterFirst';
  return policy.startsWith('ClusterFirst') && !template.hostNetwork;
}

/**
 * The verdict that keeps a pod from asking: UDP 53 denied to every server, and to the node's own cache. `undefined` where
 * there is a way, or where it is not known. UDP carries nearly all queries; TCP 53 alone does not help.
 */
export function dnsDenied(derived: Derived, pod: Pod): Verdict | undefined {
  const servers = dnsServers(derived);
  if (servers.length === 0 || !usesClusterDns(pod)) return undefined;
  const source = { kind: 'pod', pod } as const;
  let denial: Verdict | undefined;
  for (const server of servers) {
    // A pod always reaches itself.
    if (server === pod) return undefined;
    const egress = derived.enforceEgress(source, { kind: 'pod', pod: server }, 'UDP', 53);
    if (egress.action !== 'deny') return undefined;
    denial ??= egress;
  }
  const local = derived.enforceEgress(source, { kind: 'address', ip: nodeLocalDns }, 'UDP', 53);
  return local.action === 'deny' ? denial : undefined;
}
