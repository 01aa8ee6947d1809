import { svgElement } from '../element.ts';
import { problemsText } from './words.ts';

/** A number at a box's corner: how many problems it has. */
export function badge(box: SVGGElement, problems: number): void {
  box.querySelector('.problem-badge')?.remove();
  const shape = box.querySelector<SVGRectElement>(':scope > rect');
  if (problems === 0 || shape === null) return;
  const { x, y, width } = shape.getBBox();
  box.append(
    svgElement(
      'g',
      { class: 'problem-badge', transform: `translate(${x + width - 3} ${y + 3})` },
      svgElement('title', {}, problemsText(problems)),
      svgElement('circle', { r: 8 }),
      svgElement('text', { y: 3.5 }, problems > 9 ? '9+' : `${problems}`),
    ),
  );
}
