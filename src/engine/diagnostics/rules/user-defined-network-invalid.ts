import { t } from '@vscode/l10n';
import { type Resource, refKey, refLabel } from '../../model/resource.ts';
import type { PolicyProgram } from '../../policy/policy.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check({ model, snapshot }: RuleContext): Generator<Finding> {
  const networks = model.policies.programs.filter(({ tier }) => tier === 'networks');
  for (const program of networks) {
    const found = [...ownProblems(program), ...(namespacesOf(program).includes('default') ? [inDefault()] : [])];
    for (const message of found) yield finding(program, program.doubts[0]?.path ?? ['metadata', 'name'], message);
  }
  const byNamespace = new Map<string, PolicyProgram>();
  for (const program of networks) {
    for (const namespace of namespacesOf(program)) {
      const first = byNamespace.get(namespace);
      if (first === undefined) byNamespace.set(namespace, program);
      else if (refKey(first.ref) !== refKey(program.ref)) yield second(program, first, namespace);
    }
  }

  for (const { name, labels, resource } of snapshot.namespaces.values()) {
    if (resource === undefined || !Object.hasOwn(labels, asking) || byNamespace.has(name)) continue;
    yield unserved(resource, name);
  }

  function namespacesOf({ subject }: PolicyProgram): readonly string[] {
    return [...snapshot.namespaces.keys()].filter((name) => model.policies.namespaceMatches(subject, name));
  }
}

/** A namespace with this label has no pods before it has a primary network. Source: ovn-kubernetes, user-defined networks. */
const asking = 'k8s.ovn.org/primary-user-defined-network';

function unserved({ ref }: Resource, name: string): Finding {
  const message = t(
    'Namespace {0} asks for a primary network that is not here: its pods do not start without, and are cut off from others with it',
    name,
  );
  const path = ['metadata', 'labels', asking];
  return { code: rule.code, severity: 'warning', missing: true, message, ref, path, related: [], fixes: [] };
}

function* ownProblems({ ref, doubts }: PolicyProgram): Generator<string> {
  for (const { note } of doubts) yield t('{0}: {1}', refLabel(ref), note);
  if (ref.name === 'default') yield t('A network can not be called default: that is the name of the cluster’s own');
}

function inDefault(): string {
  return t('Namespace default can not have a primary network of its own: its pods would not be isolated');
}

function finding({ ref }: PolicyProgram, path: Finding['path'], message: string): Finding {
  return { code: rule.code, message, ref, path, related: [], fixes: [] };
}

function second(program: PolicyProgram, first: PolicyProgram, namespace: string): Finding {
  const message = t('Namespace {0} has a primary network already: {1}', namespace, refLabel(first.ref));
  const related = [{ ref: first.ref, path: ['metadata', 'name'], message: t('The other network') }];
  return { ...finding(program, ['metadata', 'name'], message), related };
}

const network = (layer: string): string => `apiVersion: v1
kind: Namespace
metadata:
  name: blue
  labels: {k8s.ovn.org/primary-user-defined-network: ""}
---
apiVersion: k8s.ovn.org/v1
kind: UserDefinedNetwork
metadata:
  name: blue
  namespace: blue
spec:
  topology: Layer2
  ${layer}:
    role: Primary
    subnets: [10.100.0.0/16]
`;

/** A primary network that OVN-Kubernetes refuses. */
export const rule: Rule = {
  code: 'user-defined-network-invalid',
  summary:
    'A UserDefinedNetwork that OVN-Kubernetes refuses, or a namespace with two primary networks or without the one it asks for.',
  description:
    'A namespace has one primary network at most. Its topology says which of layer2 and layer3 describes it, the name default is taken, and the namespace default keeps the cluster’s own network. A namespace that asks for a primary network by its label has no running pods before there is one.',
  severity: 'error',
  reads: ['k8s.ovn.org/ClusterUserDefinedNetwork', 'k8s.ovn.org/UserDefinedNetwork', '/Namespace'],
  example: { failing: network('layer3'), corrected: network('layer2') },
  check,
};
