// Traces beside what the cluster does: programs are run in containers by kwok, which runs them on this machine. Pods with
// addresses of loopback can be connected to for real; everything else is as nobody's network is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import { noOwnMounts } from '../../scripts/ownMounts.mjs';
import { addressAnnotation } from '../../scripts/statusWriter.mjs';
import { AnalysisHost, finish, judgeProbe, type ProbePlan, query, type VerifyAnswer } from '../../src/engine/index.ts';
import type { ClusterAccess } from '../../src/sources/kubeconfig.ts';
import { execInPod } from '../../src/sources/podExec.ts';
import { type ProbeOptions, runProbe } from '../../src/sources/podProbe.ts';
import { BadNetwork } from './badNetwork.ts';
import { container, namespaceObject, ownPlane, paths, service, until } from './plane.ts';
import { accessOf, follow } from './source.ts';

const plane = await ownPlane();
await plane.startKwok(process.env['PODPATH_KWOK']);
const admin = accessOf(plane.kubeconfigs.admin);
const shop = paths('shop');

/** A server on loopback that takes connections and counts them. */
const server = createServer((socket) => {
  connections += 1;
  socket.on('error', () => undefined);
  socket.end();
});
let connections = 0;
await new Promise<void>((done) => server.listen(0, '127.0.7.2', done));
after(() => server.close());
const { port } = server.address() as AddressInfo;

function pod(name: string, address?: string, containers: readonly object[] = [container(port)]): object {
  const annotations = address === undefined ? {} : { [addressAnnotation]: address };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name }, annotations },
    spec: { containers },
  };
}

await plane.admin.create(shop.pods, pod('checkout', '127.0.0.1'));
await plane.admin.create(shop.pods, pod('elsewhere'));
await plane.admin.create(shop.pods, pod('ledger', '127.0.7.2'));
await plane.admin.create(shop.pods, pod('closed', '127.0.7.3'));
await plane.admin.create(shop.services, service('ledger', { clusterIP: 'None' }));
await plane.admin.waitFor(shop.pods, ({ items }) =>
  items.every((one: { status: { phase: string } }) => one.status.phase === 'Running'),
);

/** The plan for a trace in the cluster as it is now, or why there is none. */
async function plan(from: string, to: string, access: ClusterAccess = admin): Promise<ProbePlan> {
  const { source } = follow(access, { watch: false });
  await source.settled(30_000);
  const { context, resources, missing, unread } = source.snapshot();
  await source.stop();
  const settings = { assume: { cni: 'calico-vxlan' }, rules: {} };
  const analysis = new AnalysisHost().apply({ clusters: [{ context, resources, missing, unread }], settings });
  const found = finish(query(analysis, 'probe', { from, to, protocol: 'TCP' }));
  assert.ok('questions' in found, JSON.stringify(found));
  return found;
}

function options(given: ProbePlan, more: Partial<ProbeOptions> = {}): ProbeOptions {
  return { access: admin, plan: given, signal: new AbortController().signal, ...more };
}

async function verified(given: ProbePlan, more: Partial<ProbeOptions> = {}): Promise<VerifyAnswer> {
  const seen = await runProbe(options(given, more));
  assert.ok(!('problem' in seen), JSON.stringify(seen));
  return judgeProbe(given, seen);
}

async function problem(given: ProbePlan, more: Partial<ProbeOptions> = {}): Promise<string> {
  const seen = await runProbe(options(given, more));
  return 'problem' in seen ? seen.problem : 'none';
}

const verdicts = ({ checks }: VerifyAnswer) => Object.fromEntries(checks.map(({ kind, verdict }) => [kind, verdict]));
const to = `shop/ledger:${port}`;

test('a container without any program is said to have none, and an added one is where they are run', async () => {
  const given = await plan('shop/checkout', to);
  const nothing = await verified(given);
  assert.deepEqual([nothing.verdict, nothing.lacksTools], ['not-tested', true]);
  assert.match(nothing.checks[0]?.why ?? '', /No program that could ask was found/);
  plane.provide(['timeout', 'bash', 'getent']);
  const answer = await verified(given, { image: 'registry.invalid/tools:1' });
  assert.match(answer.where, /^pod shop\/checkout, container podpath-verify-[\da-f]{6}, with bash$/);
  assert.deepEqual([answer.verdict, answer.lacksTools], ['confirmed', false]);
  const { spec } = await plane.admin.get(`${shop.pods}/checkout`);
  const [added] = spec.ephemeralContainers;
  assert.deepEqual([added.image, added.command], ['registry.invalid/tools:1', ['sleep', '300']]);
  assert.equal(added.securityContext.runAsNonRoot, true);
  await plane.admin.remove(`${shop.pods}/checkout`, { gracePeriodSeconds: 0 });
  await plane.admin.create(shop.pods, pod('checkout', '127.0.0.1'));
  await plane.admin.waitFor(`${shop.pods}/checkout`, ({ status }) => status.phase === 'Running');
});

