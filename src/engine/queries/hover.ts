import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { ActionLink, HoverAnswer } from '../analysis/answers.ts';
import type { Derived } from '../analysis/derived.ts';
import { locateFix } from '../analysis/findings.ts';
import { networkViews } from '../analysis/networks.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { reachOfService } from '../connectivity/reach.ts';
import type { Service, Workload } from '../model/cluster.ts';
import { isPolicyKind } from '../model/kinds.ts';
import { type FieldPath, type Resource, refLabel, type TextPosition } from '../model/resource.ts';
import { escapeMarkdown, fenced } from '../render/markdown.ts';
import { workloadLines } from '../render/objectText.ts';
import { policyLines, portLines, ruleLines, selectorLines } from '../render/policyText.ts';
import { causeOfNothing, serviceLines } from '../render/serviceText.ts';
import { endpointsTable } from '../render/table.ts';
import type { ServiceEndpoints } from '../service/endpoint.ts';
import { boxId } from '../topology/graph.ts';
import { liveLines } from './liveLines.ts';
import { type Subject, serviceNamedAt, startsWith, subjectAt } from './subject.ts';

/** What hovering a position shows; null where there is nothing to say. */
export function hover(analysis: Analysis, uri: string, position: TextPosition): HoverAnswer | null {
  const subject = subjectAt(analysis, uri, position);
  if (subject === undefined) return null;
  const named = serviceNamedAt(subject);
  const { snapshot } = subject.scope;
  if (named !== undefined) {
    const service = snapshot.service(named.namespace, named.name);
    return service === undefined ? null : serviceHover(analysis, subject, service);
  }
  const { ref } = subject.resource;
  if (ref.kind === 'Service' && ref.group === '' && isTelling(subject)) {
    const service = snapshot.service(ref.namespace, ref.name);
    return service === undefined ? null : serviceHover(analysis, subject, service);
  }
  return objectHover(analysis, subject);
}

/** Fields of a Service that one hovers to learn what it resolves to. */
function isTelling({ path }: Subject): boolean {
  if (path.length === 0) return false;
  const fields = [
    ['kind'],
    ['metadata', 'name'],
    ['spec', 'selector'],
    ['spec', 'ports'],
    ['spec', 'type'],
    ['spec', 'clusterIP'],
  ];
  return fields.some((field) => startsWith(path, field)) || (path.length === 1 && path[0] === 'spec');
}

function serviceHover(analysis: Analysis, subject: Subject, service: Service): HoverAnswer {
  const { scope, range } = subject;
  const { derived } = scope;
  const { namespace, name } = service.ref;
  const endpoints = derived.endpointsOf(service);
  const reach = reachOfService(derived, service);
  const own = serviceLines(derived, endpoints, reach);
  const lines = [...own, ...liveLines(analysis, scope, service.resource)];
  const end = `${namespace}/svc/${name}`;
  const scopeName = scope.scope.name;
  const cause = causeText(analysis, subject, endpoints);
  return {
    ...(cause === undefined ? {} : { cause }),
    markdown: fenced(lines),
    links: [
      { title: t('Trace to this Service'), command: 'podpath.trace', arguments: [{ to: end, scope: scopeName }] },
      topologyLink(scope, boxId(service.ref)),
      { title: t('Copy as kubectl output'), command: 'podpath.copyText', arguments: [endpointsTable([endpoints])] },
      ...reach.denied.slice(0, 1).map((from) => whyLink(from, end, scopeName)),
      { title: t('Change what is assumed'), command: 'podpath.changeAssumption', arguments: [] },
    ],
    range,
  };
}

