import type { Mermaid } from 'mermaid';
import { element, svgElement } from './element.ts';

/** A drawing in the page, before anything is laid over it. */
export interface Picture {
  readonly svg: SVGSVGElement;
  /** What pan and zoom move. */
  readonly viewport: SVGGElement;
  /** What was drawn, in its own measure. */
  readonly content: SVGGElement;
  readonly width: number;
  readonly height: number;
  /** Boxes by their id in the source: `n0`, `h3`. */
  readonly boxes: ReadonlyMap<string, SVGGElement>;
}

/** How a picture differs from another: the first line of a box's label is its kind (`small`) or its name (`b`). */
export interface PictureLook {
  readonly firstLine: 'small' | 'b';
  /** Between boxes that follow each other, in pixels. */
  readonly rankSpacing: number;
  readonly padding: number;
}

let loading: Promise<Mermaid> | undefined;
let drawn = 0;

/** Mermaid comes with the first picture; pages without one never load it. */
async function load(): Promise<Mermaid> {
  loading ??= import('mermaid').then((module) => module.default);
  return loading;
}

/**
 * Draws a flowchart. `place` must be in the page and have the class `picture`, for labels are measured in it. Rejects where
 * Mermaid can't draw the source; callers count boxes before, and show a list instead.
 */
export async function drawPicture(
  source: string,
  place: HTMLElement,
  name: string,
  look: PictureLook,
): Promise<Picture> {
  const mermaid = await load();
  const style = getComputedStyle(place);
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    layout: 'dagre',
    look: 'classic',
    theme: 'base',
    htmlLabels: true,
    fontFamily: style.fontFamily,
    themeVariables: { fontFamily: style.fontFamily, fontSize: style.fontSize },
    flowchart: {
      htmlLabels: true,
      curve: 'basis',
      nodeSpacing: 26,
      rankSpacing: look.rankSpacing,
      padding: look.padding,
      wrappingWidth: 260,
      minNodeWidth: 80,
      subGraphTitleMargin: { top: 6, bottom: 4 },
    },
  });
  drawn += 1;
  const id = `picture${drawn}`;
  const bench = element('div', { class: 'measuring', 'aria-hidden': 'true' });
  place.append(bench);
  try {
    const { svg } = await mermaid.render(id, emphasised(source, look.firstLine), bench);
    return adopt(svg, id, name);
  } finally {
    bench.remove();
  }
}

/** Makes ours of what Mermaid drew: no styles but the page's, nothing that could load or run, one group to move. */
function adopt(markup: string, id: string, name: string): Picture {
  const parsed = new DOMParser().parseFromString(markup, 'text/html').querySelector('svg');
  if (parsed === null) throw new Error('Mermaid drew nothing.');
  const svg = document.importNode(parsed, true);
  keepHarmless(svg);
  asWritten(svg);
  const { width, height } = svg.viewBox.baseVal;
  const content = svgElement('g', { class: 'content', id: `${id}-content` });
  content.append(...svg.childNodes);
  const viewport = svgElement('g', { class: 'viewport' }, content);
  for (const attribute of ['style', 'viewBox', 'width', 'height', 'aria-roledescription'])
    svg.removeAttribute(attribute);
  svg.setAttribute('role', 'group');
  svg.setAttribute('aria-label', name);
  svg.append(viewport);
  return { svg, viewport, content, width, height, boxes: boxesOf(content, id) };
}

const harmless = new Set(
  'svg g path rect polygon circle line ellipse marker defs text tspan foreignobject div span p br small b'.split(' '),
);

/** Labels are encoded, Mermaid sanitises, the page's policy forbids; this is the last of the four. */
function keepHarmless(svg: SVGSVGElement): void {
  for (const inner of [...svg.querySelectorAll('*')]) {
    if (!harmless.has(inner.localName.toLowerCase())) {
      inner.remove();
      continue;
    }
    for (const { name, value } of [...inner.attributes]) {
      if (name.startsWith('on') || name.endsWith('href') || (name === 'style' && value.includes('url(')))
        inner.removeAttribute(name);
    }
  }
}

/** Word joiners part what Mermaid would read as a formula or an icon; labels are shown without them. */
function asWritten(svg: SVGSVGElement): void {
  const walker = document.createTreeWalker(svg, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode())
    if (node.data.includes('\u2060')) node.data = node.data.replaceAll('\u2060', '');
}

function boxesOf(content: SVGGElement, id: string): ReadonlyMap<string, SVGGElement> {
  const boxes = new Map<string, SVGGElement>();
  for (const box of content.querySelectorAll<SVGGElement>('g.node')) {
    const match = /-flowchart-(\w+)-\d+$/.exec(box.id);
    if (match?.[1] !== undefined && box.id.startsWith(id)) boxes.set(match[1], box);
  }
  return boxes;
}

/** The label of every box of a source as Mermaid will show it, line by line, by the box's id. */
export function labelsOf(source: string): ReadonlyMap<string, readonly string[]> {
  const labels = new Map<string, readonly string[]>();
  for (const [, id = '', label = ''] of source.matchAll(/^\s*(\w+)\["([^"\n]*)"\]/gm)) {
    labels.set(id, label.split('<br/>').map(decoded));
  }
  return labels;
}

/**
 * Marks the first line of every label. It can't be left to a style sheet: Chromium measures a label with `::first-line` as if
 * all of its lines were in that style.
 */
function emphasised(source: string, tag: PictureLook['firstLine']): string {
  return source.replace(/^(\s*\w+\[")([^"\n]*?)(<br\/>|"\])/gm, (line, start: string, first: string, rest: string) =>
    /^\s*s\d/.test(line) ? line : `${start}<${tag}>${first}</${tag}>${rest}`,
  );
}

function decoded(text: string): string {
  return text.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll('\u2060', '');
}
