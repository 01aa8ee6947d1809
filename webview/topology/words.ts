import { t } from '@vscode/l10n';
import type { GraphAnswer, GraphEdge, GraphNode, GraphRequest } from '../../src/engine/index.ts';

/** An arrow's kind in words. */
export function edgeKindText(kind: GraphEdge['kind']): string {
  const texts: Readonly<Record<GraphEdge['kind'], string>> = {
    routes: t('routes to'),
    selects: t('selects'),
    allows: t('may connect to'),
    denies: t('is denied to'),
  };
  return texts[kind];
}

/** A level of the topology in words. */
export function levelText(level: GraphRequest['level']): string {
  return { namespace: t('Namespaces'), workload: t('Workloads'), pod: t('Pods') }[level];
}

/** What a screen reader says of a box: what it is, where, how it is, and its arrows by number. */
export function boxName(node: GraphNode, edges: readonly GraphEdge[]): string {
  const { title, label, namespace, replicas, ready, problems, kind, id } = node;
  const out = edges.filter(({ from }) => from === id).length;
  const into = edges.filter(({ to }) => to === id).length;
  return [
    `${title} ${label}`,
    namespace === '' ? '' : t('namespace {0}', namespace),
    replicas === undefined || kind === 'pod' ? '' : t('{0} of {1} pods ready', ready ?? replicas, replicas),
    problems === 0 ? '' : problemsText(problems),
    into === 1 ? t('1 arrow in, {0} out', out) : t('{0} arrows in, {1} out', into, out),
    kind === 'fold' ? t('press Enter to unfold') : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** A number of problems in words. */
export function problemsText(count: number): string {
  return count === 1 ? t('1 problem') : t('{0} problems', count);
}

/** `shop/frontend may connect to shop/backend: TCP 9376` */
export function edgeText(edge: GraphEdge, names: ReadonlyMap<string, string>): string {
  const ports = edge.ports === '' ? '' : `: ${edge.ports}`;
  return `${names.get(edge.from) ?? edge.from} ${edgeKindText(edge.kind)} ${names.get(edge.to) ?? edge.to}${ports}`;
}

/** What a picture holds, in one line. */
export function pictureText({ scope, nodes, edges }: GraphAnswer): string {
  const boxes = nodes.length === 1 ? t('1 box') : t('{0} boxes', nodes.length);
  const size = `${boxes}, ${edges.length === 1 ? t('1 arrow') : t('{0} arrows', edges.length)}`;
  return scope === '' ? size : `${scope}: ${size}`;
}
