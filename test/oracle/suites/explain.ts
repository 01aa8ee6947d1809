import {
  buildSnapshot,
  Derived,
  type Evidence,
  explainPair,
  networkViews,
  type PolicyDecision,
  type PolicyEnd,
  type PortRange,
} from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';
import { assumptionsOf, type CorpusCase, readResources } from './corpus.ts';
import { controllerName, controllerPod, controllerPorts } from './ingressController.ts';

interface ExplainRow {
  readonly src: string;
  readonly dst: string;
  readonly network?: string;
  readonly verdicts: readonly {
    readonly verdict: 'allowed' | 'denied';
    readonly conn: string;
    readonly reasons: readonly {
      readonly direction: 'egress' | 'ingress';
      readonly by: readonly { readonly policy_kind?: string; readonly policy?: string }[];
    }[];
  }[];
}

/** Compares, port by port, the verdict of each pair and the policies that decide it in each direction. */
export function runExplain(suite: string, one: CorpusCase): CaseResult {
  const resources = [...readResources(`${one.folder}/manifests`), ...controllerPod];
  const derived = new Derived(buildSnapshot({ scope: one.id, resources, assume: assumptionsOf(suite) }));
  const rows = (one.expected.connections ?? []) as readonly ExplainRow[];
  const byDefault = (one.expected.all_connections_by_system_default ?? []) as readonly ExplainRow[];
  const wrong: string[] = [];
  const answer = [...rows, ...byDefault].map((row) => {
    const groups = explainRow(networkOf(derived, row), row);
    const expected = row.verdicts ?? [{ verdict: 'allowed' as const, conn: 'All Connections', reasons: [] }];
    for (const verdict of expected) wrong.push(...compare(row, verdict, groups));
    return { src: row.src, dst: row.dst, verdicts: groups };
  });
  const outcome =
    wrong.length === 0 ? 'agree' : wrong.every((text) => text.includes('unknown')) ? 'not-modelled' : 'disagree';
  return { case: one.id, outcome, why: wrong.slice(0, 3).join(' | '), answer: { connections: answer } };
}

/** Where policies of another network decide, the row is about the one that both are on; the peer does not always name it. */
function networkOf(derived: Derived, row: ExplainRow): Derived {
  const by = (row.verdicts ?? []).flatMap(({ reasons }) => reasons).flatMap((one) => one.by);
  if (!by.some((one) => one.policy_kind === 'MultiNetworkPolicy')) return derived;
  const views = networkViews(derived).map((one) => one.derived);
  return views.find((view) => [row.src, row.dst].every((end) => endOf(view, end) !== undefined)) ?? derived;
}

interface Group {
  readonly verdict: string;
  readonly ports: readonly PortRange[];
  readonly egress: readonly string[];
  readonly ingress: readonly string[];
}

function explainRow(derived: Derived, { src, dst }: ExplainRow): readonly Group[] {
  const [source, destination] = [endOf(derived, src), endOf(derived, dst)];
  if (source === undefined || destination === undefined) return [];
  const reached = src === '{ingress-controller}' ? controllerPorts(derived.snapshot, derived.matrix, dst) : undefined;
  return explainPair(derived, source, destination).flatMap(({ ports, decision }) => {
    const { action, egress, ingress } = decision;
    const group = { egress: policiesOf(egress), ingress: policiesOf(ingress) };
    if (reached === undefined) return [{ ...group, ports, verdict: verdictOf(action) }];
    // What no route leads to is closed to the controller, whatever policies say.
    const set = derived.matrix.ports.of(ports);
    const open = derived.matrix.ports.intersection(set, reached);
    return [
      { ...group, ports: derived.matrix.ports.ranges(open), verdict: verdictOf(action) },
      { ...group, ports: derived.matrix.ports.ranges(derived.matrix.ports.difference(set, open)), verdict: 'denied' },
    ];
  });
}

function verdictOf(action: PolicyDecision['action']): string {
  return action === 'allow' ? 'allowed' : action === 'deny' ? 'denied' : 'unknown';
}

function policiesOf({ decidedBy, passed = [] }: PolicyDecision['egress']): readonly string[] {
  return [...new Set([...passed, ...decidedBy].map(nameOf))].sort();
}

function nameOf({ ref }: Evidence): string {
  return `${ref.kind} ${ref.namespace === '' ? '' : `${ref.namespace}/`}${ref.name}`;
}

function endOf({ snapshot }: Derived, text: string): PolicyEnd | undefined {
  const range = /^(\d+\.\d+\.\d+\.\d+)-/.exec(text);
  if (range?.[1] !== undefined) return { kind: 'address', ip: range[1] };
  const name = text === '{ingress-controller}' ? controllerName : text;
  const workload = snapshot.workloads.find(({ ref }) => `${ref.namespace}/${ref.name}[${ref.kind}]` === name);
  const pod = workload?.pods[0];
  return pod === undefined ? undefined : { kind: 'pod', pod };
}

const routes = new Set(['Ingress', 'Route', undefined]);
const networks = new Set(['UDN', 'CUDN', 'UserDefinedNetwork', 'ClusterUserDefinedNetwork']);

function compare(
  row: ExplainRow,
  expected: ExplainRow['verdicts'][number],
  groups: readonly Group[],
): readonly string[] {
  const pair = `${row.src} => ${row.dst}`;
  const wanted = rangesOf(expected.conn);
  const isNetwork = expected.reasons.some(({ by }) => by.some((one) => networks.has(one.policy_kind ?? '')));
  return wanted.flatMap((range) => {
    const covering = groups.filter(({ ports }) => ports.some((one) => overlaps(one, range)));
    if (covering.length === 0) return [`${pair}: no answer for ${range.protocol} ${range.from}`];
    return covering.flatMap((group) => {
      if (group.verdict !== expected.verdict)
        return [`${pair}: ${expected.conn} ${expected.verdict}, ours ${group.verdict}`];
      return isNetwork ? [] : comparePolicies(pair, expected, group);
    });
  });
}

function comparePolicies(pair: string, { reasons }: ExplainRow['verdicts'][number], group: Group): readonly string[] {
  return (['egress', 'ingress'] as const).flatMap((direction) => {
    const by = reasons.filter((one) => one.direction === direction).flatMap((one) => one.by);
    const theirs = by.filter((one) => !routes.has(one.policy_kind)).map((one) => `${one.policy_kind} ${one.policy}`);
    const [want, have] = [[...new Set(theirs)].sort().join(', '), group[direction].join(', ')];
    return want === have ? [] : [`${pair} ${direction}: ${want || 'default'}, ours ${have || 'default'}`];
  });
}

function overlaps(a: PortRange, b: PortRange): boolean {
  return a.protocol === b.protocol && a.from <= b.to && b.from <= a.to;
}

function rangesOf(conn: string): readonly PortRange[] {
  if (conn === 'All Connections') return rangesOf('SCTP 1-65535;TCP 1-65535;UDP 1-65535');
  return conn.split(';').flatMap((part) => {
    const [protocol = 'TCP', ports = ''] = part.trim().split(' ');
    return ports.split(',').map((one) => {
      const [from = '', to = from] = one.split('-');
      return { protocol: protocol as PortRange['protocol'], from: Number(from), to: Number(to) };
    });
  });
}
