import type { Rect } from '../panZoom.ts';

/** A box's rectangle in the measure of the whole content, whatever groups it stands in. */
export function rectIn(content: SVGGElement, box: SVGGElement): Rect {
  const shape = box.querySelector<SVGGraphicsElement>(':scope > rect') ?? box;
  const { x, y, width, height } = shape.getBBox();
  const matrix = content
    .getScreenCTM()
    ?.inverse()
    .multiply(shape.getScreenCTM() ?? new DOMMatrix());
  const a = new DOMPoint(x, y).matrixTransform(matrix);
  const b = new DOMPoint(x + width, y + height).matrixTransform(matrix);
  return { x: a.x, y: a.y, width: b.x - a.x, height: b.y - a.y };
}

/** The smallest rectangle around two. */
export function union(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
