import { t } from '@vscode/l10n';
import type { GraphChange, GraphEdge } from '../analysis/answers.ts';
import type { Box, Topology } from './graph.ts';

/** Whatever joins two boxes. */
export type Joint = GraphEdge | GraphChange;

/** Boxes that fit. */
export interface Folded {
  readonly boxes: readonly Box[];
  /** What stands for a box that is drawn no more. */
  readonly target: ReadonlyMap<string, string>;
  /** How many boxes were folded away. */
  readonly hidden: number;
}

/** Keeps some boxes and the arrows between them. */
export function keepBoxes({ boxes, edges }: Topology<Joint>, keep: (box: Box) => boolean): Topology<Joint> {
  const kept = boxes.filter(keep);
  const ids = new Set(kept.map((one) => one.id));
  return { boxes: kept, edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)) };
}

/** Boxes within one arrow of the chosen ones, these included. A box that is only reached through a Service is next to it. */
export function neighbourhood({ boxes, edges }: Topology<Joint>, chosen: ReadonlySet<string>): ReadonlySet<string> {
  const near = new Set(chosen);
  for (const { from, to } of edges) {
    if (chosen.has(from)) near.add(to);
    if (chosen.has(to)) near.add(from);
  }
  // The pods behind a neighbouring Service are what one looks for.
  const services = new Set(boxes.filter((one) => one.kind === 'service' && near.has(one.id)).map((one) => one.id));
  for (const { from, to, kind } of edges) if (kind === 'selects' && services.has(from)) near.add(to);
  return near;
}

/** One box a namespace. */
export function foldToNamespaces(boxes: readonly Box[]): Folded {
  const groups = Map.groupBy(boxes, (one) => one.namespace);
  const target = new Map<string, string>();
  const folded: Box[] = [...(groups.get('') ?? [])];
  for (const [namespace, members] of groups) {
    if (namespace === '') continue;
    const id = `Namespace//${namespace}`;
    const ref = { group: '', kind: 'Namespace', namespace: '', name: namespace };
    for (const member of members) target.set(member.id, id);
    const workloads = members.filter((one) => one.kind === 'workload' || one.kind === 'pod').length;
    const title = t('Namespace ({0} workloads)', workloads);
    folded.push({ id, kind: 'namespace', namespace: '', name: namespace, title, label: namespace, ref });
  }
  return { boxes: folded, target, hidden: 0 };
}

/**
 * Folds what does not fit: whole namespaces, those that the user opened last, the largest of the others first. Of more
 * namespaces than boxes the largest are boxes of their own, and one box is all the others.
 * At most `limit` boxes come back; each fold says how many it holds.
 */
export function foldToLimit(boxes: readonly Box[], limit: number, unfolded: readonly string[]): Folded {
  if (boxes.length <= limit) return { boxes, target: new Map(), hidden: 0 };
  const all = [...Map.groupBy(boxes, (one) => one.namespace)].map(([namespace, members]) => {
    return { namespace, members, open: unfolded.includes(foldId(namespace)) };
  });
  all.sort((a, b) => Number(b.open) - Number(a.open) || a.members.length - b.members.length);
  const { groups, others } = all.length > limit ? largest(all, limit - 1) : { groups: all, others: [] };
  const target = new Map<string, string>();
  const shown: Box[] = [];
  let hidden = 0;
  const fold = (box: Box, members: readonly Box[]): void => {
    shown.push(box);
    for (const one of members) target.set(one.id, box.id);
    hidden += members.length;
  };
  for (const [index, { namespace, members, open }] of groups.entries()) {
    // Every later group needs a place for its fold.
    const room = limit - shown.length - (groups.length - index - 1) - Math.min(1, others.length);
    if (members.length <= room) {
      shown.push(...members);
      continue;
    }
    const own = open ? members.slice(0, Math.max(0, room - 1)) : [];
    shown.push(...own);
    fold(foldBox(namespace, members.slice(own.length), own.length > 0), members.slice(own.length));
  }
  if (others.length > 0)
    fold(
      othersBox(others.length),
      others.flatMap(({ members }) => members),
    );
  return { boxes: shown, target, hidden };
}

/** The namespaces that are boxes of their own: those that were opened, then those with the most in them. */
function largest<T extends { readonly members: readonly Box[]; readonly open: boolean }>(
  all: readonly T[],
  count: number,
): { readonly groups: readonly T[]; readonly others: readonly T[] } {
  const bySize = all.toSorted((a, b) => Number(b.open) - Number(a.open) || b.members.length - a.members.length);
  const own = new Set(bySize.slice(0, count));
  return { groups: all.filter((one) => own.has(one)), others: all.filter((one) => !own.has(one)) };
}

function othersBox(namespaces: number): Box {
  const title = t('+{0} namespaces', namespaces);
  return { id: 'fold', kind: 'fold', namespace: '', name: '', title, label: t('choose among them above') };
}

function foldId(namespace: string): string {
  return `fold/${namespace}`;
}

/** Beside its siblings a fold stands in their lane; a namespace that is folded as a whole needs no lane. */
function foldBox(namespace: string, members: readonly Box[], hasSiblings: boolean): Box {
  const workloads = members.every((one) => one.kind === 'workload');
  const more = workloads ? t('+{0} workloads', members.length) : t('+{0} boxes', members.length);
  const title = hasSiblings || namespace === '' ? more : t('Namespace {0}', more);
  const lane = hasSiblings ? namespace : '';
  const label = namespace || t('outside');
  return { id: foldId(namespace), kind: 'fold', namespace: lane, name: namespace, title, label };
}

/** Arrows between the boxes that are drawn; several between two of them become one, with the ports of all. */
export function joined(edges: readonly Joint[], placeOf: (box: string) => string | undefined): readonly Joint[] {
  const merged = new Map<string, { edge: Joint; ports: Set<string> }>();
  for (const edge of edges) {
    const [from, to] = [placeOf(edge.from), placeOf(edge.to)];
    if (from === undefined || to === undefined || from === to) continue;
    const key = `${edge.kind} ${from} ${to}`;
    const old = merged.get(key);
    if (old === undefined) merged.set(key, { edge: { ...edge, from, to }, ports: new Set([edge.ports]) });
    else old.ports.add(edge.ports);
  }
  return [...merged.values()].map(({ edge, ports }) => ({ ...edge, ports: shortList([...ports]) }));
}

function shortList(texts: readonly string[]): string {
  const shown = texts.filter((one) => one !== '').slice(0, 3);
  return texts.length > 3 ? `${shown.join(', ')}, …` : shown.join(', ');
}
