import { t } from '@vscode/l10n';
import { familyOf } from '../model/addresses.ts';
import type { ClientSees, Step } from '../trace/flow.ts';
import { type ProbePlan, type ProbeQuestion, stepsOf } from './plan.ts';
import type { ConnectSeen, ProbeReading } from './tools.ts';

/** How what was seen stands to what the trace says. */
export type ProbeVerdict = 'confirmed' | 'contradicted' | 'not-tested';

/** What came of a question of a plan. */
export interface Observation {
  readonly question: number;
  /** Where it was asked, and by which program; '' where none was found. */
  readonly container: string;
  readonly tool: string;
  readonly reading: ProbeReading;
  /** What the program printed, or why it was not started, where nobody knows what that means; '' else. */
  readonly said: string;
}

/** One thing that was compared. */
export interface ProbeCheck {
  readonly kind: 'dns' | 'connection' | 'source' | 'server';
  /** `Connection to 10.96.14.7:8080` */
  readonly title: string;
  readonly verdict: ProbeVerdict;
  readonly expected: string;
  /** '' where nothing was seen. */
  readonly seen: string;
  /** A sentence. */
  readonly why: string;
}

/** The mark of one step. */
export interface StepMark {
  readonly verdict: ProbeVerdict;
  readonly why: string;
}

/** A trace beside what the cluster did. */
export interface VerifyAnswer {
  readonly context: string;
  /** `pod shop/frontend-1, container app: python3` */
  readonly where: string;
  readonly verdict: ProbeVerdict;
  readonly summary: string;
  readonly checks: readonly ProbeCheck[];
  /** By branch, one mark a step, in the order of the steps. */
  readonly branches: readonly { readonly forward: readonly StepMark[]; readonly reverse: readonly StepMark[] }[];
  /** What nothing was asked about, each a sentence. */
  readonly untested: readonly string[];
  /** Some question found no program that asks it. */
  readonly lacksTools: boolean;
}

interface Asked<K extends ProbeQuestion['kind']> {
  readonly question: Extract<ProbeQuestion, { kind: K }>;
  readonly observation: Observation | undefined;
}

/** Compares a plan's trace with what was seen. What a connection can not show is not tested, and never confirmed. */
export function judgeProbe(plan: ProbePlan, observations: readonly Observation[]): VerifyAnswer {
  const asked = plan.questions.map((question, index) => {
    return { question, observation: observations.find((one) => one.question === index) };
  });
  const lookups = asked.filter((one): one is Asked<'lookup'> => one.question.kind === 'lookup');
  const connects = asked.filter((one): one is Asked<'connect'> => one.question.kind === 'connect');
  const checks = [...lookups.map(lookupCheck), ...connects.flatMap((one) => connectChecks(plan, one))];
  const verdict: ProbeVerdict = checks.some((one) => one.verdict === 'contradicted')
    ? 'contradicted'
    : checks.some((one) => one.verdict === 'confirmed')
      ? 'confirmed'
      : 'not-tested';
  return {
    context: plan.context,
    where: whereText(plan, observations),
    verdict,
    summary: summaryOf(verdict, checks),
    checks,
    branches: marksOf(plan, lookups, connects),
    untested: plan.untested,
    lacksTools: asked.some((one) => one.observation === undefined || one.observation.reading.kind === 'no-tool'),
  };
}

function whereText({ namespace, pod }: ProbePlan, observations: readonly Observation[]): string {
  const used = [...new Set(observations.filter((one) => one.tool !== '').map(({ container }) => container))];
  const tools = [...new Set(observations.flatMap(({ tool }) => (tool === '' ? [] : tool)))];
  if (tools.length === 0) return t('pod {0}/{1}', namespace, pod);
  return t('pod {0}/{1}, container {2}, with {3}', namespace, pod, used.join(', '), tools.join(', '));
}

function summaryOf(verdict: ProbeVerdict, checks: readonly ProbeCheck[]): string {
  const count = (wanted: ProbeVerdict): number => checks.filter((one) => one.verdict === wanted).length;
  switch (verdict) {
    case 'contradicted':
      return t('The cluster contradicts this trace: {0}', checks.find((one) => one.verdict === verdict)?.why ?? '');
    case 'confirmed':
      return t('The cluster confirms this trace in {0} of {1} points', count('confirmed'), checks.length);
    case 'not-tested':
      return t('Nothing of this trace could be compared');
    default:
      return verdict satisfies never;
  }
}

