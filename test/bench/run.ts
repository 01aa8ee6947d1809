// `npm run bench [-- S M] [--no-vscode]`: what the engine costs on generated clusters, each figure beside its goal. Costs that depend
// on the machine stand beside a baseline of the same run: JSON.parse of the same objects. `-- policies` measures verdicts, `-- live`
// a running cluster.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { parseDocument } from 'yaml';
import { prepareChromium } from '../../scripts/chromium.mjs';
import { cache, root } from '../../scripts/environment.mjs';
import { packageExtension } from '../../scripts/package.mjs';
import { installVsCode } from '../../scripts/vscodeServer.mjs';
import {
  type Analysis,
  AnalysisHost,
  connectivity,
  finish,
  isProblem,
  parseEnd,
  query,
  trace,
} from '../../src/engine/index.ts';
import { buildSuite, startWorkbench } from '../host/launch.ts';
import { liveInVsCode, liveRows } from './live.ts';
import { cpu, ms, percentile, print, type Row, usedMegabytes, wall } from './measure.ts';
import { podRows } from './pods.ts';
import { policyRows } from './policies.ts';

const generator = resolve(process.env['PODPATH_SHARED'] ?? join(root, '../shared'), 'bench/gen-cluster.mjs');

interface Input {
  readonly folder: string;
  readonly texts: readonly { readonly uri: string; readonly text: string }[];
}

/** A generated cluster as a folder of YAML, one file a namespace; kept in the cache. */
async function inputOf(size: string): Promise<Input> {
  const folder = join(cache, 'bench', size);
  if (!existsSync(folder)) {
    const { generate } = (await import(pathToFileURL(generator).href)) as {
      generate(options: object): Iterable<Readonly<Record<string, { readonly namespace?: string }>>>;
    };
    const byNamespace = Map.groupBy(generate({ size, seed: 1 }), ({ metadata }) => metadata?.namespace ?? '_cluster');
    mkdirSync(folder, { recursive: true });
    const { stringify } = await import('yaml');
    for (const [namespace, objects] of byNamespace) {
      writeFileSync(join(folder, `${namespace}.yaml`), objects.map((one) => stringify(one)).join('---\n'));
    }
  }
  const texts = readdirSync(folder).map((name) => {
    return { uri: join(folder, name), text: readFileSync(join(folder, name), 'utf8') };
  });
  return { folder, texts };
}

function findings(analysis: Analysis): number {
  return finish(query(analysis, 'findings', {})).length;
}

function measureSize(size: string, { folder, texts }: Input): readonly Row[] {
  const rows: Row[] = [];
  const bytes = texts.reduce((sum, one) => sum + one.text.length, 0);
  const before = usedMegabytes();
  const host = new AnalysisHost();
  const read = cpu(() => host.apply({ folders: [{ uri: folder, name: size }], saved: texts }));
  const objects = read.result.files.flatMap((file) => file.manifest.documents.flatMap((one) => one.resources));
  const json = objects.map((one) => JSON.stringify(one.object));
  const baseline = cpu(() => json.map((one) => JSON.parse(one))).ms;
  const against = (value: number): string => `${ms(value)}, ${(value / baseline).toFixed(0)} × JSON.parse`;
  const what = `${objects.length} objects in ${texts.length} files, ${(bytes / 1e6).toFixed(1)} MB of YAML`;
  rows.push({ what: `${size}: read ${what}`, value: against(read.ms), goal: '1,000 manifests cold: 1.0 s' });
  const model = cpu(() => read.result.scopes.map(({ snapshot }) => snapshot.pods.length));
  rows.push({ what: `${size}: model of ${model.result.join('+')} pods`, value: against(model.ms), goal: '' });
  const matrix = cpu(() =>
    read.result.scopes.map(({ derived }) => finish(connectivity(derived.matrix)).connections.length),
  );
  rows.push({ what: `${size}: all pairs (${matrix.result.join('+')} rows)`, value: against(matrix.ms), goal: '' });
  const first = cpu(() => findings(read.result));
  rows.push({ what: `${size}: findings (${first.result})`, value: against(first.ms), goal: '' });
  rows.push({
    what: `${size}: memory kept`,
    value: `${(usedMegabytes() - before).toFixed(0)} MB`,
    goal: 'XL live: 250 MB',
  });
  rows.push(...edits(size, host, texts), ...traces(size, host.analysis));
  return rows;
}

