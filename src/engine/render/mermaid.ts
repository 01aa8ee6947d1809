import type { GraphEdge, GraphNode } from '../analysis/answers.ts';
import type { Branch } from '../trace/flow.ts';

/** Encodes a label for Mermaid: every character that could mean something becomes a decimal entity, so it is read back literally. */
export function escapeLabel(text: string): string {
  return Array.from(text.slice(0, 120), (char) =>
    /[A-Za-z0-9 ._/-]/.test(char) ? char : `#${char.codePointAt(0)};`,
  ).join('');
}

/** Border colours by kind; the kind stands in words too, so colour is never the only sign. */
const classes: Readonly<Record<GraphNode['kind'], string>> = {
  external: 'stroke:#8b949e,stroke-dasharray:4 3',
  ingress: 'stroke:#d18616',
  service: 'stroke:#2f81f7',
  workload: 'stroke:#3fb950',
  namespace: 'stroke:#a371f7',
  pod: 'stroke:#56d364',
  cidr: 'stroke:#8b949e',
  fold: 'stroke:#6e7681,stroke-dasharray:2 2',
};

const arrows: Readonly<Record<GraphEdge['kind'], string>> = {
  routes: '==>',
  selects: '-->',
  allows: '-.->',
  denies: '--x',
};

/** A topology as a Mermaid flowchart: boxes `n0…` in the order of the nodes, a lane a namespace, rectangles only. */
export function graphMermaid(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string {
  const ids = new Map(nodes.map((node, index) => [node.id, `n${index}`]));
  const lines = ['flowchart LR'];
  const lanes = Map.groupBy(nodes, (node) => node.namespace);
  let lane = 0;
  for (const [namespace, members] of lanes) {
    if (namespace !== '')
      lines.push(`  subgraph s${lane++}["namespace ${escapeLabel(namespace)}"]`, '    direction LR');
    for (const node of members) lines.push(`    ${ids.get(node.id)}["${boxLabel(node)}"]:::${node.kind}`);
    if (namespace !== '') lines.push('  end');
  }
  for (const { from, to, kind, ports } of edges) {
    const source = ids.get(from);
    const target = ids.get(to);
    if (source === undefined || target === undefined) continue;
    const label = kind === 'denies' ? '|denied|' : ports === '' ? '' : `|${escapeLabel(ports)}|`;
    lines.push(`  ${source} ${arrows[kind]}${label} ${target}`);
  }
  const used = new Set(nodes.map((node) => node.kind));
  for (const kind of used) lines.push(`  classDef ${kind} ${classes[kind]},stroke-width:2px`);
  return `${lines.join('\n')}\n`;
}

/** `Deployment ×3<br/>backend`: the kind is the first word. */
function boxLabel({ title, label, replicas, ready }: GraphNode): string {
  const count =
    replicas === undefined ? '' : ready === undefined || ready === replicas ? ` x${replicas}` : ` ${ready}/${replicas}`;
  return `${escapeLabel(title + count)}<br/>${escapeLabel(label)}`;
}

/** One way of a trace: a box a hop, a lane a node. */
export function branchMermaid(branch: Branch, way: 'forward' | 'reverse' = 'forward'): string {
  const hops = branch[way];
  const lines = ['flowchart LR'];
  let lane = 0;
  let open = '';
  for (const [index, hop] of hops.entries()) {
    const { node, namespace, device } = hop.location;
    if (node !== open) {
      if (open !== '') lines.push('  end');
      if (node !== '') lines.push(`  subgraph s${lane++}["${escapeLabel(node)}"]`, '    direction LR');
      open = node;
    }
    const place = device === '' || device === 'eth0' ? namespace : device;
    const marks = hop.steps.map((step) => stepMark(step.kind, step.action)).filter((mark) => mark !== '');
    const text = [place, ...new Set(marks)].map(escapeLabel).join('<br/>');
    const bad = hop.steps.some((step) => step.action === 'denied' || step.action === 'rejected');
    lines.push(`    h${index}["${text}"]:::${bad ? 'denied' : 'hop'}`);
  }
  if (open !== '') lines.push('  end');
  for (let index = 1; index < hops.length; index++) {
    const tunnel = hops[index]?.steps.some((step) => step.before.encapsulation !== undefined) ?? false;
    lines.push(`  h${index - 1} ${tunnel ? '==>' : '-->'} h${index}`);
  }
  lines.push(
    '  classDef hop stroke-width:2px',
    '  classDef denied stroke:#f85149,stroke-width:3px,stroke-dasharray:5 3',
  );
  return `${lines.join('\n')}\n`;
}

function stepMark(kind: string, action: string): string {
  if (action === 'denied' || action === 'rejected') return `✗ ${kind}`;
  if (action === 'not-enforced') return `⚠ ${kind}`;
  return [
    'dnat',
    'snat',
    'un-dnat',
    'un-snat',
    'socket-lb',
    'tunnel-out',
    'proxy-l7',
    'egress-policy',
    'ingress-policy',
  ].includes(kind)
    ? kind
    : '';
}
