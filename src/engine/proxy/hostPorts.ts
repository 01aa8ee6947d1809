import { familyOf, normalIp } from '../model/addresses.ts';
import type { ClusterNode, ContainerPort, Pod } from '../model/cluster.ts';
import { hasEnded } from '../model/pods.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ProxyPacket } from './proxy.ts';

/** A container's port that the pod's node serves on its own addresses. */
export interface HostPort {
  readonly pod: Pod;
  /** The pod's address of the packet's family. */
  readonly ip: string;
  readonly port: ContainerPort;
}

/** The host ports of a node that a packet to it is meant for; more than one only where the scheduler was not asked. */
export type HostPorts = (packet: ProxyPacket, node: ClusterNode) => readonly HostPort[];

/**
 * The host ports of a snapshot: those of ordinary containers, for kubelet asks the network for no others. Pods on their
 * node's own network listen there themselves. Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_sandbox.go.
 */
export function hostPorts(snapshot: Snapshot): HostPorts {
  const known = new Map<string, Omit<HostPort, 'ip'>[]>();
  for (const pod of snapshot.pods) {
    if (pod.node === undefined || pod.template.hostNetwork || hasEnded(pod)) continue;
    for (const port of pod.template.ports) {
      if (port.hostPort === undefined || port.path.at(-4) !== 'containers') continue;
      const key = keyOf(pod.node, port.protocol, port.hostPort);
      const list = known.get(key);
      if (list === undefined) known.set(key, [{ pod, port }]);
      else list.push({ pod, port });
    }
  }
  return ({ destinationIP, protocol, port }, node) => {
    const found = (known.get(keyOf(node.name, protocol, port)) ?? []).flatMap((one): HostPort[] => {
      const ip = one.pod.ips.find((own) => familyOf(own) === familyOf(destinationIP));
      return ip === undefined || !isOn(one.port, destinationIP) ? [] : [{ ...one, ip }];
    });
    const read = found.filter(({ pod }) => !pod.simulatedIPs);
    // The scheduler puts one pod on a node for each host port: of expected ones it has only the first.
    return read.length > 0 ? read : found.slice(0, 1);
  };
}

function keyOf(node: string, protocol: string, port: number): string {
  return `${node}/${protocol}/${port}`;
}

const unspecified: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** An unspecified hostIP means every address of its family. Source: containernetworking/plugins, plugins/meta/portmap. */
function isOn({ hostIP }: ContainerPort, ip: string): boolean {
  if (hostIP === undefined) return true;
  const own = normalIp(hostIP);
  return familyOf(own) === familyOf(ip) && (unspecified.has(own) || own === ip);
}
