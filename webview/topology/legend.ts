import { t } from '@vscode/l10n';
import type { GraphAnswer, GraphEdge, GraphNode } from '../../src/engine/index.ts';
import { element, svgElement } from '../element.ts';
import { edgeKindText } from './words.ts';

/** What the borders and lines of a picture mean; only those that are on it. */
export function legend(answer: GraphAnswer, open: boolean, onToggle: (open: boolean) => void): HTMLElement {
  const nodeKinds = [...new Set(answer.nodes.map(({ kind }) => kind))];
  // What may connect is also laid over the picture for the selected box.
  const edgeKinds = [...new Set([...answer.edges.map(({ kind }) => kind), 'allows' as const])];
  const rows = [
    ...nodeKinds.map((kind) => row(box(kind), nodeText(kind))),
    ...edgeKinds.map((kind) => row(line(kind), edgeKindText(kind))),
    row(line('denies'), t('may not reach the selected box')),
  ];
  const root = element(
    'details',
    { class: 'legend picture', open },
    element('summary', {}, t('Legend')),
    element('ul', {}, ...rows),
  );
  root.addEventListener('toggle', () => onToggle(root.open));
  return root;
}

function row(sign: SVGElement, text: string): HTMLElement {
  return element('li', {}, sign, element('span', {}, text));
}

function box(kind: GraphNode['kind']): SVGSVGElement {
  const shape = svgElement('g', { class: `node ${kind}` }, svgElement('rect', { x: 1, y: 2, width: 26, height: 10 }));
  return svgElement('svg', { viewBox: '0 0 28 14', class: 'sign', 'aria-hidden': 'true' }, shape);
}

function line(kind: GraphEdge['kind']): SVGSVGElement {
  const patterns: Partial<Record<GraphEdge['kind'], string>> = {
    routes: 'edge-thickness-thick',
    allows: 'edge-pattern-dotted',
  };
  const pattern = patterns[kind] ?? '';
  const path = svgElement('path', { d: 'M1 7H27', class: `flowchart-link edge-${kind} ${pattern}` });
  const cross = kind === 'denies' && svgElement('path', { d: 'M18 3l8 8M26 3l-8 8', class: 'flowchart-link cross' });
  return svgElement('svg', { viewBox: '0 0 28 14', class: 'sign', 'aria-hidden': 'true' }, path, cross);
}

function nodeText(kind: GraphNode['kind']): string {
  const texts: Readonly<Record<GraphNode['kind'], string>> = {
    external: t('outside'),
    ingress: t('Ingress or Gateway'),
    service: t('Service'),
    workload: t('workload'),
    namespace: t('namespace'),
    pod: t('pod'),
    cidr: t('address range'),
    fold: t('folded: press to open'),
  };
  return texts[kind];
}
