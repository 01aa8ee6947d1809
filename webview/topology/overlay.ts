import { svgElement } from '../element.ts';
import type { Rect } from '../panZoom.ts';

/** How a line that is laid over a picture looks. */
export type OverlayKind = 'may' | 'way' | 'denied' | 'opened' | 'closed';

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
    d: curve(from, to, stopped ? 0.3 : 0),
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

/** A curve between the sides of two boxes that face each other, `aside` of their middles by this share of the sides. */
function curve(from: Rect, to: Rect, aside: number): string {
  const apart = from.x + from.width < to.x || to.x + to.width < from.x;
  const [right, down] = apart ? [0.5, 0.5 + aside] : [0.5 + aside, 0.5];
  const middle = ({ x, y, width, height }: Rect) => ({ x: x + width * right, y: y + height * down });
  return apart ? across(from, to, middle(from), middle(to)) : along(from, to, middle(from), middle(to));
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A cross or a head needs some room before the border. */
const gap = 9;

/** Between boxes beside each other; `a` and `b` are inside of them, at the height of the ends. */
function across(from: Rect, to: Rect, a: Point, b: Point): string {
  const right = b.x > a.x ? 1 : -1;
  const start = { x: right > 0 ? from.x + from.width : from.x, y: a.y };
  const end = { x: (right > 0 ? to.x : to.x + to.width) - gap * right, y: b.y };
  const bend = Math.max(30, Math.abs(end.x - start.x) / 2) * right;
  return `M${start.x},${start.y} C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x},${end.y}`;
}

/** Between boxes above each other. */
function along(from: Rect, to: Rect, a: Point, b: Point): string {
  const down = b.y > a.y ? 1 : -1;
  const start = { x: a.x, y: down > 0 ? from.y + from.height : from.y };
  const end = { x: b.x, y: (down > 0 ? to.y : to.y + to.height) - gap * down };
  // They are joined by a bow, so that the line does not hide behind those between them.
  const bow = Math.abs(b.y - a.y) > from.height * 2 ? from.width * 0.7 : 0;
  return `M${start.x},${start.y} C${start.x - bow},${start.y + 30 * down} ${end.x - bow},${end.y - 30 * down} ${end.x},${end.y}`;
}
