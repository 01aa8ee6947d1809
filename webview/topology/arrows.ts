import type { GraphAnswer, GraphEdge } from '../../src/engine/index.ts';
import { svgElement } from '../element.ts';
import { arrowIds } from './drawing.ts';

/** An arrow in the page with what it stands for. */
export interface Arrow {
  readonly edge: GraphEdge;
  readonly path: SVGPathElement;
}

/** The arrows in the page, each with a wide invisible twin that is easy to point at. */
export function arrowsOf(answer: GraphAnswer, content: SVGGElement): readonly Arrow[] {
  const paths = new Map(
    [...content.querySelectorAll<SVGPathElement>('path.flowchart-link')].map((path) => [
      path.id.slice(path.id.indexOf('L_')),
      path,
    ]),
  );
  const arrows: Arrow[] = [];
  for (const [index, id] of arrowIds(answer).entries()) {
    const path = paths.get(id);
    const edge = answer.edges[index];
    if (path === undefined || edge === undefined) continue;
    path.classList.add(`edge-${edge.kind}`);
    path.after(svgElement('path', { d: path.getAttribute('d') ?? '', class: 'hit', 'data-arrow': arrows.length }));
    arrows.push({ edge, path });
  }
  return arrows;
}