function notTested(observation: Observation | undefined): string {
  const { tool = '', said = '', reading } = observation ?? {};
  switch (reading?.kind) {
    case 'late':
      return t('{0} gave no answer in time', tool);
    case 'unread':
      return t('What {0} said is not understood: {1}', tool, said.trim().slice(0, 200));
    default:
      return t('No program that could ask was found');
  }
}

function lookupCheck({ question, observation }: Asked<'lookup'>): ProbeCheck {
  const { name, expected } = question;
  const none = t('no address');
  const base = { kind: 'dns', title: t('Name {0}', name), expected: expected.join(', ') || none } as const;
  const reading = observation?.reading;
  if (reading?.kind !== 'lookup') return { ...base, verdict: 'not-tested', seen: '', why: notTested(observation) };
  const family = familyOf(expected[0] ?? '');
  const seen = reading.addresses.filter((ip) => family === undefined || familyOf(ip) === family);
  const isSame = seen.length === expected.length && seen.every((ip, index) => ip === expected[index]);
  const text = seen.join(', ') || none;
  const why = isSame
    ? t('The pod resolves {0} to {1}, as the trace says', name, text)
    : t('The pod resolves {0} to {1}; the trace says {2}', name, text, base.expected);
  return { ...base, verdict: isSame ? 'confirmed' : 'contradicted', seen: text, why };
}

function connectChecks(plan: ProbePlan, asked: Asked<'connect'>): readonly ProbeCheck[] {
  const { question, observation } = asked;
  const expected = question.expected.map(seesText).join(` ${t('or')} `);
  const target = question.ip.includes(':') ? `[${question.ip}]:${question.port}` : `${question.ip}:${question.port}`;
  const base = { kind: 'connection', title: t('Connection to {0}', target), expected } as const;
  const seen = observation?.reading;
  if (seen?.kind !== 'connect') return [{ ...base, verdict: 'not-tested', seen: '', why: notTested(observation) }];
  const hidden = hiddenBy(question, seen);
  const verdict = hidden === '' ? connectVerdict(question.expected, seen) : 'not-tested';
  const why = hidden || connectWhy(verdict, expected, seen);
  const check = { ...base, verdict, seen: seesText(seen.sees), why };
  return seen.sees === 'connected' ? [check, sourceCheck(question, seen), ...serverCheck(plan, question)] : [check];
}

/** Why a connection that was opened shows nothing; '' where it does. */
function hiddenBy({ proxy }: Asked<'connect'>['question'], { sees }: ConnectSeen): string {
  if (proxy === '' || sees !== 'connected') return '';
  return t('That it was opened shows nothing: {0}', proxy);
}

/** One connection shows one outcome: it says nothing on which of several comes how often. */
function connectVerdict(expected: readonly ClientSees[], { sees }: ConnectSeen): ProbeVerdict {
  if (expected.includes('unknown')) return 'not-tested';
  if (!expected.includes(sees)) return 'contradicted';
  return expected.length === 1 ? 'confirmed' : 'not-tested';
}

function connectWhy(verdict: ProbeVerdict, expected: string, { sees }: ConnectSeen): string {
  const seen = seesText(sees);
  if (verdict === 'confirmed') return t('The cluster did what the trace says: {0}', seen);
  if (verdict === 'not-tested') return t('The trace leaves it open; this connection: {0}', seen);
  const hint =
    sees === 'refused' ? ` (${t('nothing may listen on the port, or a rule rejects instead of dropping')})` : '';
  return t('The trace says {0}; the connection was: {1}', expected, seen) + hint;
}

/** An outcome in a word or two. */
function seesText(sees: ClientSees): string {
  const texts: Readonly<Record<ClientSees, string>> = {
    connected: t('connected'),
    refused: t('refused'),
    timeout: t('timed out'),
    unreachable: t('no route to host'),
    nxdomain: t('no such host'),
    'http-404': t('connected'),
    'http-502': t('connected'),
    'http-503': t('connected'),
    'http-504': t('connected'),
    unknown: t('not known'),
  };
  return texts[sees];
}

function sourceCheck({ sources }: Asked<'connect'>['question'], { local }: ConnectSeen): ProbeCheck {
  const expected = sources.join(', ');
  const base = { kind: 'source', title: t('Source address'), expected, seen: local ?? '' } as const;
  if (local === undefined) {
    return { ...base, verdict: 'not-tested', why: t('The program does not tell from which address it connected') };
  }
  const isSame = sources.includes(local);
  const why = isSame
    ? t('The client connected from {0}, before any translation', local)
    : t('The client connected from {0}; the trace says {1}', local, expected);
  return { ...base, verdict: isSame ? 'confirmed' : 'contradicted', why };
}

