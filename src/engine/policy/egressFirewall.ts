import { t } from '@vscode/l10n';
import { isObject, stringAt, valueAt } from '../model/json.ts';
import { everything } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { anyButPods } from './peers.ts';
import type { Peer, PolicyProgram, PolicyRule, PortMatch } from './policy.ts';
import { PolicyReader, unsure } from './reader.ts';

const actions = { Allow: 'pass', Deny: 'deny' } as const;
const targets = ['cidrSelector', 'dnsName', 'nodeSelector'] as const;

/**
 * Compiles an EgressFirewall of OVN-Kubernetes: the first rule that matches says whether the namespace's pods may reach an
 * address outside of the pod network, beside what policies say; what none matches is allowed.
 * Source: ovn-kubernetes go-controller/pkg/crd/egressfirewall/v1/types.go; pkg/ovn/egressfirewall.go, which filters on the way
 * to the gateway, after the policies of the pod, and leaves the cluster's subnets out of every CIDR.
 */
export function compileEgressFirewall(resource: Resource): readonly PolicyProgram[] {
  const { ref } = resource;
  const reader = new PolicyReader(resource);
  if (ref.name !== 'default') reader.doubt(['metadata', 'name'], t('an EgressFirewall must be called default'));
  reader.isMapping(['spec']);
  reader.known(['spec'], ['egress']);
  return [
    {
      ref,
      resource,
      tier: 'edge',
      priority: 0,
      subject: { inNamespace: ref.namespace, pods: everything },
      subjectPath: ['spec'],
      isolates: { ingress: false, egress: false },
      rules: reader.entries(['spec', 'egress']).flatMap((path) => ruleOf(reader, path)),
      doubts: reader.doubts,
      couldDeny: true,
      only: 'egress',
    },
  ];
}

/** A rule that has a doubt may act on any address that the kind acts on at all. */
function ruleOf(reader: PolicyReader, path: FieldPath): readonly PolicyRule[] {
  const before = reader.doubts.length;
  const rule = reader.at(path);
  if (!isObject(rule)) reader.doubt(path, t('the rule is not a mapping'));
  reader.known(path, ['ports', 'to', 'type']);
  const type = stringAt(rule, 'type') ?? '';
  const action = Object.hasOwn(actions, type) ? actions[type as keyof typeof actions] : undefined;
  if (action === undefined && isObject(rule)) {
    reader.doubt([...path, 'type'], t('{0} is no action: {1}', type, Object.keys(actions).join(', ')));
  }
  const peers = targetOf(reader, [...path, 'to']);
  const ports = portsOf(reader, [...path, 'ports']);
  const evidence = reader.evidence(path);
  const doubt = reader.doubts[before];
  const read: PolicyRule = { direction: 'egress', action: action ?? 'pass', peers, evidence };
  if (doubt === undefined) return [{ ...read, ...(ports === undefined ? {} : { ports }) }];
  return unsure({ ...read, peers: [anyButPods(path)] }, doubt.note);
}

function targetOf(reader: PolicyReader, path: FieldPath): readonly Peer[] {
  reader.known(path, targets);
  const to = reader.at(path);
  const given = targets.filter((one) => (valueAt(to, one) ?? null) !== null);
  const field = given[0];
  if (field === undefined || given.length > 1) {
    reader.doubt(path, t('the target needs exactly one of {0}', targets.join(', ')));
    return [];
  }
  const at = [...path, field];
  switch (field) {
    case 'cidrSelector': {
      const block: Peer = { ...reader.block(at), ofPods: 'always' };
      return [{ kind: 'all-of', peers: [anyButPods(at), block], path: at }];
    }
    case 'dnsName': {
      const name = stringAt(to, field) ?? '';
      if (/^(\*\.)?([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\.?$/.test(name))
        return [{ kind: 'names', patterns: [name], path: at }];
      reader.doubt(at, t('{0} is no DNS name', name));
      return [];
    }
    case 'nodeSelector': {
      const nodes = reader.selector(at);
      return nodes === undefined ? [] : [{ kind: 'nodes', nodes, which: 'any', path: at }];
    }
    default:
      return field satisfies never;
  }
}

/** Each port has its protocol; without ports a rule is about all. */
function portsOf(reader: PolicyReader, path: FieldPath): readonly PortMatch[] | undefined {
  const entries = reader.entries(path);
  if (entries.length === 0) return reader.isBroken(path) ? [] : undefined;
  return entries.map((one) => {
    if ((valueAt(reader.at(one), 'protocol') ?? '') !== '') return reader.range(one, 'port', 'port');
    return reader.invalidPort(one, t('the port needs a protocol'));
  });
}
