import { svgElement } from '../element.ts';
import type { Rect } from '../panZoom.ts';

/** How a line that is laid over a picture looks. */
export type OverlayKind = 'may' | 'denied' | 'opened' | 'closed';

/** A line from one box to another, with its label in the middle. `markers` is what Mermaid's arrow heads begin with. */
export function overlayLine(
  from: Rect,
  to: Rect,
  kind: OverlayKind,
  markers: string,
  label: string,
): readonly SVGElement[] {
  const stopped = kind === 'denied' || kind === 'closed';
  const path = svgElement('path', {
    // What is denied one way may be open the other way: the two lines must not hide each other.
    d: curve(stopped ? lower(from) : from, stopped ? lower(to) : to),
    class: `overlay-line ${kind}`,
    'marker-end': `url(#${markers}_flowchart-v2-${stopped ? 'crossEnd' : 'pointEnd'})`,
  });
  return label === '' ? [path] : [path, labelOn(path, label)];
}

/** A label in the middle of a path. */
export function labelOn(path: SVGPathElement, label: string): SVGTextElement {
  const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
  return svgElement('text', { x: x.toFixed(1), y: (y - 4).toFixed(1), class: 'overlay-label' }, label);
}

/** A curve between the sides of two boxes that face each other. */
function curve(from: Rect, to: Rect): string {
  const a = { x: from.x + from.width / 2, y: from.y + from.height / 2 };
  const b = { x: to.x + to.width / 2, y: to.y + to.height / 2 };
  const apart = from.x + from.width < to.x || to.x + to.width < from.x;
  // A cross or a head needs some room before the border.
  const gap = 9;
  if (apart) {
    const right = b.x > a.x ? 1 : -1;
    const start = { x: a.x + (right * from.width) / 2, y: a.y };
    const end = { x: b.x - right * (to.width / 2 + gap), y: b.y };
    const bend = Math.max(30, Math.abs(end.x - start.x) / 2) * right;
    return `M${start.x},${start.y} C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x},${end.y}`;
  }
  const down = b.y > a.y ? 1 : -1;
  const start = { x: a.x, y: a.y + (down * from.height) / 2 };
  const end = { x: b.x, y: b.y - down * (to.height / 2 + gap) };
  // Boxes above each other are joined by a bow, so that the line does not hide behind those between them.
  const bow = Math.abs(b.y - a.y) > from.height * 2 ? from.width * 0.7 : 0;
  return `M${start.x},${start.y} C${start.x - bow},${start.y + 30 * down} ${end.x - bow},${end.y - 30 * down} ${end.x},${end.y}`;
}

function lower(rect: Rect): Rect {
  return { ...rect, y: rect.y + rect.height * 0.3, height: rect.height };
}
