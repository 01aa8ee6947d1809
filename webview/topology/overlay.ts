import { svgElement } from '../element.ts';
import type { Rect } from '../panZoom.ts';

/** How a line that is laid over a picture looks. */
export type OverlayKind = 'may' | 'way' | 'denied' | 'opened' | 'closed';

/** How a line is laid: `markers` is what Mermaid's arrow heads begin with, `others` the boxes that it must not run over. */
export interface Laying {
  readonly kind: OverlayKind;
  readonly markers: string;
  readonly label: string;
  readonly others: readonly Rect[];
}

/** A line from one box to another, with its label in the middle. */
export function overlayLine(from: Rect, to: Rect, { kind, markers, label, others }: Laying): readonly SVGElement[] {
  const stopped = kind === 'denied' || kind === 'closed';
  // What is denied one way may be open the other way: the two lines must not hide each other.
  const straight = curve(from, to, stopped ? 0.3 : 0);
  const { start, bendA, bendB, end } = crosses(straight, others)
    ? (around(from, to, others, stopped ? 12 : -12) ?? straight)
    : straight;
  const path = svgElement('path', {
    d: `M${point(start)} C${point(bendA)} ${point(bendB)} ${point(end)}`,
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
function curve(from: Rect, to: Rect, aside: number): Cubic {
  const apart = isApart(from, to);
  const [right, down] = apart ? [0.5, 0.5 + aside] : [0.5 + aside, 0.5];
  const middle = ({ x, y, width, height }: Rect) => ({ x: x + width * right, y: y + height * down });
  return apart ? across(from, to, middle(from), middle(to)) : along(from, to, middle(from), middle(to));
}

/** True where one box stands beside the other, and not above it. */
function isApart(from: Rect, to: Rect): boolean {
  return from.x + from.width < to.x || to.x + to.width < from.x;
}

function point({ x, y }: Point): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

function crosses({ start, bendA, bendB, end }: Cubic, others: readonly Rect[]): boolean {
  return [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].some((t) => {
    const at = (axis: 'x' | 'y') =>
      (1 - t) ** 3 * start[axis] +
      3 * (1 - t) ** 2 * t * bendA[axis] +
      3 * (1 - t) * t ** 2 * bendB[axis] +
      t ** 3 * end[axis];
    const [x, y] = [at('x'), at('y')];
    return others.some((one) => x > one.x && x < one.x + one.width && y > one.y && y < one.y + one.height);
  });
}

/** A longer way than this around other boxes is harder to follow than a line over one. */
const longestDetour = 220;

/**
 * Around all boxes between the two, on the side where that is shorter: below or above them where one stands beside the
 * other, else left or right of them. It leaves the middles of their sides by `aside`.
 */
function around(from: Rect, to: Rect, others: readonly Rect[], aside: number): Cubic | undefined {
  if (!isApart(from, to)) {
    const turned = around(turn(from), turn(to), others.map(turn), aside);
    return turned && turnCubic(turned);
  }
  const [a, b] = [from.x + from.width / 2 + aside, to.x + to.width / 2 + aside];
  const between = others.filter(({ x, width }) => x < Math.max(a, b) && x + width > Math.min(a, b));
  const bow = (down: 1 | -1): Cubic => {
    const side = ({ y, height }: Rect) => (down > 0 ? y + height : y);
    const [start, end] = [side(from), side(to) + gap * down];
    const sides = [from, to, ...between].map(side);
    const outermost = down > 0 ? Math.max(...sides) : Math.min(...sides);
    // A curve with both bends at one height comes three quarters of the way to it.
    const level = (start + end) / 2 + (outermost + 14 * down - (start + end) / 2) / 0.75;
    return { start: { x: a, y: start }, bendA: { x: a, y: level }, bendB: { x: b, y: level }, end: { x: b, y: end } };
  };
  const depth = ({ start, bendA }: Cubic) => Math.abs(bendA.y - start.y);
  const [best] = [bow(1), bow(-1)].sort((one, two) => depth(one) - depth(two));
  return best === undefined || depth(best) > longestDetour ? undefined : best;
}

/** What is beside is above, for a moment: one way of going around is enough. */
function turn({ x, y, width, height }: Rect): Rect {
  return { x: y, y: x, width: height, height: width };
}

function turnCubic({ start, bendA, bendB, end }: Cubic): Cubic {
  const turned = ({ x, y }: Point): Point => ({ x: y, y: x });
  return { start: turned(start), bendA: turned(bendA), bendB: turned(bendB), end: turned(end) };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Cubic {
  readonly start: Point;
  readonly bendA: Point;
  readonly bendB: Point;
  readonly end: Point;
}

/** A cross or a head needs some room before the border. */
const gap = 9;

/** Between boxes beside each other; `a` and `b` are inside of them, at the height of the ends. */
function across(from: Rect, to: Rect, a: Point, b: Point): Cubic {
  const right = b.x > a.x ? 1 : -1;
  const start = { x: right > 0 ? from.x + from.width : from.x, y: a.y };
  const end = { x: (right > 0 ? to.x : to.x + to.width) - gap * right, y: b.y };
  const bend = Math.max(30, Math.abs(end.x - start.x) / 2) * right;
  return { start, bendA: { x: start.x + bend, y: start.y }, bendB: { x: end.x - bend, y: end.y }, end };
}

/** Between boxes above each other. */
function along(from: Rect, to: Rect, a: Point, b: Point): Cubic {
  const down = b.y > a.y ? 1 : -1;
  const start = { x: a.x, y: down > 0 ? from.y + from.height : from.y };
  const end = { x: b.x, y: (down > 0 ? to.y : to.y + to.height) - gap * down };
  // They are joined by a bow, so that the line does not hide behind those between them.
  const bow = Math.abs(b.y - a.y) > from.height * 2 ? from.width * 0.7 : 0;
  const [bendA, bendB] = [
    { x: start.x - bow, y: start.y + 30 * down },
    { x: end.x - bow, y: end.y - 30 * down },
  ];
  return { start, bendA, bendB, end };
}
