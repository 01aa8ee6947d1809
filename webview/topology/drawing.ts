import type { GraphAnswer } from '../../src/engine/index.ts';

/**
 * The source to draw: without the colours, which the page's theme gives, and the arrows' labels, which selecting shows.
 * Boxes that nothing joins stand in rows instead of one long column.
 */
export function forDrawing({ mermaid, nodes, edges }: GraphAnswer): string {
  const lines = mermaid
    .trimEnd()
    .split('\n')
    .filter((line) => !/^\s*classDef /.test(line))
    .map((line) => line.replace(/^(\s*n\d+ [-=.>x]+)\|[^|]*\| /, '$1 '));
  return [...lines, ...rows(nodes, edges)].join('\n');
}

/** Invisible links that put the boxes of a lane that nothing joins into rows. Boxes are about three times as wide as high. */
function rows(nodes: GraphAnswer['nodes'], edges: GraphAnswer['edges']): readonly string[] {
  const joined = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const placed = nodes.map(({ id, namespace }, index) => ({ id, namespace, place: `n${index}` }));
  const lanes = Map.groupBy(
    placed.filter(({ id }) => !joined.has(id)),
    ({ namespace }) => namespace,
  );
  return [...lanes.values()].flatMap((alone) => {
    const columns = Math.ceil(Math.sqrt(alone.length / 2));
    return alone.flatMap(({ place }, index) =>
      index % columns === 0 ? [] : [`  ${alone[index - 1]?.place} ~~~ ${place}`],
    );
  });
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
