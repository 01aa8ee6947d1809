import {
  buildSnapshot,
  type Connection,
  type Connectivity,
  ConnectivityMatrix,
  compilePolicies,
  connectivity,
  Derived,
  finish,
  formatPortRanges,
  type NetworkView,
  networkConnectivity,
  networkViews,
  PolicySet,
  parseIp,
  type Snapshot,
} from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';
import { assumptionsOf, type CorpusCase, type ExpectedConnection, readResources } from './corpus.ts';
import { controllerName, controllerNamespace, controllerPod, controllerRows } from './ingressController.ts';

/** Compares whole connection lists in both directions, after a common refinement of the external ranges. */
export function runConnlist(suite: string, one: CorpusCase): CaseResult {
  const assume = assumptionsOf(suite);
  const resources = [...readResources(`${one.folder}/manifests`), ...controllerPod];
  const snapshot = buildSnapshot({ scope: one.id, resources, assume });
  const policies = new PolicySet(snapshot, compilePolicies(snapshot), {
    ipBlockMatchesPods: assume.ipBlockMatchesPods ?? false,
    networksMatchPods: assume.ipBlockMatchesPods ?? true,
    hostNetworkPolicy: assume.hostNetworkPolicy ?? 'ignored',
  });
  const matrix = new ConnectivityMatrix(snapshot, policies);
  const list = finish(connectivity(matrix));
  const options = one.expected.options ?? {};
  const isPods = options['analysis'] === 'pod-matrix';
  const connections = list.connections.filter((row) => [row.from, row.to].every((end) => isCompared(end)));
  const rows = isPods ? podRows(snapshot, matrix) : [...connections.map(toRow), ...controllerRows(snapshot, matrix)];
  const unknown = list.unknown.filter((row) => [row.from, row.to].every((end) => isCompared(end)));
  // With several networks a pair has a row for each of those beside the cluster's own, too.
  const beside = options['multipleNetworks'] === true ? networkViews(new Derived(snapshot)).map(networkRows) : [];
  const focused = applyFocus([...rows, ...beside.flatMap((one) => one.rows)], options);
  const expected = (one.expected.connections ?? []) as readonly ExpectedConnection[];
  const wrong = compare(focused, expected);
  unknown.push(...beside.flatMap((one) => one.unknown));
  const outcome = unknown.length > 0 ? 'not-modelled' : wrong.length === 0 ? 'agree' : 'disagree';
  const why = unknown.length > 0 ? `unknown: ${unknown[0]?.from} to ${unknown[0]?.to}` : wrong.slice(0, 3).join(' | ');
  return { case: one.id, outcome, why, answer: { connections: focused } };
}

/** Not the stand-in for the controller, which has rows of its own, and no IPv6, which the peer does not know. */
export function isCompared(end: string): boolean {
  return end !== controllerName && !/^[0-9a-f:]+-[0-9a-f:]+$/.test(end);
}

function toRow({ from, to, ports }: Connection): ExpectedConnection {
  const text = formatPortRanges(ports, 'All Connections').replaceAll('; ', ';');
  return { src: from, dst: to, conn: text };
}

function networkRows(view: NetworkView): { rows: readonly ExpectedConnection[]; unknown: Connectivity['unknown'] } {
  const { connections, unknown } = finish(networkConnectivity(view));
  return { rows: connections.map((one) => ({ ...toRow(one), network: `secondary NAD ${view.name}` })), unknown };
}

/** Every pair of pods, self included, with a row for those that may not connect. */
function podRows(snapshot: Snapshot, matrix: ConnectivityMatrix): readonly ExpectedConnection[] {
  const ends = snapshot.workloads
    .filter((one) => !one.system && one.ref.namespace !== controllerNamespace)
    .flatMap(({ pods }) => pods)
    .flatMap((pod) => {
      const end = matrix.ends.find((one) =>
        one.name.endsWith('[Pod]') ? one.podClass.pod === pod : one.workload.pods.includes(pod),
      );
      return end === undefined ? [] : [{ name: `${pod.ref.namespace}/${pod.ref.name}`, end }];
    });
  return ends.flatMap((from) =>
    ends.map((to): ExpectedConnection => {
      // A pod always reaches itself.
      const set = from === to ? matrix.ports.all : (matrix.allowed(from.end, to.end) ?? matrix.ports.none);
      const conn =
        set === matrix.ports.none ? 'No Connections' : formatPortRanges(matrix.ports.ranges(set), 'All Connections');
      return { src: from.name, dst: to.name, conn: conn.replaceAll('; ', ';') };
    }),
  );
}