test('a connection is opened for real, once, and confirms what it shows', async () => {
  const before = connections;
  const given = await plan('shop/checkout', to);
  const answer = await verified(given);
  assert.equal(connections, before + 1);
  assert.deepEqual(verdicts(answer), { connection: 'confirmed', source: 'confirmed', server: 'not-tested' });
  const marks = answer.branches[0]?.forward.map(({ verdict }) => verdict) ?? [];
  assert.ok(marks.includes('confirmed') && marks.includes('not-tested') && !marks.includes('contradicted'));
});

test('the source address is found among thousands of connections that are ending', async () => {
  const one = (): Promise<unknown> =>
    new Promise((done) => {
      const socket = connect(port, '127.0.7.2');
      socket.on('close', done);
      socket.resume();
    });
  for (let round = 0; round < 50; round++) await Promise.all(Array.from({ length: 100 }, one));
  assert.ok(readFileSync('/proc/net/tcp', 'utf8').split('\n').length > 4_000);
  const given = await plan('shop/checkout', to);
  assert.equal(verdicts(await verified(given))['source'], 'confirmed');
  // It ended by itself, and not because its time was over.
  const argv = given.questions[0]?.commands.find(({ tool }) => tool === 'bash')?.argv ?? [];
  const target = { namespace: 'shop', pod: 'checkout', container: 'app' };
  const run = await execInPod(admin, target, argv, { signal: new AbortController().signal, deadlineMs: 15_000 });
  assert.equal('exitCode' in run && run.exitCode, 0);
});

test('a source address, a refusal and a name that are not as the trace says are contradicted', async () => {
  assert.deepEqual(verdicts(await verified(await plan('shop/elsewhere', to))), {
    connection: 'confirmed',
    source: 'contradicted',
    server: 'not-tested',
  });
  const refused = await verified(await plan('shop/checkout', `shop/closed:${port}`));
  assert.match(refused.summary, /contradicts this trace: The trace says connected; the connection was: refused/);
  const named = await verified(await plan('shop/checkout', `shop/svc/ledger:${port}`));
  assert.equal(verdicts(named)['dns'], 'contradicted');
  assert.match(
    named.checks[0]?.why ?? '',
    /resolves ledger\.shop\.svc\.cluster\.local to no address; the trace says 127/,
  );
});

test('a name that resolves to what the trace says, and the connection behind it, are confirmed', {
  skip: noOwnMounts(),
}, async () => {
  const name = 'ledger.shop.svc.cluster.local';
  plane.resolve({ [name]: '127.0.7.2' });
  const answer = await verified(await plan('shop/checkout', `shop/svc/ledger:${port}`));
  assert.deepEqual(
    [answer.verdict, verdicts(answer)],
    ['confirmed', { dns: 'confirmed', connection: 'confirmed', source: 'confirmed', server: 'not-tested' }],
  );
  const resolution = answer.branches[0]?.forward.findIndex(({ verdict }) => verdict === 'confirmed');
  assert.equal(resolution, 0);
  plane.resolve({ [name]: '127.0.7.3' });
  const other = await verified(await plan('shop/checkout', `shop/svc/ledger:${port}`));
  assert.match(
    other.checks[0]?.why ?? '',
    /resolves ledger\.shop\.svc\.cluster\.local to 127\.0\.7\.3; the trace says/,
  );
  plane.resolve({});
});

test('a policy that denies is contradicted where the connection is opened all the same', async () => {
  const spec = { podSelector: { matchLabels: { app: 'ledger' } }, policyTypes: ['Ingress'] };
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'none' }, spec };
  await plane.admin.create(shop.policies, policy);
  const given = await plan('shop/checkout', to);
  assert.equal(given.trace.disposition, 'denied-ingress');
  const answer = await verified(given);
  assert.equal(answer.verdict, 'contradicted');
  assert.match(answer.summary, /The trace says timed out; the connection was: connected/);
  const steps = given.trace.branches[0]?.forward.flatMap((hop) => hop.steps) ?? [];
  const mark = answer.branches[0]?.forward[steps.findIndex(({ kind }) => kind === 'ingress-policy')];
  assert.deepEqual(mark, { verdict: 'contradicted', why: 'The connection was opened all the same' });
  await plane.admin.remove(`${shop.policies}/none`);
});

test('who may only look is told which right is missing', async () => {
  const scoped = accessOf(plane.kubeconfigs.scoped);
  const given = await plan('shop/checkout', to, scoped);
  const missing = await problem(given, { access: scoped });
  assert.match(missing, /^You may not run programs in pods of namespace shop: .* get and create on pods\/exec/);
  const image = await problem(given, { access: scoped, image: 'busybox' });
  assert.match(
    image,
    /namespace shop: that needs the verb patch on pods\/ephemeralcontainers there\. .*shop-viewer.*cannot patch/,
  );
  const expired = await problem(given, { access: accessOf(plane.kubeconfigs.expired) });
  assert.match(expired, /takes you for nobody/);
});

