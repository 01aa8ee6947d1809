import { t } from '@vscode/l10n';
import { AddressBook } from '../../model/addressBook.ts';
import { parseCidr } from '../../model/addresses.ts';
import type { Service } from '../../model/cluster.ts';
import { oncePer } from '../../model/memo.ts';
import { policyPeers } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot, model } = context;
  const services = addressesOf(snapshot.services);
  for (const { program, peer } of policyPeers(context)) {
    // The whole address space means what is outside.
    if (peer.kind !== 'block' || peer.invalid !== undefined || /\/0$/.test(peer.cidr)) continue;
    const block = parseCidr(peer.cidr);
    if (block === undefined) continue;
    const except = peer.except.flatMap((one) => parseCidr(one) ?? []);
    const pod = snapshot.podIn(block, except);
    const service = services.firstIn(block, except);
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

/** The addresses of Services that are not simulated. */
const addressesOf = oncePer((services: readonly Service[]) =>
  AddressBook.of(
    services.filter(({ simulated }) => !simulated.clusterIPs),
    ({ clusterIPs }) => clusterIPs,
  ),
);

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
