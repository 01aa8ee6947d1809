import { t } from '@vscode/l10n';
import type { TraceAnswer, TraceBranchText, TraceRow } from '../analysis/answers.ts';
import type { Evidence, Location } from '../model/resource.ts';
import { refLabel } from '../model/resource.ts';
import type { Branch, ClientSees, Disposition, Hop, Packet, Step, Trace } from '../trace/flow.ts';
import { escapeMarkdown } from './markdown.ts';
import { branchMermaid } from './mermaid.ts';

/** What the words need from the world: the ends as one writes them, and where evidence stands. */
export interface TraceWords {
  readonly from: string;
  readonly to: string;
  readonly locate: (evidence: Evidence) => Location | undefined;
  readonly fixes: TraceAnswer['fixes'];
}

/** The words of a trace, the same for the panel and the terminal. */
export function traceAnswer(trace: Trace, words: TraceWords): TraceAnswer {
  const verdict = verdictOf(trace.disposition);
  const worst = trace.branches.find((one) => verdictOf(one.disposition) !== 'delivered') ?? trace.branches[0];
  const branches = trace.branches.map((one) => branchText(one, words));
  const answer = {
    trace,
    from: words.from,
    to: words.to,
    verdict,
    headline: headline(trace, words),
    reason: worst?.reason ?? '',
    branches,
    blamed: worst === undefined ? [] : blamedOf(worst, words),
    assumptions: trace.assumptions.map(({ text, confirm }) => ({ text, confirm })),
    fixes: words.fixes,
    mermaid: branches[0]?.mermaid ?? '',
  };
  return { ...answer, markdown: traceMarkdown(answer) };
}

/** The objects to look at, each once. */
function blamedOf({ disposition, considered, decidedBy }: Branch, { locate }: TraceWords): TraceAnswer['blamed'] {
  if (verdictOf(disposition) === 'delivered') return [];
  const found = new Map<string, Location>();
  for (const evidence of [...considered, ...decidedBy]) {
    const location = locate(evidence);
    const label = refLabel(evidence.ref);
    if (location !== undefined && !found.has(label)) found.set(label, location);
  }
  return [...found].map(([label, location]) => ({ label, location }));
}

/** The verdict of a disposition, as colour and icon tell it apart. */
export function verdictOf(disposition: Disposition): TraceAnswer['verdict'] {
  switch (disposition) {
    case 'delivered':
    case 'exits-cluster':
      return 'delivered';
    case 'denied-egress':
    case 'denied-ingress':
      return 'denied';
    case 'not-enforced':
      return 'not-enforced';
    case 'insufficient-information':
      return 'unknown';
    case 'mixed':
      return 'mixed';
    default:
      return 'failed';
  }
}

/** The sign that stands before a verdict. */
export function verdictSign(verdict: TraceAnswer['verdict']): string {
  const signs = { delivered: '✓', denied: '✗', failed: '✗', 'not-enforced': '⚠', unknown: '?', mixed: '◑' } as const;
  return signs[verdict];
}

function dispositionText(disposition: Disposition): string {
  const texts: Readonly<Record<Disposition, string>> = {
    delivered: t('Delivered'),
    'denied-egress': t('Denied on the way out'),
    'denied-ingress': t('Denied on the way in'),
    'not-enforced': t('Would be denied, but nothing enforces it'),
    'no-such-name': t('No such name'),
    'no-such-service': t('No such Service'),
    'port-not-exposed': t('The port is not exposed'),
    'no-endpoints': t('No endpoints'),
    'no-local-endpoints': t('No endpoints on this node'),
    'no-route': t('No route'),
    'exits-cluster': t('Leaves the cluster'),
    mixed: t('It depends on the endpoint'),
    'insufficient-information': t('Not known'),
  };
  return texts[disposition];
}

/** What the client's program sees, in words. */
export function clientText(clientSees: ClientSees): string {
  const texts: Readonly<Record<ClientSees, string>> = {
    connected: t('the client is connected'),
    refused: t('the client sees: connection refused'),
    timeout: t('the client sees: time-out'),
    nxdomain: t('the client sees: no such host (NXDOMAIN)'),
    unreachable: t('the client sees: no route to host'),
    'http-404': t('the client sees: HTTP 404'),
    'http-502': t('the client sees: HTTP 502'),
    'http-503': t('the client sees: HTTP 503'),
    'http-504': t('the client sees: HTTP 504'),
    unknown: t('what the client sees is not known'),
  };
  return texts[clientSees];
}

function headline(trace: Trace, { from, to }: TraceWords): string {
  const sign = verdictSign(verdictOf(trace.disposition));
  const isSaid = to.endsWith(`:${trace.port}`) || to.includes('://') || /^[^:]*:[\w-]+$/.test(to);
  const port = trace.port === 0 || isSaid ? '' : `:${trace.port}`;
  return `${sign} ${dispositionText(trace.disposition)} — ${from} → ${to}${port} (${trace.flow.protocol})`;
}

function branchText(branch: Branch, words: TraceWords): TraceBranchText {
  const { destination, probability, masquerade, serverSees, pathMtu, clientSees } = branch;
  const name = destination.pod?.name ?? (destination.ip || t('no address'));
  const percent = `${(100 * probability).toFixed(1)} %`;
  const facts = [
    clientText(clientSees),
    ...(serverSees.ip === '' || !arrives(branch.disposition)
      ? []
      : [t('the server sees {0}', serverSees.ip) + (masquerade ? ` (${t('masqueraded')})` : '')]),
    ...(pathMtu === 0 ? [] : [t('path MTU {0}', pathMtu)]),
  ];
  return {
    label: probability < 1 ? `${name} ${percent}` : name,
    verdict: verdictOf(branch.disposition),
    reason: branch.reason,
    facts: facts.join(' · '),
    forward: rows(branch.forward, words),
    reverse: rows(branch.reverse, words),
    mermaid: branch.forward.length === 0 ? '' : branchMermaid(branch),
    replyMermaid: branch.reverse.length === 0 ? '' : branchMermaid(branch, 'reverse'),
  };
}

