import type { GraphAnswer, GraphEdge } from '../../src/engine/index.ts';

/** A picture that can be read: what is drawn of an answer, and the arrows that only the box they belong to shows. */
export interface Thinned {
  readonly drawn: GraphAnswer;
  readonly aside: readonly GraphEdge[];
}

/** As many arrows as one can follow with the eye. */
const followed = 24;

const arrows: Readonly<Record<GraphEdge['kind'], string>> = {
  routes: '==>',
  selects: '-->',
  allows: '-.->',
  denies: '--x',
};

/**
 * Keeps a picture from drowning in arrows: where there are many more than boxes, those of what may connect are set aside; in
 * an overview of folds also those from and to folds. `everything` is what the user asked for.
 */
export function thinned(answer: GraphAnswer, everything: boolean): Thinned {
  const { nodes, edges, mermaid } = answer;
  const folds = new Set(nodes.filter(({ kind }) => kind === 'fold' || kind === 'namespace').map(({ id }) => id));
  const isOverview = folds.size * 2 > nodes.length;
  const many = isOverview ? followed : Math.max(followed, nodes.length * 1.5);
  if (everything || edges.length <= many) return { drawn: answer, aside: [] };
  const isAside = ({ kind, from, to }: GraphEdge): boolean =>
    kind === 'allows' || (isOverview && (folds.has(from) || folds.has(to)));
  const places = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = new Set(
    edges.filter(isAside).map(({ from, to, kind }) => `${places.get(from)} ${arrows[kind]} ${places.get(to)}`),
  );
  const isDrawn = (line: string): boolean => {
    const [, from, sign, to] = /^ {2}(n\d+) ([-=.>x]+)(?:\|[^|]*\|)? (n\d+)$/.exec(line) ?? [];
    return !lines.has(`${from} ${sign} ${to}`);
  };
  const source = mermaid.split('\n').filter(isDrawn).join('\n');
  return {
    drawn: { ...answer, edges: edges.filter((one) => !isAside(one)), mermaid: source },
    aside: edges.filter(isAside),
  };
}
