import { t } from '@vscode/l10n';
import { stringAt, stringsAt } from '../model/json.ts';
import { everything, type LabelSelector, matches, nothing } from '../model/labels.ts';
import type { Resource } from '../model/resource.ts';
import { labelsOf } from './calicoSets.ts';
import { unknownTier } from './calicoTiers.ts';
import type { Direction, PolicyProgram } from './policy.ts';

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

/** The host endpoints that a selector of a policy chooses. */
export function hostsOf(selector: LabelSelector, related: readonly Resource[]): readonly Resource[] {
  return related.filter((one) => one.ref.kind === 'HostEndpoint' && matches(selector, labelsOf(one, related)));
}

/** What a policy does on the host endpoints that it selects, which have rules of their own, is not known. */
export function onHosts(program: PolicyProgram, hosts: readonly Resource[]): PolicyProgram {
  const { ref, subjectPath } = program;
  return {
    ...program,
    subject: { inNamespace: '', pods: nothing },
    nodes: nodesOf(hosts),
    isolates: { ingress: false, egress: false },
    rules: [],
    doubts: [{ ref, path: subjectPath, note: t('what it does on host endpoints is not modelled'), isGap: true }],
    couldDeny: true,
  };
}

/**
 * A policy that acts on what its host endpoints forward may deny what goes to and from any pod; it does not open
 * anything that the pods' own policies close. Before DNAT and before tracking it denies by its rules alone, else also
 * what no rule decides.
 * Source: Calico docs, "Apply on forwarded traffic"; projectcalico/calico felix/rules/endpoints.go.
 */
export function onForwarded(program: PolicyProgram, byRulesAlone: boolean): readonly PolicyProgram[] {
  const { ref, subjectPath, only, doubts } = program;
  const denies = (one: Direction): boolean =>
    !byRulesAlone ||
    doubts.length > 0 ||
    program.rules.some((rule) => rule.direction === one && rule.action === 'deny');
  const directions = (['ingress', 'egress'] as const).filter((one) => (only ?? one) === one && denies(one));
  const text = t('it depends on what host endpoints forward');
  if (directions.length === 0) return [];
  return [
    {
      ...program,
      tier: unknownTier.name,
      subject: { pods: everything },
      isolates: { ingress: false, egress: false },
      rules: directions.map((direction) => ({
        direction,
        action: 'deny',
        condition: { of: 'unseen', text },
        implied: true,
        evidence: { ref, path: subjectPath, note: text },
      })),
      doubts: [],
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