/** Typing in a policy: from the new text to the findings of every file. */
function edits(size: string, host: AnalysisHost, texts: Input['texts']): readonly Row[] {
  const file = texts.find((one) => one.text.includes('kind: NetworkPolicy')) ?? texts[0];
  if (file === undefined) return [];
  const times = Array.from({ length: 120 }, (_, index) =>
    wall(() => {
      const text = file.text.replace(/policyTypes:/, `policyTypes: # ${index}\n`.trimEnd().concat('\n   '));
      findings(host.apply({ unsaved: [{ uri: file.uri, text: index % 2 === 0 ? text : file.text }] }));
    }),
  );
  host.apply({ unsaved: [{ uri: file.uri, text: null }] });
  const goal = 'p95 100 ms (M)';
  return [
    {
      what: `${size}: edit → all findings`,
      value: `p50 ${ms(percentile(times, 0.5))}, p95 ${ms(percentile(times, 0.95))}`,
      goal,
    },
  ];
}

/** The way of a connection alone, and with every word that the panel shows of it. */
function traces(size: string, analysis: Analysis): readonly Row[] {
  const found = analysis.scopes.find((one) => one.snapshot.services.length > 1);
  if (found === undefined) return [];
  const scope = found.scope.name;
  const from = finish(query(analysis, 'ends', { scope, side: 'from' })).filter((one) => one.group === 'workload');
  const to = finish(query(analysis, 'ends', { scope, side: 'to' })).filter((one) => one.group === 'service');
  const alone: number[] = [];
  const told: number[] = [];
  for (let i = 0; i < 300; i++) {
    const source = from[(i * 7) % from.length];
    const target = to[(i * 13) % to.length];
    const port = target?.ports[0]?.port;
    if (source === undefined || target === undefined || port === undefined) continue;
    const request = { from: source.text, to: `${target.text}:${port}`, protocol: 'TCP' as const, scope };
    const start = parseEnd(found.snapshot, request.from, 'from');
    const end = parseEnd(found.snapshot, request.to, 'to');
    if (isProblem(start) || isProblem(end)) continue;
    const flow = { source: start.end, destination: end.end, protocol: request.protocol, port };
    alone.push(wall(() => trace(found.derived, flow)));
    told.push(wall(() => finish(query(analysis, 'trace', request))));
  }
  const both = (times: readonly number[]) => `p50 ${ms(percentile(times, 0.5))}, p95 ${ms(percentile(times, 0.95))}`;
  return [
    { what: `${size}: trace (${alone.length})`, value: both(alone), goal: 'p95 1 ms' },
    { what: `${size}: trace with the words of every branch`, value: both(told), goal: '' },
  ];
}

/** Real manifests: what reading costs beside the bare parser that everybody uses. */
function parsing(): readonly Row[] {
  const manifests = resolve(generator, '../../manifests');
  if (!existsSync(manifests)) return [];
  const files = readdirSync(manifests, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name));
  const texts = files.map((name) => ({
    uri: join(manifests, name),
    text: readFileSync(join(manifests, name), 'utf8'),
  }));
  const read = () => new AnalysisHost().apply({ folders: [{ uri: manifests, name: 'manifests' }], saved: texts }).files;
  const bare = () => texts.map((one) => one.text.split(/^---$/m).map((text) => parseDocument(text)));
  read();
  bare();
  const own = cpu(read).ms;
  const other = cpu(bare).ms;
  const value = `${ms(own)}, ${(own / other).toFixed(2)} × parseDocument`;
  return [{ what: `read ${texts.length} real files`, value, goal: '≤ 1.3 ×' }];
}

