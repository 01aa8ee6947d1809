import { t } from '@vscode/l10n';
import { stringAt, stringsAt } from '../model/json.ts';
import { type LabelSelector, matches } from '../model/labels.ts';
import type { Resource } from '../model/resource.ts';
import { nothing } from './calicoSelector.ts';
import { labelsOf } from './calicoSets.ts';
import type { PolicyProgram } from './policy.ts';

/** The profile of the host endpoints that Calico makes itself: what no policy decides is allowed. */
const allowing = 'projectcalico-default-allow';

/**
 * A HostEndpoint closes its node to all but failsafe ports, and to what policies and profiles allow, on one interface or
 * on all: what may pass is not known, unless its profile allows whatever no policy decides.
 * Source: Calico docs, HostEndpoint, "Default behavior of external traffic to/from host".
 */
export function compileHostEndpoint(resource: Resource): readonly PolicyProgram[] {
  if (stringsAt(resource.object, 'spec', 'profiles').includes(allowing)) return [];
  const { ref } = resource;
  return [
    {
      ref,
      resource,
      tier: 'default',
      priority: 0,
      subject: { inNamespace: '', pods: nothing },
      subjectPath: ['spec'],
      nodes: nodesOf([resource]),
      isolates: { ingress: false, egress: false },
      rules: [],
      doubts: [{ ref, path: ['spec'], note: t('what a host endpoint lets through is not modelled'), isGap: true }],
      couldDeny: true,
    },
  ];
}

/** What a policy does on the host endpoints that it selects, which have rules of their own, is not known. */
export function onHosts(
  program: PolicyProgram,
  selector: LabelSelector,
  related: readonly Resource[],
): readonly PolicyProgram[] {
  const hosts = related.filter((one) => one.ref.kind === 'HostEndpoint' && matches(selector, labelsOf(one, related)));
  if (hosts.length === 0) return [];
  const { ref, subjectPath } = program;
  return [
    {
      ...program,
      subject: { inNamespace: '', pods: nothing },
      nodes: nodesOf(hosts),
      isolates: { ingress: false, egress: false },
      rules: [],
      doubts: [{ ref, path: subjectPath, note: t('what it does on host endpoints is not modelled'), isGap: true }],
      couldDeny: true,
    },
  ];
}

/** The nodes by their names, which the label says; one without the label may be any of them. */
function nodesOf(hosts: readonly Resource[]): LabelSelector {
  const key = 'kubernetes.io/hostname';
  const values = hosts.flatMap(({ object }) => stringAt(object, 'spec', 'node') ?? []);
  const named: LabelSelector = { requirements: [{ key, operator: 'In', values }] };
  const unnamed: LabelSelector = { requirements: [{ key, operator: 'DoesNotExist', values: [] }] };
  return { requirements: [], anyOf: [[named, unnamed]] };
}
