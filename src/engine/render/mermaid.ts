import { t } from '@vscode/l10n';
import type { GraphEdge, GraphNode } from '../analysis/answers.ts';
import { refKey } from '../model/resource.ts';
import type { Branch, Hop, Packet, Step } from '../trace/flow.ts';
import { unseen } from './plain.ts';

/** Longer labels are cut; no name of an object is longer than 253 characters, and a box can't show even that. */
const longestLabel = 120;

/** Stands between the characters that Mermaid would take for a formula or an icon even when they are encoded. */
const joiner = '\u2060';

/**
 * Encodes a label for Mermaid: every character that could mean something there, or in HTML, becomes a decimal entity, so
 * that it is read back literally. Characters that can't be seen become U+FFFD, text of more than 120 characters is cut, and
 * what Mermaid would still read as a formula (`$$`) or an icon (`fa:fa-…`) is parted by a word joiner.
 */
export function escapeLabel(text: string): string {
  if (text.length <= longestLabel && /^[A-Za-z0-9 ./-]*$/.test(text)) return text;
  const chars = Array.from(text, (char) => (unseen.test(char) ? '\uFFFD' : char));
  const shown = chars.length > longestLabel ? [...chars.slice(0, longestLabel - 1), '…'] : chars;
  const parted = shown
    .join('')
    .replace(/\$(?=\$)/g, `$&${joiner}`)
    .replace(/(?<=fa[bklrs]?:)(?=fa-)/g, joiner);
  return Array.from(parted, escapeChar).join('');
}

function escapeChar(char: string): string {
  return /[A-Za-z0-9 ./-]/.test(char) ? char : `#${char.codePointAt(0)};`;
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
    const label = kind === 'denies' ? `|${escapeLabel(t('denied'))}|` : ports === '' ? '' : `|${escapeLabel(ports)}|`;
    lines.push(`  ${source} ${arrows[kind]}${label} ${target}`);
  }
  const used = new Set(nodes.map((node) => node.kind));
  for (const kind of used) lines.push(`  classDef ${kind} ${classes[kind]},stroke-width:2px`);
  return `${lines.join('\n')}\n`;
}

/** `Deployment ×3<br/>backend`: the kind is the first word. */
function boxLabel(node: GraphNode): string {
  return `${escapeLabel(boxTitle(node))}<br/>${escapeLabel(node.label || node.name)}`;
}

/** The first line of a box: kind, and how many there are or are ready: `Deployment ×3`, `Deployment 2/3`. */
export function boxTitle({ title, replicas, ready, kind }: GraphNode): string {
  if (replicas === undefined || kind === 'pod')
    return ready === 0 && kind === 'pod' ? `${title} ${t('not ready')}` : title;
  return ready === undefined || ready === replicas ? `${title} ×${replicas}` : `${title} ${ready}/${replicas}`;
}

/** One way of a trace: a box a hop, a lane a node. A connection that is stopped shows where it wanted to go. */
export function branchMermaid(branch: Branch, way: 'forward' | 'reverse' = 'forward'): string {
  const hops = branch[way];
  const lines = ['flowchart LR'];
  let lane = 0;
  let open = '';
  for (const [index, hop] of hops.entries()) {
    const { node } = hop.location;
    if (node !== open) {
      if (open !== '') lines.push('  end');
      if (node !== '') lines.push(`  subgraph s${lane++}["${escapeLabel(laneTitle(node))}"]`, '    direction LR');
      open = node;
    }
    lines.push(`    h${index}["${hopLines(hop, index, hops).map(escapeLabel).join('<br/>')}"]:::${hopClass(hop)}`);
  }
  if (open !== '') lines.push('  end');
  for (let index = 1; index < hops.length; index++) lines.push(`  h${index - 1} ${arrowTo(hops[index - 1])} h${index}`);
  lines.push(...ghost(branch, way), ...hopClasses.map((one) => `  classDef ${one}`));
  return `${lines.join('\n')}\n`;
}

function laneTitle(node: string): string {
  return node.startsWith('node') ? node : t('node {0}', node);
}

const hopClasses = [
  'hop stroke-width:2px',
  'place stroke:#3fb950,stroke-width:2px',
  'denied stroke:#f85149,stroke-width:3px,stroke-dasharray:5 3',
  'unsure stroke:#d29922,stroke-width:2px,stroke-dasharray:4 3',
  'ghost stroke:#6e7681,stroke-dasharray:4 3',
];

