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
 * an overview of folds all are. `everything` is what the user asked for.
 */
export function thinned(answer: GraphAnswer, everything: boolean): Thinned {
  const { nodes, edges, mermaid } = answer;
  const folds = nodes.filter(({ kind }) => kind === 'fold' || kind === 'namespace').length;
  const isOverview = folds * 2 > nodes.length;
  const many = isOverview ? followed : Math.max(followed, nodes.length * 1.5);
  if (everything || edges.length <= many) return { drawn: answer, aside: [] };
  const isAside = ({ kind }: GraphEdge): boolean => isOverview || kind === 'allows';
  const signs = new Set(edges.filter(isAside).map(({ kind }) => arrows[kind]));
  const isLine = (line: string): boolean => !signs.has(/^ {2}n\d+ ([-=.>x]+)/.exec(line)?.[1] ?? '');
  const source = mermaid.split('\n').filter(isLine).join('\n');
  const drawn = { ...answer, edges: edges.filter((one) => !isAside(one)), mermaid: source };
  return { drawn, aside: edges.filter(isAside) };
}
