import {
  buildSnapshot,
  Derived,
  injectRequired,
  type JsonObject,
  mtlsScopes,
  readInjector,
} from '../../../src/engine/index.ts';
import type { CaseResult, Suite } from '../suite.ts';
import { caseResources, compare, type GroupCase, readGroups } from './groups.ts';

/** What Istio's injector does with a pod, and how a workload takes connections that some PeerAuthentications decide about. */
export const istioSuite: Suite = {
  name: 'istio',
  run: (folder) =>
    readGroups(folder).flatMap(({ cases }) => cases.map((one) => ('pod' in one.query ? injected(one) : composed(one)))),
};

interface Metadata {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function injected(one: GroupCase): CaseResult {
  const { metadata, spec } = one.query['pod'] as unknown as {
    readonly metadata: Metadata;
    readonly spec?: { readonly hostNetwork?: boolean };
  };
  const { namespace = 'default', labels = {}, annotations = {} } = metadata;
  const request = { namespace, labels, annotations, hostNetwork: spec?.hostNetwork === true };
  return compare(one, { inject: injectRequired(request, readInjector(one.query)) });
}

/** The policies are those that select the workload: it has the labels of all their selectors. */
function composed(one: GroupCase): CaseResult {
  const { rootNamespace, workloadNamespace: namespace } = one.query;
  const policies = one.query['policies'] as unknown as readonly {
    readonly metadata: Metadata;
    readonly spec?: { readonly selector?: { readonly matchLabels?: JsonObject } };
  }[];
  const labels = Object.assign({}, ...policies.map(({ spec }) => spec?.selector?.matchLabels ?? {})) as JsonObject;
  const mesh = JSON.stringify({ rootNamespace });
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio', namespace: 'istio-system' }, data: { mesh } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'workload', namespace, labels }, spec: { containers: [] } },
    // Names are the peer's own, and may be none that a server takes.
    ...policies.map((policy, index) => ({ ...policy, metadata: { ...policy.metadata, name: `policy-${index}` } })),
  ] as unknown as readonly JsonObject[];
  const resources = caseResources({ suite: 'istio', cases: [], objects }, one);
  const derived = new Derived(buildSnapshot({ scope: one.id, resources }));
  const pod = derived.snapshot.pod(String(namespace), 'workload');
  const scope = mtlsScopes(derived.snapshot).find(({ subject }) => pod && derived.policies.inSet(subject, pod));
  const own = scope?.written.level === 'workload' ? scope.written.resource.object['spec'] : undefined;
  // A port without a mode of its own has the workload's.
  const ports = Object.keys((own as JsonObject | undefined)?.['portLevelMtls'] ?? {});
  const answer = {
    mode: scope?.mode ?? 'PERMISSIVE',
    perPort: Object.fromEntries(ports.map((port) => [port, scope?.written.ports.get(Number(port)) ?? scope?.mode])),
  };
  return compare(one, Object.fromEntries(Object.entries(answer).filter(([key]) => key in one.expect)));
}
