import type { GraphAnswer } from '../../src/engine/index.ts';

/** The source to draw: without the colours, which the page's theme gives, and the arrows' labels, which selecting shows. */
export function forDrawing(source: string): string {
  return source
    .split('\n')
    .filter((line) => !/^\s*classDef /.test(line))
    .map((line) => line.replace(/^(\s*n\d+ [-=.>x]+)\|[^|]*\| /, '$1 '))
    .join('\n');
}

/** True where two answers differ in nothing that moves a box: counts, verdicts and problems may. */
export function sameStructure(one: GraphAnswer, other: GraphAnswer): boolean {
  return structure(one) === structure(other);
}

function structure({ nodes, edges }: GraphAnswer): string {
  return JSON.stringify([
    nodes.map(({ id, kind, namespace, label, title }) => [id, kind, namespace, label, title]),
    edges.map(({ from, to, kind }) => [from, to, kind]),
  ]);
}

/** The ids that Mermaid gives the arrows of an answer, in their order: `L_n0_n3_0`, counted where two boxes have several. */
export function arrowIds({ nodes, edges }: GraphAnswer): readonly string[] {
  const places = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const counts = new Map<string, number>();
  return edges.map(({ from, to }) => {
    const pair = `L_${places.get(from)}_${places.get(to)}`;
    const count = counts.get(pair) ?? 0;
    counts.set(pair, count + 1);
    return `${pair}_${count}`;
  });
}