/** Why the Service resolves to nothing, with the edit that mends it where one is likely. */
function causeText(analysis: Analysis, { scope }: Subject, endpoints: ServiceEndpoints): HoverAnswer['cause'] {
  const cause = causeOfNothing(endpoints);
  if (cause === undefined) return undefined;
  const markdown = `**${escapeMarkdown(cause.text)}**`;
  if (cause.fix === undefined) return { markdown };
  const { ref, path, value } = cause.fix;
  const title = t('fix: {0}', `${String(path.at(-1))}: ${value}`);
  const change = { title, target: ref, changes: [{ kind: 'set' as const, path, value }] };
  const found = locateFix(analysis, scope.snapshot, change);
  if (found === undefined) return { markdown };
  return { markdown, fix: { title, command: 'podpath.applyFix', arguments: [found.edits] } };
}

/** The trace that shows why one of those that are denied is denied. */
function whyLink({ ref: { namespace, kind, name } }: Workload, to: string, scope: string): ActionLink {
  const from = kind === 'Pod' ? `${namespace}/${name}` : `${namespace}/${kind}/${name}`;
  return { title: t('Why is {0} denied?', name), command: 'podpath.trace', arguments: [{ from, to, scope }] };
}

function topologyLink({ scope }: ScopeAnalysis, box: string): ActionLink {
  return { title: t('Show in topology'), command: 'podpath.showTopology', arguments: [{ scope: scope.name, box }] };
}

/** The peer, port or rule that stands at a field of a policy; on any other field the whole policy. */
function policyHover(derived: Derived, resource: Resource, path: FieldPath): readonly string[] {
  const programs = derived.policies.programs.filter((one) => one.resource === resource);
  for (const program of programs) {
    for (const rule of program.rules.filter((one) => startsWith(path, one.evidence.path))) {
      const peer = rule.peers?.find((one) => startsWith(path, one.path));
      if (peer !== undefined) return selectorLines(derived, peer);
      const port = rule.ports?.find((one) => startsWith(path, one.path));
      if (port !== undefined) return portLines(derived, program, rule, port);
      return [refLabel(resource.ref), ...ruleLines(derived, rule, `${rule.action} `)];
    }
  }
  return programs.flatMap((one, index) => policyLines(derived, one).slice(index === 0 ? 0 : 2));
}

/** What a policy does on the networks beside the cluster's own. */
function networkLines(derived: Derived, resource: Resource, path: FieldPath): readonly string[] {
  return networkViews(derived).flatMap((view) => {
    const lines = policyHover(view.derived, resource, path);
    return lines.length === 0 ? [] : [t('On network {0}', view.name), ...lines];
  });
}

/** Workloads on their name, kind and selector; policies also on each of their rules. */
function objectHover(analysis: Analysis, subject: Subject): HoverAnswer | null {
  const { scope, resource, path, range } = subject;
  const live = liveLines(analysis, scope, resource);
  const { ref } = resource;
  const program = scope.derived.policies.policies.find((one) => one.resource === resource);
  if (program !== undefined) {
    return { markdown: fenced([...policyHover(scope.derived, resource, path), ...live]), links: [], range };
  }
  if (isPolicyKind(ref.group, ref.kind)) {
    const lines = networkLines(scope.derived, resource, path);
    return lines.length === 0 ? null : { markdown: fenced([...lines, ...live]), links: [], range };
  }
  const workload = scope.snapshot.workload(ref);
  const telling = [['kind'], ['metadata', 'name'], ['spec', 'selector'], ['spec', 'replicas'], ['metadata', 'labels']];
  const inTemplate = startsWith(path, ['spec', 'template', 'metadata', 'labels']);
  if (workload === undefined || !(inTemplate || telling.some((field) => startsWith(path, field)))) return null;
  const end = ref.kind === 'Pod' ? `${ref.namespace}/${ref.name}` : `${ref.namespace}/${ref.kind}/${ref.name}`;
  return {
    markdown: fenced([refLabel(ref), ...workloadLines(scope.derived, workload), ...live]),
    links: [
      { title: t('Trace from here'), command: 'podpath.trace', arguments: [{ from: end, scope: scope.scope.name }] },
      topologyLink(scope, boxId(ref)),
    ],
    range,
  };
}