/** Nobody asks the server, so what it saw stays open. */
function serverCheck({ trace }: ProbePlan, { branches }: Asked<'connect'>['question']): readonly ProbeCheck[] {
  const seen = [...new Set(branches.map((index) => trace.branches[index]?.serverSees.ip ?? ''))].filter(Boolean);
  if (seen.length === 0) return [];
  const why = t('A client is not told which address the server sees');
  const title = t('Address that the server sees');
  return [{ kind: 'server', title, verdict: 'not-tested', expected: seen.join(', '), seen: '', why }];
}

/** What one branch's steps are judged by. */
interface Seen {
  readonly dns: StepMark;
  readonly source: StepMark;
  /** The outcome of the connection; absent where none was made. */
  readonly outcome?: ConnectSeen['sees'];
  /** How many branches begin with the same address. */
  readonly rivals: number;
  readonly missing: string;
}

function marksOf(
  { trace }: ProbePlan,
  lookups: readonly Asked<'lookup'>[],
  connects: readonly Asked<'connect'>[],
): VerifyAnswer['branches'] {
  const unasked: StepMark = { verdict: 'not-tested', why: t('This was not asked') };
  const dns = lookups.map(lookupCheck)[0] ?? unasked;
  return trace.branches.map((branch, index) => {
    const own = connects.find(({ question }) => question.branches.includes(index));
    const reading = own?.observation?.reading;
    const isMade = own !== undefined && reading?.kind === 'connect';
    const source = isMade && reading.sees === 'connected' ? sourceCheck(own.question, reading) : unasked;
    const hidden = isMade ? hiddenBy(own.question, reading) : '';
    const seen: Seen = {
      dns: { verdict: dns.verdict, why: dns.why },
      source: { verdict: source.verdict, why: source.why },
      rivals: own?.question.branches.length ?? 1,
      missing: own === undefined ? unasked.why : hidden || notTested(own.observation),
      ...(isMade && hidden === '' ? { outcome: reading.sees } : {}),
    };
    return {
      forward: stepsOf(branch.forward).map((step) => markOf(step, seen)),
      reverse: stepsOf(branch.reverse).map((step) => replyMark(step, seen)),
    };
  });
}

function markOf(step: Step, seen: Seen): StepMark {
  switch (step.kind) {
    case 'resolve':
      return seen.dns;
    case 'originate':
    case 'socket-lb':
      return seen.source;
    case 'egress-policy':
    case 'ingress-policy':
    case 'drop':
    case 'reject':
    case 'deliver':
      return outcomeMark(step, seen);
    default:
      return open(t('A connection does not show this step'));
  }
}

function open(why: string): StepMark {
  return { verdict: 'not-tested', why };
}

/** A step that lets through, or stops, as the outcome shows it. A time-out does not say where it came from. */
function outcomeMark({ action, kind }: Step, { outcome, rivals, missing }: Seen): StepMark {
  if (outcome === undefined) return open(missing);
  const seen = seesText(outcome);
  if (action === 'unknown') return open(t('The trace does not say; the connection: {0}', seen));
  const stops = action === 'denied' || action === 'rejected';
  if (rivals > 1) return open(t('One of {0} ways was taken; which one is not shown', rivals));
  if (!stops) {
    if (outcome === 'connected') return { verdict: 'confirmed', why: t('The connection was opened') };
    if (outcome === 'refused')
      return open(t('Refused: where the packet arrived nothing may listen, or a rule rejects it'));
    if (kind !== 'deliver') return open(t('The connection was not opened; this step may be why, or another'));
    return { verdict: 'contradicted', why: t('The connection was not opened: {0}', seen) };
  }
  if (outcome === 'connected') return { verdict: 'contradicted', why: t('The connection was opened all the same') };
  const agrees = kind === 'reject' ? outcome === 'refused' : outcome !== 'refused';
  if (agrees) return { verdict: 'confirmed', why: t('The connection was not opened: {0}', seen) };
  return open(t('The connection was not opened, but in another way: {0}', seen));
}

/** What comes back has come back when the connection is open; by which way is not shown. */
function replyMark({ kind }: Step, { outcome, rivals }: Seen): StepMark {
  if (kind !== 'deliver' || outcome !== 'connected') return open(t('A connection does not show this step'));
  if (rivals > 1) return open(t('One of {0} ways was taken; which one is not shown', rivals));
  return { verdict: 'confirmed', why: t('The reply came: the connection was opened') };
}