/** True where the server sees the client at all. */
function arrives(disposition: Disposition): boolean {
  return disposition === 'delivered' || disposition === 'not-enforced' || disposition === 'exits-cluster';
}

function rows(hops: readonly Hop[], words: TraceWords): readonly TraceRow[] {
  return hops.flatMap((hop) => hop.steps.map((step) => row(hop, step, words)));
}

function row(hop: Hop, step: Step, words: TraceWords): TraceRow {
  return {
    where: placeText(hop.location),
    what: whatChanged(step),
    detail: step.mechanism === '' ? step.why : `${step.why} [${step.mechanism}]`,
    kind: step.kind,
    ok: step.action !== 'denied' && step.action !== 'rejected',
    locations: step.evidence.flatMap((evidence) => {
      const location = words.locate(evidence);
      return location === undefined ? [] : [{ label: refLabel(evidence.ref), location }];
    }),
  };
}

function placeText({ node, namespace, device }: Hop['location']): string {
  if (namespace === 'fabric') return device || t('between the nodes');
  if (namespace === 'external') return t('outside the cluster');
  if (namespace !== 'host') return namespace;
  return [node, device].filter((part) => part !== '').join(' · ') || namespace;
}

function whatChanged({ before, after, kind, action }: Step): string {
  const outer = after.encapsulation;
  if (kind === 'tunnel-out' && outer !== undefined) return `${outer.type.toUpperCase()} ${outer.src} → ${outer.dst}`;
  const from = endText(before, 'dst');
  const to = endText(after, 'dst');
  if (from !== to) return `${from} → ${to}`;
  if (before.src !== after.src) return t('source {0} → {1}', endText(before, 'src'), endText(after, 'src'));
  if (kind === 'egress-policy' || kind === 'ingress-policy' || kind === 'drop' || kind === 'reject')
    return actionText(action);
  return kindText({ kind, action });
}

function actionText(action: Step['action']): string {
  const texts: Readonly<Record<Step['action'], string>> = {
    forwarded: t('forwarded'),
    permitted: t('permitted'),
    denied: t('denied'),
    rejected: t('rejected'),
    transformed: t('changed'),
    encapsulated: t('wrapped'),
    delivered: t('delivered'),
    'not-enforced': t('not enforced'),
    unknown: t('not known'),
  };
  return texts[action];
}

/** What a step does that leaves the addresses as they are. */
function kindText({ kind, action }: Pick<Step, 'kind' | 'action'>): string {
  if (kind === 'resolve' && action === 'rejected') return t('name not resolved');
  const texts: Partial<Record<Step['kind'], string>> = {
    originate: t('sent'),
    resolve: t('name resolved'),
    route: t('routed'),
    bridge: t('bridged'),
    'tunnel-out': t('wrapped'),
    'tunnel-in': t('unwrapped'),
    'proxy-l7': t('proxied'),
    deliver: t('delivered'),
    leave: t('leaves the cluster'),
  };
  return texts[kind] ?? kind;
}

function endText(packet: Packet, end: 'src' | 'dst'): string {
  const ip = packet[end];
  const port = end === 'src' ? packet.sport : packet.dport;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function traceMarkdown(answer: Omit<TraceAnswer, 'markdown'>): string {
  const lines = [`**${escapeMarkdown(answer.headline)}**`, '', escapeMarkdown(answer.reason), ''];
  for (const branch of answer.branches) {
    lines.push(
      `### ${verdictSign(branch.verdict)} ${escapeMarkdown(branch.label)}`,
      '',
      escapeMarkdown(branch.facts),
      '',
    );
    lines.push('| | where | what | why |', '|--:|---|---|---|');
    for (const [index, one] of branch.forward.entries()) {
      lines.push(
        `| ${index + 1} | ${escapeMarkdown(one.where)} | ${escapeMarkdown(one.what)} | ${escapeMarkdown(one.detail)} |`,
      );
    }
    lines.push('');
  }
  if (answer.assumptions.length > 0)
    lines.push(t('Assumed:'), ...answer.assumptions.map((one) => `- ${escapeMarkdown(one.text)}`));
  return `${lines.join('\n')}\n`;
}

/** A trace for a terminal. */
export function traceText(answer: TraceAnswer): string {
  const lines = [answer.headline, answer.reason, ''];
  for (const [number, branch] of answer.branches.entries()) {
    lines.push(
      `${verdictSign(branch.verdict)} ${number + 1}/${answer.branches.length} ${branch.label}: ${branch.facts}`,
    );
    if (branch.reason !== answer.reason) lines.push(`  ${branch.reason}`);
    const all = [
      ...branch.forward.map((one) => ['→', one] as const),
      ...branch.reverse.map((one) => ['←', one] as const),
    ];
    const width = Math.min(34, Math.max(0, ...all.map(([, one]) => one.where.length)));
    const what = Math.min(44, Math.max(0, ...all.map(([, one]) => one.what.length)));
    for (const [way, one] of all)
      lines.push(`  ${way} ${one.where.padEnd(width)}  ${one.what.padEnd(what)}  ${one.detail}`);
    lines.push('');
  }
  lines.push(
    t('Assumed:'),
    ...answer.assumptions.map((one) => `  ${one.text}${one.confirm === '' ? '' : `  (${one.confirm})`}`),
  );
  return `${lines.join('\n')}\n`;
}
