import { buildSnapshot, matchIngress } from '../../../src/engine/index.ts';
import type { CaseResult, Suite } from '../suite.ts';
import { caseResources, compare, type Group, type GroupCase, readGroups } from './groups.ts';

/** Requests and the backends that an Ingress controller sends them to. The backends of these cases always answer. */
export const ingressSuite: Suite = {
  name: 'ingress',
  run: (folder) => readGroups(folder).flatMap((group) => group.cases.map((one) => request(group, one))),
};

function request(group: Group, one: GroupCase): CaseResult {
  const snapshot = buildSnapshot({ scope: one.id, resources: caseResources(group, one) });
  const { host, path, scheme } = one.query;
  const wanted = { scheme: scheme === 'https' ? 'https' : 'http', host: String(host), path: String(path) } as const;
  const route = matchIngress(snapshot, wanted);
  const answer = {
    status: route === undefined ? 404 : 200,
    backend: route?.backend.serviceName ?? null,
    matchedRule: route !== undefined && route.pathType !== 'Default',
  };
  // Each case says only some of the three.
  const asked = Object.entries(answer).filter(([key]) => key in one.expect);
  return compare(one, Object.fromEntries(asked));
}