const range = /^(\d+\.\d+\.\d+\.\d+)-(\d+\.\d+\.\d+\.\d+)$/;

function bounds(end: string): readonly [bigint, bigint] | undefined {
  const match = range.exec(end);
  const first = match && parseIp(match[1] ?? '');
  const last = match && parseIp(match[2] ?? '');
  return first && last ? [first.value, last.value] : undefined;
}

function rangeCuts(end: string): bigint[] {
  const pair = bounds(end);
  return pair === undefined ? [] : [pair[0], pair[1] + 1n];
}

/** What either list has and the other has not, in words, with every external range cut at all the cuts of both. */
export function compare(ours: readonly ExpectedConnection[], theirs: readonly ExpectedConnection[]): readonly string[] {
  const cuts = [...ours, ...theirs].flatMap((row) => [row.src, row.dst]).flatMap(rangeCuts);
  const [mine, expected] = [refine(ours, cuts), refine(theirs, cuts)];
  const missing = [...expected]
    .filter(([key, conn]) => mine.get(key) !== conn)
    .map(([key, conn]) => `${key}: ${conn}, ours ${mine.get(key) ?? 'none'}`);
  const extra = [...mine].filter(([key]) => !expected.has(key)).map(([key, conn]) => `${key}: only ours ${conn}`);
  return [...missing, ...extra];
}

/** Rows by `src dst`, with every external range cut. */
function refine(rows: readonly ExpectedConnection[], cuts: readonly bigint[]): Map<string, string> {
  const sorted = [...new Set(cuts)].sort((a, b) => (a < b ? -1 : 1));
  const pieces = (end: string): string[] => {
    const pair = bounds(end);
    if (pair === undefined) return [end];
    return sorted.filter((cut) => cut >= pair[0] && cut <= pair[1]).map((cut) => `ip ${cut}`);
  };
  const result = new Map<string, string>();
  for (const row of rows) {
    const network = row.network?.startsWith('secondary ') === true ? ` on ${row.network}` : '';
    for (const src of pieces(row.src)) {
      for (const dst of pieces(row.dst)) result.set(`${src} => ${dst}${network}`, row.conn);
    }
  }
  return result;
}

/** With `focusConn` a pair's row is that connection where the pair has all of it, and no row where not. */
function focusConn(focus: unknown): (row: ExpectedConnection) => readonly ExpectedConnection[] {
  if (typeof focus !== 'string' || focus === '') return (row) => [row];
  const [protocol = '', port = ''] = focus.toUpperCase().split('-');
  const number = Number(port);
  const has = (conn: string): boolean =>
    conn.split(';').some((part) => {
      const [own, ports = ''] = part.split(' ');
      if (own !== protocol) return false;
      return ports.split(',').some((one) => {
        const [from = '', to = from] = one.split('-');
        return Number(from) <= number && number <= Number(to);
      });
    });
  return (row) => (row.conn === 'All Connections' || has(row.conn) ? [{ ...row, conn: `${protocol} ${port}` }] : []);
}

/** The peer's focus options are filters over the rows. */
export function applyFocus(
  rows: readonly ExpectedConnection[],
  options: Readonly<Record<string, unknown>>,
): readonly ExpectedConnection[] {
  const list = (key: string): readonly string[] => {
    const value = options[key];
    return Array.isArray(value) ? (value as string[]) : typeof value === 'string' && value !== '' ? [value] : [];
  };
  const matches = (end: string, names: readonly string[]): boolean =>
    names.some((name) => end.replace(/\[.*$|[{}]/g, '') === name || end.replace(/\[.*$/, '').split('/')[1] === name);
  const focus = list('focusWorkloads');
  const peers = list('focusWorkloadPeers');
  const direction = options['focusDirection'];
  return rows.flatMap(focusConn(options['focusConn'])).filter(({ src, dst }) => {
    if (focus.length === 0) return true;
    const out = direction !== 'ingress' && matches(src, focus) && (peers.length === 0 || matches(dst, peers));
    const into = direction !== 'egress' && matches(dst, focus) && (peers.length === 0 || matches(src, peers));
    return out || into;
  });
}
