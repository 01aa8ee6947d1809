import { t } from '@vscode/l10n';
import { cidrContains, type IpAddress, parseCidr, parseIp } from '../../model/addresses.ts';
import type { Pod, Service } from '../../model/cluster.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { BlockPeer } from '../../policy/policy.ts';
import { policyPeers } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot, model } = context;
  const { pods, services } = addressesOf(snapshot);
  for (const { program, peer } of policyPeers(context)) {
    // The whole address space means what is outside.
    if (peer.kind !== 'block' || peer.invalid !== undefined || /\/0$/.test(peer.cidr)) continue;
    const isIn = coverage(peer);
    const pod = pods.owners[pods.ips.findIndex(isIn)];
    const service = services.owners[services.ips.findIndex(isIn)];
    if (pod === undefined && service === undefined) continue;
    const { ref } = program;
    const message =
      pod !== undefined
        ? t(
            '{0} covers the address of pod {1}: whether a block matches pods is up to the CNI ({2}: {3}). Choose pods by labels',
            peer.cidr,
            pod.ref.name,
            model.profile.title,
            model.policies.settings.ipBlockMatchesPods ? t('it does') : t('it does not'),
          )
        : t(
            '{0} covers the address of Service {1}: policies see the pods behind it, never that address',
            peer.cidr,
            service?.ref.name ?? '',
          );
    yield { code: rule.code, message, ref, path: [...peer.path, 'cidr'], related: [], fixes: [] };
  }
}

/** Addresses, read, and beside each who has it: two lists, as there is one for each pod of a cluster. */
interface Addressed<T> {
  readonly owners: readonly T[];
  readonly ips: readonly IpAddress[];
}

interface Addresses {
  readonly pods: Addressed<Pod>;
  readonly services: Addressed<Service>;
}

const known = new WeakMap<Snapshot['pods'], Addresses>();

/** The addresses of pods and Services that are not simulated. */
function addressesOf(snapshot: Snapshot): Addresses {
  const found = known.get(snapshot.pods) ?? {
    pods: addressed(
      snapshot.pods.filter(({ simulatedIPs, template }) => !simulatedIPs && !template.hostNetwork),
      ({ ips }) => ips,
    ),
    services: addressed(
      snapshot.services.filter(({ simulated }) => !simulated.clusterIPs),
      ({ clusterIPs }) => clusterIPs,
    ),
  };
  known.set(snapshot.pods, found);
  return found;
}

function addressed<T>(all: readonly T[], textsOf: (one: T) => readonly string[]): Addressed<T> {
  const [owners, ips]: [T[], IpAddress[]] = [[], []];
  for (const one of all) {
    for (const text of textsOf(one)) {
      const ip = parseIp(text);
      if (ip === undefined) continue;
      owners.push(one);
      ips.push(ip);
    }
  }
  return { owners, ips };
}

function coverage({ cidr, except }: BlockPeer): (ip: IpAddress) => boolean {
  const outer = parseCidr(cidr);
  const inner = except.flatMap((one) => parseCidr(one) ?? []);
  return (ip) => outer !== undefined && cidrContains(outer, ip) && !inner.some((one) => cidrContains(one, ip));
}

const policy = (peer: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - from:
        - ${peer}
---
apiVersion: v1
kind: Pod
metadata:
  name: db
  labels: {app: db}
spec:
  containers: [{name: db, image: db}]
status:
  phase: Running
  podIP: 10.244.1.7
`;

/** A block that means pods or Services. */
export const rule: Rule = {
  code: 'policy-ip-block-covers-pods',
  summary: 'An ipBlock over the addresses of pods or Services.',
  description:
    'ipBlock is for addresses outside the cluster. Some CNIs match pods by it and some do not, a pod’s address changes when it is made anew, and the address of a Service is translated before a policy sees the packet.',
  severity: 'info',
  reads: ['networking.k8s.io/NetworkPolicy', '/Pod', '/Service'],
  example: {
    failing: policy('ipBlock: {cidr: 10.244.1.0/24}'),
    corrected: policy('podSelector: {matchLabels: {app: db}}'),
  },
  check,
};
