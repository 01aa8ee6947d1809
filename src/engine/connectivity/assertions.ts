import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { Protocol } from '../model/cluster.ts';
import { isObject, type JsonValue, numberAt, stringAt } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { readProtocol } from '../model/template.ts';
import { isProblem, parseEnd } from '../trace/ends.ts';
import type { Branch, Flow, FlowEnd, FlowProblem } from '../trace/flow.ts';
import { trace } from '../trace/trace.ts';

/** One line of a ConnectivityTest (CONTRACT.md). */
export interface Assertion {
  readonly from: string;
  readonly to: string;
  readonly port?: number | string;
  readonly protocol: Protocol;
  readonly expect: 'allowed' | 'denied';
}

/** What came of an assertion. `why` is one sentence. */
export interface AssertionResult extends Omit<Assertion, 'expect'> {
  readonly expect: string;
  readonly actual: 'allowed' | 'denied' | 'mixed' | 'unknown';
  readonly why: string;
  readonly pass: boolean;
}

/** Reads an assertion; a string says what is wrong with it. */
export function readAssertion(value: JsonValue): Assertion | string {
  const from = stringAt(value, 'from');
  const to = stringAt(value, 'to');
  const expect = stringAt(value, 'expect');
  if (!isObject(value) || from === undefined || to === undefined) return t('An assertion needs from and to');
  if (expect !== 'allowed' && expect !== 'denied') return t('expect must be allowed or denied');
  const protocol = readProtocol(value['protocol']);
  if (protocol === undefined) return t('protocol must be TCP, UDP or SCTP');
  const written = numberAt(value, 'port') ?? stringAt(value, 'port');
  // A number in quotes can be no port's name.
  const port = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : written;
  return { from, to, protocol, expect, ...(port === undefined ? {} : { port }) };
}

/**
 * Judges an assertion by policy and Service resolution over every source pod and every branch. What is not known, or
 * has no endpoint to judge, is unknown and never denied.
 */
export function checkAssertion(derived: Derived, assertion: Assertion): AssertionResult {
  const { actual, why } = judge(derived, assertion);
  return { ...assertion, actual, why, pass: actual === assertion.expect };
}

/** True when a scope has what both ends name; addresses, names and URLs are known everywhere. */
export function knowsEnds({ snapshot }: Derived, { from, to }: Assertion): boolean {
  return (['from', 'to'] as const).every((side) => {
    const parsed = parseEnd(snapshot, side === 'from' ? from : to, side);
    return !isProblem(parsed) && exists(snapshot, parsed.end);
  });
}

function exists(snapshot: Snapshot, end: FlowEnd): boolean {
  switch (end.kind) {
    case 'pod':
      return snapshot.pod(end.namespace, end.name) !== undefined;
    case 'workload':
      return snapshot.workloadNamed(end.ref) !== undefined;
    case 'service':
      return snapshot.service(end.namespace, end.name) !== undefined;
    case 'node':
      return snapshot.nodes.some((one) => one.name === end.name);
    default:
      return true;
  }
}

type Judged = Pick<AssertionResult, 'actual' | 'why'>;

/** What an assertion asks: its flow, for each of the sources. */
export interface AssertionEnds {
  readonly sources: readonly FlowEnd[];
  readonly flow: Omit<Flow, 'source'>;
}

/** The ends of an assertion, every pod of a workload as a source; a problem where they can't be read. */
export function endsOf(derived: Derived, assertion: Assertion): AssertionEnds | FlowProblem {
  const from = parseEnd(derived.snapshot, assertion.from, 'from');
  const to = parseEnd(derived.snapshot, assertion.to, 'to');
  if (isProblem(from)) return from;
  if (isProblem(to)) return to;
  const port = assertion.port ?? to.port;
  const { protocol } = assertion;
  const flow = { destination: to.end, protocol, ...(port === undefined ? {} : { port }) };
  return { sources: sourcesOf(derived, from.end), flow };
}

function judge(derived: Derived, assertion: Assertion): Judged {
  const ends = endsOf(derived, assertion);
  if (isProblem(ends)) return { actual: 'unknown', why: ends.message };
  const branches: Branch[] = [];
  if (ends.sources.length === 0) return { actual: 'unknown', why: t('{0} has no pods', assertion.from) };
  for (const source of ends.sources) {
    const answer = trace(derived, { ...ends.flow, source });
    if (isProblem(answer)) return { actual: 'unknown', why: (answer as FlowProblem).message };
    branches.push(...withoutSelf(source, answer.branches));
  }
  return summarise(branches);
}

function sourcesOf({ snapshot }: Derived, end: FlowEnd): readonly FlowEnd[] {
  if (end.kind !== 'workload') return [end];
  return (snapshot.workloadNamed(end.ref)?.pods ?? []).map(({ ref }) => ({
    kind: 'pod',
    namespace: ref.namespace,
    name: ref.name,
  }));
}

/** A pod to itself tells nothing where there are other endpoints. */
function withoutSelf(source: FlowEnd, branches: readonly Branch[]): readonly Branch[] {
  if (source.kind !== 'pod') return branches;
  const others = branches.filter(
    ({ destination: { pod } }) => pod?.namespace !== source.namespace || pod.name !== source.name,
  );
  return others.length > 0 ? others : branches;
}

function verdictOf(branch: Branch): 'allowed' | 'denied' | 'unknown' {
  switch (branch.disposition) {
    case 'delivered':
    case 'exits-cluster':
    case 'not-enforced':
      return 'allowed';
    case 'denied-egress':
    case 'denied-ingress':
      return 'denied';
    default:
      return 'unknown';
  }
}

function summarise(branches: readonly Branch[]): Judged {
  const verdicts = branches.map(verdictOf);
  const first = branches.find((_, index) => verdicts[index] === 'unknown') ?? branches[0];
  const why = first?.reason ?? t('There is nothing to judge');
  if (first === undefined || verdicts.includes('unknown')) return { actual: 'unknown', why };
  if (verdicts.every((one) => one === 'allowed')) return { actual: 'allowed', why };
  if (verdicts.every((one) => one === 'denied')) return { actual: 'denied', why };
  const denied = verdicts.filter((one) => one === 'denied').length;
  const reason = branches.find((_, index) => verdicts[index] === 'denied')?.reason ?? '';
  return { actual: 'mixed', why: t('{0} of {1} ways are denied: {2}', denied, verdicts.length, reason) };
}