test('an added container is let in where Pod Security is strictest; what it refuses is told in its own words', async () => {
  const strict = paths('strict').pods;
  await plane.admin.create('/api/v1/namespaces', namespaceObject('strict'));
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  await plane.admin.create(strict, pod('tidy', '127.0.0.1', [{ ...container(port), securityContext }]));
  await plane.admin.create(strict, pod('loose', '127.0.0.1'));
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await plane.admin.patch('/api/v1/namespaces/strict', { metadata: { labels } });
  await plane.admin.waitFor(strict, ({ items }) =>
    items.every((one: { status: { phase: string } }) => one.status.phase === 'Running'),
  );
  const image = 'registry.invalid/tools:1';
  assert.equal((await verified(await plan('strict/tidy', to), { image })).verdict, 'confirmed');
  const refused = await problem(await plan('strict/loose', to), { image });
  assert.match(refused, /^No container was added to pod strict\/loose: .*violates PodSecurity "restricted/);
});

test('the verb create alone is not enough, and get alone is not either', async () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
  const given = await plan('shop/checkout', to);
  const scoped = accessOf(plane.kubeconfigs.scoped);
  const grant = (verbs: readonly string[]) =>
    plane.admin.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'exec', namespace: 'shop' },
      rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs }],
    });
  await plane.admin.create(`${rbac}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'exec' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'exec' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'shop-viewer' }],
  });
  const becomes = (wanted: RegExp) =>
    until(`the answer is ${wanted}`, async () => wanted.test(await problem(given, { access: scoped })));
  for (const verb of ['get', 'create']) {
    await grant([verb]);
    await becomes(/get and create on pods\/exec/);
  }
  await grant(['get', 'create']);
  await becomes(/^none$/);
});

test('a program that hangs ends with its time, and at once when it is cancelled; one that floods is cut', async () => {
  const signal = new AbortController().signal;
  const target = { namespace: 'shop', pod: 'checkout', container: 'app' };
  const started = performance.now();
  const late = await execInPod(admin, target, ['timeout', '20', 'bash', '-c', 'echo one; read -r < <(sleep 20)'], {
    signal,
    deadlineMs: 1_500,
  });
  assert.ok('isLate' in late && late.isLate && late.exitCode === undefined, JSON.stringify(late));
  assert.equal(late.stdout, 'one\n');
  assert.ok(performance.now() - started < 6_000);
  const stop = new AbortController();
  const running = runProbe({ ...options(await plan('shop/checkout', 'shop/closed:9')), signal: stop.signal });
  stop.abort();
  assert.match(JSON.stringify(await running), /It was cancelled/);
  const flood = ['timeout', '20', 'bash', '-c', 'while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done'];
  const cut = await execInPod(admin, target, flood, { signal, deadlineMs: 15_000 });
  assert.ok('isLate' in cut && !cut.isLate && cut.stdout.length < 300_000);
  assert.equal(cut.problem, 'it printed too much');
});

test('words reach a program as they are, whatever they hold, and odd names reach no server', async () => {
  const once = { signal: new AbortController().signal, deadlineMs: 10_000 };
  const target = { namespace: 'shop', pod: 'checkout', container: 'app' };
  const hostile = ['$(touch /tmp/x)', '`id`', "'; exit 9; '", 'a&container=b', 'ü\n"', '%00'];
  const printed = await execInPod(admin, target, ['bash', '-c', 'printf "%s|" "$@"', 'podpath', ...hostile], once);
  assert.equal('stdout' in printed && printed.stdout, hostile.map((one) => `${one}|`).join(''));
  for (const name of ['../../secrets', 'a?b', 'A', 'x/exec', '', 'a b']) {
    const refused = await execInPod(admin, { ...target, pod: name }, ['true'], once);
    assert.match('isLate' in refused ? '' : refused.problem, /is no name of a pod, a container or a namespace/);
  }
});

test('a pod that is gone, and a server that says nothing, are sentences', async () => {
  const given = await plan('shop/checkout', to);
  assert.match(await problem({ ...given, pod: 'gone' }), /Pod shop\/gone is gone/);
  const network = new BadNetwork(plane);
  const access = await network.access(admin);
  network.become({ kind: 'refuse' });
  assert.match(await problem(given, { access }), /^Nothing can be run in pod shop\/checkout: /);
  network.become({ kind: 'silent' });
  const started = performance.now();
  const silent = await runProbe(options(given, { access, timing: { runMs: 1_000 } }));
  assert.ok(performance.now() - started < 15_000);
  assert.match(JSON.stringify(silent), /late|Nothing can be run/);
});
