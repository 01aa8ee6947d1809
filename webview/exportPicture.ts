import { svgElement } from './element.ts';

const painted = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'opacity',
  'rx',
  'ry',
] as const;

/**
 * A picture as a file that any program shows: plain colours, no style sheet, and labels as SVG text instead of HTML.
 * `size` is the picture's own, for what is seen of it in the page does not matter.
 */
export function exportedSvg(content: SVGGElement, size: { readonly width: number; readonly height: number }): string {
  const colour = colourReader();
  const line = colour(getComputedStyle(content).getPropertyValue('--pp-line') || 'gray');
  const copy = content.cloneNode(true) as SVGGElement;
  const originals = [...content.querySelectorAll('*')];
  for (const [index, made] of [...copy.querySelectorAll('*')].entries()) {
    const original = originals[index];
    if (original instanceof SVGForeignObjectElement) made.replaceWith(labelAsText(original, colour));
    else if (original instanceof SVGElement) paint(made, getComputedStyle(original), colour, line);
  }
  for (const extra of copy.querySelectorAll('.hit')) extra.remove();
  for (const named of copy.querySelectorAll('[tabindex], [role], [aria-label], [class]'))
    for (const attribute of ['tabindex', 'role', 'aria-label', 'aria-pressed', 'class'])
      named.removeAttribute(attribute);
  copy.removeAttribute('class');
  const background = svgElement('rect', { width: '100%', height: '100%', fill: colour(backgroundOf(content)) });
  const { width, height } = size;
  const svg = svgElement('svg', { viewBox: `0 0 ${width} ${height}`, width, height }, background, copy);
  return new XMLSerializer().serializeToString(svg);
}

function backgroundOf(content: Element): string {
  return getComputedStyle(content).getPropertyValue('--pp-background') || 'white';
}

function paint(made: Element, style: CSSStyleDeclaration, colour: (value: string) => string, line: string): void {
  made.removeAttribute('style');
  for (const name of painted) {
    const value = style.getPropertyValue(name);
    if (value === '' || value === 'auto') continue;
    // Few programs know the colour of a line that an arrow head belongs to.
    if (value.startsWith('context-')) made.setAttribute(name, line);
    else made.setAttribute(name, name === 'fill' || name === 'stroke' ? colour(value) : value);
  }
  if (style.visibility === 'hidden' || style.display === 'none') made.setAttribute('display', 'none');
}

/** The lines of an HTML label at the places where the page shows them. */
function labelAsText(label: SVGForeignObjectElement, colour: (value: string) => string): SVGGElement {
  const toLocal = label.getScreenCTM()?.inverse();
  const group = svgElement('g');
  for (const { text, rect, holder } of linesOf(label.querySelector('p') ?? label)) {
    const style = getComputedStyle(holder);
    const point = new DOMPoint(rect.left + rect.width / 2, rect.top + rect.height / 2).matrixTransform(toLocal);
    group.append(
      svgElement(
        'text',
        {
          x: point.x.toFixed(2),
          y: point.y.toFixed(2),
          fill: colour(style.color),
          'font-family': style.fontFamily,
          'font-size': style.fontSize,
          'font-weight': style.fontWeight,
          'text-anchor': 'middle',
          'dominant-baseline': 'central',
        },
        text,
      ),
    );
  }
  return group;
}

interface Line {
  readonly holder: Element;
  text: string;
  rect: DOMRect;
}

/** Lines as they are seen: characters at one height belong to one line. */
function linesOf(paragraph: Element): readonly Line[] {
  const lines: Line[] = [];
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    let last: Line | undefined;
    let offset = 0;
    for (const char of node.nodeValue ?? '') {
      range.setStart(node, offset);
      offset += char.length;
      range.setEnd(node, offset);
      const rect = range.getBoundingClientRect();
      if (last === undefined || Math.abs(rect.top - last.rect.top) > 2) {
        last = { text: '', rect, holder: node.parentElement ?? paragraph };
        lines.push(last);
      }
      last.text += char;
      last.rect = DOMRect.fromRect({
        x: last.rect.x,
        y: last.rect.y,
        width: Math.max(last.rect.width, rect.right - last.rect.left),
        height: last.rect.height,
      });
    }
  }
  return lines;
}

/** Reads any colour of CSS as `#rrggbb`, or with its transparency. */
function colourReader(): (value: string) => string {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return (value) => {
    if (context === null || value === 'none' || value === '') return value || 'none';
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = '#000';
    context.fillStyle = value.trim();
    context.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 255] = context.getImageData(0, 0, 1, 1).data;
    if (a === 0) return 'none';
    const hex = [r, g, b, ...(a === 255 ? [] : [a])].map((one) => one.toString(16).padStart(2, '0'));
    return `#${hex.join('')}`;
  };
}

/** A picture as PNG of twice its size, in base64. Rejects where the page can't draw it. */
export async function exportedPng(
  svg: string,
  size: { readonly width: number; readonly height: number },
): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  // A canvas is not drawn above some size; 8192 is safe in every Chromium.
  const scale = Math.min(2, 8192 / size.width, 8192 / size.height);
  canvas.width = Math.ceil(size.width * scale);
  canvas.height = Math.ceil(size.height * scale);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
}