type HopClass = 'hop' | 'place' | 'denied' | 'unsure';

function hopClass({ location, steps }: Hop): HopClass {
  if (steps.some(isStopped)) return 'denied';
  if (steps.some(({ action }) => action === 'not-enforced' || action === 'unknown')) return 'unsure';
  return location.namespace.startsWith('pod ') || location.namespace === 'external' ? 'place' : 'hop';
}

function isStopped({ action }: Step): boolean {
  return action === 'denied' || action === 'rejected';
}

/** An encapsulated packet travels on a thick arrow that names what carries it. */
function arrowTo(hop: Hop | undefined): string {
  const outer = hop?.steps.at(-1)?.after.encapsulation;
  if (outer === undefined) return '-->';
  // Once is enough: on the wire it is still the same packet.
  if (hop?.location.node === '') return '==>';
  const port = outer.port === undefined ? '' : ` UDP ${outer.port}`;
  return `==>|${escapeLabel(outer.type.toUpperCase() + port)}|`;
}

/** The box that a stopped connection never reached. */
function ghost({ destination, ...branch }: Branch, way: 'forward' | 'reverse'): readonly string[] {
  const hops = branch[way];
  const last = hops.at(-1);
  if (way === 'reverse' || last === undefined || !last.steps.some(isStopped)) return [];
  const { pod, ip } = destination;
  if (ip === '' || (pod !== undefined && last.location.namespace === `pod ${pod.namespace}/${pod.name}`)) return [];
  const text = [pod === undefined ? t('destination') : `Pod ${pod.name}`, ip].map(escapeLabel).join('<br/>');
  return [`  ghost["${text}"]:::ghost`, `  h${hops.length - 1} -.-x ghost`];
}

/** The lines of a hop's box: where it is, then what happens to the packet there. */
function hopLines(hop: Hop, index: number, hops: readonly Hop[]): readonly string[] {
  const marks = hop.steps.map(stepMark).filter((mark) => mark !== '');
  const ends = index === 0 ? [hop.steps[0]?.after.src] : index === hops.length - 1 ? [hop.steps.at(-1)?.after.dst] : [];
  const isPod = hop.location.namespace.startsWith('pod ');
  return [hopPlace(hop), ...(isPod ? ends.flatMap((ip) => ip || []) : []), ...new Set(marks)];
}

function hopPlace({ location: { namespace, device, node } }: Hop): string {
  if (namespace.startsWith('pod ')) return `Pod ${namespace.slice(namespace.indexOf('/') + 1)}`;
  if (namespace === 'external') return t('Outside the cluster');
  if (namespace === 'fabric') return device === '' ? t('Between the nodes') : device;
  return device === '' ? node : device;
}

function stepMark(step: Step): string {
  const { kind, action, before, after, evidence, mechanism } = step;
  if (kind === 'egress-policy' || kind === 'ingress-policy') {
    const ref = evidence[0]?.ref;
    // Of policies that isolate together none is to blame alone.
    const together = new Set(evidence.filter((one) => one.ref.kind === ref?.kind).map((one) => refKey(one.ref))).size;
    const name = ref === undefined ? mechanism : together < 2 ? `${ref.kind} ${ref.name}` : `${ref.kind} ×${together}`;
    const sign = { denied: '✗', rejected: '✗', 'not-enforced': '⚠', unknown: '?' }[action as string] ?? '✓';
    return `${sign} ${name}`;
  }
  if (action === 'denied' || action === 'rejected') return `✗ ${kind}`;
  if (action === 'not-enforced') return `⚠ ${kind}`;
  if (kind === 'resolve') return 'DNS';
  if (kind === 'dnat' || kind === 'socket-lb') return changed('DNAT', before, after);
  if (kind === 'un-dnat' || kind === 'snat' || kind === 'un-snat')
    return changed(kind.replace('nat', 'NAT'), before, after);
  return kind === 'proxy-l7' ? t('HTTP proxy') : '';
}

/** `DNAT → 10.244.2.5:9376`: only what the packet has become, for the table below tells the rest. */
function changed(word: string, before: Packet, after: Packet): string {
  if (before.dst !== after.dst || before.dport !== after.dport) return `${word} → ${address(after.dst, after.dport)}`;
  if (before.src !== after.src) return `${word} ← ${address(after.src, after.sport)}`;
  return word;
}

function address(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