/** The shipped bundles: how long until the extension's code is there, and until a worker answers about the shop. */
async function starting(): Promise<readonly Row[]> {
  const bundle = join(root, 'dist/extension.cjs');
  const worker = join(root, 'dist/worker.mjs');
  if (!existsSync(worker)) return [{ what: 'start-up', value: 'not built: npm run build', goal: '' }];
  const source = readFileSync(bundle, 'utf8');
  const compile = wall(() => new Function('require', 'module', 'exports', source));
  const start = performance.now();
  const thread = new Worker(worker, { workerData: '' });
  const answer = new Promise<void>((done) => {
    thread.on('message', ({ type }: { readonly type: string }) => type === 'answer' && done());
  });
  const folders = [{ uri: pathToFileURL(join(root, 'examples/shop')).href, name: 'shop', onDisk: true }];
  thread.postMessage({ type: 'change', change: { kind: 'folders', folders } });
  thread.postMessage({ type: 'query', id: 1, name: 'findings', params: {}, deadlineMs: 60_000 });
  await answer;
  const ready = performance.now() - start;
  await thread.terminate();
  return [
    {
      what: `extension code (${(source.length / 1000).toFixed(0)} KB) compiled`,
      value: ms(compile),
      goal: 'activation 50 ms',
    },
    { what: 'worker: start → findings of examples/shop', value: ms(ready), goal: '' },
  ];
}

/** Makes ready what the host tests need; answers with the reason where it can't. */
async function prepareVsCode(): Promise<string | undefined> {
  const chromium = await prepareChromium();
  if (typeof chromium === 'string') return chromium;
  await installVsCode();
  const { target } = await packageExtension();
  Object.assign(process.env, chromium, { PODPATH_VSIX: target });
  return undefined;
}

/** Activation in a real VS Code. */
async function activation(): Promise<readonly Row[]> {
  const what = 'activation in VS Code';
  const goal = '50 ms';
  const missing = await prepareVsCode();
  if (missing !== undefined) return [{ what, value: `not run: ${missing}`, goal }];
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const workbench = await startWorkbench();
    try {
      await workbench.newPage({ tests: await buildSuite('activation') });
      times.push((JSON.parse(readFileSync(workbench.result, 'utf8')) as { activationMs: number }).activationMs);
    } finally {
      await workbench.close();
    }
  }
  return [{ what, value: times.map(ms).join(', '), goal }, ...(await typing((await inputOf('M')).folder))];
}

/** Key presses in a policy of M, in the same VS Code. */
async function typing(folder: string): Promise<readonly Row[]> {
  const workbench = await startWorkbench({ folder });
  try {
    await workbench.newPage({ tests: await buildSuite('typing') });
    const { problems, lens } = JSON.parse(readFileSync(workbench.result, 'utf8')) as Record<string, number[]>;
    const both = (times: readonly number[] = []) =>
      `p50 ${ms(percentile(times, 0.5))}, p95 ${ms(percentile(times, 0.95))}`;
    return [
      { what: 'M in VS Code: key press → problems', value: both(problems), goal: 'p95 100 ms, after a pause of 60 ms' },
      { what: 'M in VS Code: key press → problems and lenses', value: both(lens), goal: '' },
    ];
  } finally {
    await workbench.close();
  }
}

if (!existsSync(generator)) {
  console.error(`the cluster generator is not at ${generator} (PODPATH_SHARED)`);
  process.exit(2);
}
const args = process.argv.slice(2);
if (args.includes('--fresh')) rmSync(join(cache, 'bench'), { recursive: true, force: true });
const words = args.filter((one) => !one.startsWith('-'));
const sizes = words.filter((one) => one !== 'policies' && one !== 'live');
if (words.includes('live')) {
  const missing = args.includes('--no-vscode') ? 'not asked for' : await prepareVsCode();
  for (const size of sizes.length === 0 ? ['S', 'M', 'L', 'XL'] : sizes) {
    print(await liveRows(generator, size));
    if (missing === undefined) print(await liveInVsCode(generator, size));
    else console.log(`${size} in VS Code: not run: ${missing}`);
  }
} else if (words.includes('policies')) {
  for (const size of sizes.length === 0 ? ['S', 'M', 'L', 'XL'] : sizes) {
    print(await policyRows(generator, size));
    print(await podRows(generator, size));
  }
} else {
  print(parsing());
  for (const size of sizes.length === 0 ? ['S', 'M'] : sizes) print(measureSize(size, await inputOf(size)));
  print(await starting());
  if (!args.includes('--no-vscode')) print(await activation());
}
