import { svgElement } from './element.ts';

/** Our own line icons, on a grid of 16. */
const paths = {
  play: 'M4.5 3l8 5-8 5z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M10.3 10.3 14 14',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M6 6h4v4H6z',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  down: 'M4 6l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  list: 'M5.5 4H14M5.5 8H14M5.5 12H14M2 4h1M2 8h1M2 12h1',
  map: 'M2 3.5h12v9H2zM8.5 8h4v3h-4z',
  pin: 'M6 2h4l-.5 4.5L12 9H4l2.5-2.5zM8 9v5',
  open: 'M3 2.5h6l4 4v7H3zM9 2.5v4h4',
  trace:
    'M2 12.5a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0M11 3.5a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0M5 12.5h4.5a2 2 0 0 0 2-2V5',
  topology: 'M2 3h4v3H2zM10 10h4v3h-4zM10 2h4v3h-4zM6 4.5h2v7h2M8 3.5h2',
  swap: 'M3 5.5h9M9.5 3 12 5.5 9.5 8M13 10.5H4M6.5 8 4 10.5 6.5 13',
  edit: 'M3 13l.7-3L11 2.7 13.3 5 6 12.3zM9.5 4.2l2.3 2.3',
  wrench: 'M13.5 4.5a3.5 3.5 0 0 1-4.6 4.4L4.5 13.3a1.3 1.3 0 0 1-1.8-1.8L7.1 7.1a3.5 3.5 0 0 1 4.4-4.6L9.4 4.6l2 2z',
  delivered: 'M3 8.5l3.2 3.2L13 4.5',
  denied: 'M4 4l8 8M12 4l-8 8',
  failed: 'M8 2.5l6 11H2zM8 6.5v3.2M8 11.4v.8',
  unknown: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9 8 10M8 12v1',
  'not-enforced': 'M8 1.8l5 2v4c0 3.2-2.2 5.2-5 6.4-2.8-1.2-5-3.2-5-6.4v-4zM3 13.5 13.5 2.5',
  mixed: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** An icon in the text's colour. Screen readers pass over it: a word always stands beside it, or a label on its button. */
export function icon(name: IconName): SVGSVGElement {
  const path = svgElement('path', { d: paths[name] });
  return svgElement('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, path);
}
