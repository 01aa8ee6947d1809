import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { reachOf } from '../connectivity/reach.ts';
import type { Pod, Workload } from '../model/cluster.ts';
import type { Direction, PolicyProgram } from '../policy/policy.ts';

/** The workloads of a scope that some pods are of, in the scope's order; invented ones left out. */
export function workloadsOfPods({ snapshot }: Derived, matches: (pod: Pod) => boolean): readonly Workload[] {
  return snapshot.workloads.filter((one) => !one.system && one.pods.some(matches));
}

/** The workloads that a policy selects. */
export function selectedBy(derived: Derived, program: PolicyProgram): readonly Workload[] {
  const pods = new Set(derived.policies.podsOf(program.subject));
  return workloadsOfPods(derived, (pod) => pods.has(pod));
}

/** Pods, isolation and reach of a workload. */
export function workloadLines(derived: Derived, workload: Workload): readonly string[] {
  const [pod] = workload.pods;
  const head = podsText(workload);
  if (pod === undefined) return [head];
  const services = derived.snapshot.services.filter((one) =>
    derived
      .endpointsOf(one)
      .endpoints.some((endpoint) => endpoint.pod !== undefined && workload.pods.includes(endpoint.pod)),
  );
  const { allowed, denied } = reachOf(derived, workload.pods);
  return [
    head,
    ...workload.pods
      .slice(0, 5)
      .map((one) => `  ${one.ref.name}  ${one.ips.join(', ') || t('no address')}  ${one.node ?? t('no node')}`),
    ...(services.length === 0 ? [] : [t('Behind Service {0}', services.map((one) => one.ref.name).join(', '))]),
    isolationText(derived, pod, 'ingress'),
    isolationText(derived, pod, 'egress'),
    t('Workloads that may reach it: {0}; denied: {1}', allowed.length, denied.length),
  ];
}

/** `3 pods (simulated)`. */
export function podsText({ pods }: Workload): string {
  const simulated = pods.some((one) => one.simulated) ? ` (${t('simulated')})` : '';
  return (pods.length === 1 ? t('1 pod') : t('{0} pods', pods.length)) + simulated;
}

/** `allow-frontend, default-deny and 1 more`; '' where nothing isolates the pod in a direction. */
export function isolatedBy(derived: Derived, pod: Pod, direction: Direction): string {
  const isolating = derived.policies.selecting(pod).filter((one) => one.isolates[direction]);
  // Policies that open something say more than a default deny.
  const rules = (one: PolicyProgram) => one.rules.filter((rule) => rule.direction === direction).length;
  isolating.sort((a, b) => rules(b) - rules(a));
  const names = isolating.slice(0, 2).map(({ ref }) => ref.name);
  const more = isolating.length > 2 ? t(' and {0} more', isolating.length - 2) : '';
  return names.join(', ') + more;
}

/** `ingress isolated by allow-frontend`, `egress open`. */
export function isolationText(derived: Derived, pod: Pod, direction: Direction): string {
  const by = isolatedBy(derived, pod, direction);
  if (by === '') return direction === 'ingress' ? t('ingress open') : t('egress open');
  return direction === 'ingress' ? t('ingress isolated by {0}', by) : t('egress isolated by {0}', by);
}
