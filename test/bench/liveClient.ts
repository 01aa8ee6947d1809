// A client of a generated cluster, in a process of its own: what it takes to load it, to follow it and to list it again.
import { setTimeout as pause } from 'node:timers/promises';
import { type Analysis, AnalysisHost, finish, liveKinds, query } from '../../src/engine/index.ts';
import { ClusterSource } from '../../src/sources/clusterSource.ts';
import { ClusterTransport, isFailure } from '../../src/sources/clusterTransport.ts';
import type { ClusterAccess } from '../../src/sources/kubeconfig.ts';
import { usualTiming } from '../../src/sources/timing.ts';
import { usedMegabytes } from './measure.ts';

/** Figures of one step; times in ms, memory in MB. */
export interface LiveFigures {
  readonly parseMs: number;
  readonly loadMs: number;
  /** Without the answer that is asked for meanwhile. */
  readonly loadCpuMs: number;
  readonly answerCpuMs: number;
  /** Of the objects alone, with the pods and Services that the worker makes of them and keeps, and with all that follows. */
  readonly memory: number;
  readonly builtMemory: number;
  readonly fullMemory: number;
  readonly objects: number;
  readonly firstAnswerMs: number;
  readonly wholeAnswerMs: number;
  readonly eventShare: number;
  readonly eventMemory: number;
  readonly changed: number;
  readonly relistMs: number;
  readonly relistPeak: number;
}

const [server = '', seconds = '10'] = process.argv.slice(2);
const access: ClusterAccess = {
  context: 'bench',
  server,
  namespace: 'default',
  authenticate: async () => ({}),
  disconnect: () => undefined,
};
const spent = (from: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
};

/** The CPU time that JSON.parse alone takes for the bytes of every kind's list. */
async function parseTime(): Promise<number> {
  const transport = new ClusterTransport(access, usualTiming);
  const signal = new AbortController().signal;
  const discovered = await transport.json('/apis', signal);
  const core = await transport.json('/api', signal);
  let total = 0;
  for (const [prefix, answer] of [
    ['/apis', discovered],
    ['/api', core],
  ] as const) {
    if (isFailure(answer)) throw new Error(answer.message);
    for (const path of pathsIn(prefix, answer.body)) {
      for (let next: string | undefined = '0'; next !== undefined; ) {
        const answer = await fetch(`${server}${path}?limit=500&continue=${next}`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        const start = process.cpuUsage();
        const page = JSON.parse(bytes.toString()) as { metadata: { continue?: string } };
        total += spent(start);
        next = page.metadata.continue;
      }
    }
  }
  return total;
}

function pathsIn(prefix: string, body: object): readonly string[] {
  const { items } = body as {
    items: {
      metadata: { name: string };
      versions: { version: string; resources: { resource: string; responseKind: { kind: string } }[] }[];
    }[];
  };
  return items.flatMap(({ metadata: { name }, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources
        .filter(({ responseKind }) =>
          liveKinds.some((one) => one.group === name && one.kind === responseKind.kind && one.only === undefined),
        )
        .map(({ resource }) => [prefix, name, version, resource].filter((one) => one !== '').join('/')),
    ),
  );
}

/** The endpoints of a Service. */
function answerOf(source: ClusterSource): void {
  const scope = new AnalysisHost().apply({ clusters: [source.snapshot()] }).scopeNamed('bench');
  const service = scope?.snapshot.services[0];
  if (scope === undefined || service === undefined) throw new Error('there is no Service');
  if (scope.derived.endpointsOf(service).endpoints.length === 0) throw new Error('it has no endpoints');
}

/** What the side bar, the Problems panel and the verdicts of all pairs ask. */
function askAll(analysis: Analysis): void {
  finish(query(analysis, 'findings', {}));
  for (const view of ['services', 'policies', 'scopes'] as const) finish(query(analysis, 'tree', { view }));
  if (analysis.scopeNamed('bench')?.derived.matrix.ends.length === 0) throw new Error('there is no workload');
}

async function run(): Promise<LiveFigures> {
  const parseMs = await parseTime();
  const before = usedMegabytes();
  let changed = 0;
  let firstAnswerMs: number | undefined;
  let answerCpuMs = 0;
  const onChange = (change: { readonly changed: readonly unknown[] }): void => {
    changed += change.changed.length;
    if (firstAnswerMs === undefined && source.hasFirst) {
      const asked = process.cpuUsage();
      answerOf(source);
      answerCpuMs = spent(asked);
      firstAnswerMs = performance.now() - started;
    }
  };
  const source = new ClusterSource({ access, namespaces: [], watch: true, onChange });
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  source.start();
  await source.settled(300_000);
  const [loadMs, loadCpuMs] = [performance.now() - started, spent(cpu) - answerCpuMs];
  const objects = source.snapshot().resources.length;
  answerOf(source);
  const wholeAnswerMs = performance.now() - started;
  await pause(500);
  const memory = usedMegabytes() - before;
  // The worker keeps them while objects change, and while all are listed again.
  const kept = new AnalysisHost().apply({ clusters: [source.snapshot()] });
  const pods = kept.scopeNamed('bench')?.snapshot.pods.length ?? 0;
  const builtMemory = usedMegabytes() - before;
  askAll(kept);
  // Texts of live objects go when the turn ends that asked for them.
  await pause(50);
  const fullMemory = usedMegabytes() - before;
  changed = 0;
  const [following, from] = [process.cpuUsage(), performance.now()];
  process.send?.({ type: 'events' });
  await pause(Number(seconds) * 1000 + 500);
  const eventShare = spent(following) / (performance.now() - from);
  const eventMemory = usedMegabytes() - before;
  const eventsSeen = changed;
  const relist = performance.now();
  let peak = 0;
  const sampling = setInterval(() => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    peak = Math.max(peak, (heapUsed + arrayBuffers) / 1e6 - before);
  }, 20);
  process.send?.({ type: 'forget' });
  await pause(200);
  await source.settled(300_000);
  for (let quiet = 0; quiet < 5; ) {
    const { user } = process.cpuUsage();
    await pause(100);
    quiet = process.cpuUsage().user - user < 5_000 ? quiet + 1 : 0;
  }
  clearInterval(sampling);
  const relistMs = performance.now() - relist - 500;
  await source.stop();
  if (kept.scopeNamed('bench')?.snapshot.pods.length !== pods) throw new Error('a snapshot changed');
  return {
    parseMs,
    loadMs,
    loadCpuMs,
    answerCpuMs,
    memory,
    builtMemory,
    fullMemory,
    objects,
    firstAnswerMs: firstAnswerMs ?? wholeAnswerMs,
    wholeAnswerMs,
    eventShare,
    eventMemory,
    changed: eventsSeen,
    relistMs,
    relistPeak: peak,
  };
}

process.send?.({ type: 'figures', figures: await run() });
process.disconnect?.();
