import { t } from '@vscode/l10n';
import type { GraphChange, GraphEdge } from '../analysis/answers.ts';
import type { Box, Topology } from './graph.ts';

/** Boxes that fit. */
export interface Folded {
  readonly boxes: readonly Box[];
  /** What stands for a box that is drawn no more. */
  readonly target: ReadonlyMap<string, string>;
  /** How many boxes were folded away. */
  readonly hidden: number;
}

/** Keeps some boxes and the arrows between them. */
export function keepBoxes({ boxes, edges }: Topology, keep: (box: Box) => boolean): Topology {
  const kept = boxes.filter(keep);
  const ids = new Set(kept.map((one) => one.id));
  return { boxes: kept, edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)) };
}

/** Boxes within one arrow of the chosen ones, these included. A box that is only reached through a Service is next to it. */
export function neighbourhood({ boxes, edges }: Topology, chosen: ReadonlySet<string>): ReadonlySet<string> {
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
    folded.push({
      id,
      kind: 'namespace',
      namespace: '',
      name: namespace,
      title,
      label: namespace,
      ref,
      members: idsOf(members),
    });
  }
  return { boxes: folded, target, hidden: 0 };
}

/** The boxes of one namespace; `open` where the user opened it. */
interface Group {
  readonly namespace: string;
  readonly members: readonly Box[];
  readonly open: boolean;
}

/**
 * Folds what does not fit: whole namespaces first, the largest before the others, those that the user opened last.
 * At most `limit` boxes come back; each fold says how many it holds.
 */
export function foldToLimit(boxes: readonly Box[], limit: number, unfolded: readonly string[]): Folded {
  if (boxes.length <= limit) return { boxes, target: new Map(), hidden: 0 };
  const groups = [...Map.groupBy(boxes, (one) => one.namespace)].map(([namespace, members]): Group => {
    return { namespace, members, open: unfolded.includes(foldId(namespace)) };
  });
  const [open, closed] = [groups.filter((one) => one.open), groups.filter((one) => !one.open)];
  const folding = new Folding();
  // What the user opened has all the room but for one box that stands for everything else.
  folding.place(open, limit - Math.min(1, closed.length));
  const room = limit - folding.shown.length;
  const isCrowded = closed.length > room;
  closed.sort((a, b) => (isCrowded ? byName(a.namespace, b.namespace) : a.members.length - b.members.length));
  // Where not even every namespace has a box, one box stands for those that are left.
  const left = isCrowded ? closed.splice(Math.max(0, room - 1)) : [];
  folding.place(closed, isCrowded ? limit - 1 : limit);
  if (isCrowded) folding.crowd(left);
  const { shown, target } = folding;
  return { boxes: foldsLast(shown), target, hidden: target.size };
}

/** Boxes that are shown so far, and which boxes stand for others. */
class Folding {
  readonly shown: Box[] = [];
  readonly target = new Map<string, string>();

  /** Shows groups in their order until so many boxes are shown; of each at least its fold. */
  place(groups: readonly Group[], limit: number): void {
    for (const [index, { namespace, members, open }] of groups.entries()) {
      // Every later group needs a place for its fold.
      const room = limit - this.shown.length - (groups.length - index - 1);
      const own = members.length <= room ? members : open ? members.slice(0, Math.max(0, room - 1)) : [];
      this.shown.push(...own);
      const rest = members.slice(own.length);
      if (rest.length === 0) continue;
      if (this.shown.length < limit) this.shown.push(foldBox(namespace, rest, own.length > 0));
      for (const one of rest) this.target.set(one.id, foldId(namespace));
    }
  }

  /** One box for all of them. */
  crowd(groups: readonly Group[]): void {
    const members = groups.flatMap((one) => one.members);
    this.shown.push(crowdBox(groups.length, members));
    for (const one of members) this.target.set(one.id, crowd);
  }
}

/** The id of the box for namespaces that have no box of their own; no namespace is called so. */
const crowd = 'fold/*';

function crowdBox(namespaces: number, members: readonly Box[]): Box {
  const title = t('+{0} namespaces', namespaces);
  return {
    id: crowd,
    kind: 'fold',
    namespace: '',
    name: '',
    title,
    label: t('{0} boxes', members.length),
    members: idsOf(members),
  };
}

/** What boxes stand for in the end. */
function idsOf(boxes: readonly Box[]): readonly string[] {
  return boxes.flatMap((one) => one.members ?? [one.id]);
}

/** Folds are looked through by name. */
function foldsLast(boxes: readonly Box[]): readonly Box[] {
  const isFold = ({ kind }: Box): boolean => kind === 'fold';
  const rank = ({ id, name }: Box): string => (id === crowd ? '\uffff' : name);
  const folds = boxes.filter(isFold).sort((a, b) => byName(rank(a), rank(b)));
  return [...boxes.filter((one) => !isFold(one)), ...folds];
}

/** `team-2` before `team-10`, alike in every language. */
function byName(a: string, b: string): number {
  const padded = (text: string): string => text.replace(/\d+/g, (digits) => digits.padStart(12, '0'));
  const [one, other] = [padded(a), padded(b)];
  return one < other ? -1 : one > other ? 1 : 0;
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
  const fold = { id: foldId(namespace), kind: 'fold', namespace: lane, name: namespace } as const;
  return { ...fold, title, label, members: idsOf(members) };
}

/** Arrows between the boxes that are drawn; several between two of them become one, with the ports of all. */
export function joined<E extends GraphEdge | GraphChange>(
  edges: Iterable<E>,
  placeOf: (box: string) => string | undefined,
): readonly E[] {
  const merged = new Map<string, { edge: E; ports: Set<string> }>();
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
