import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Log } from 'sarif';
import { uriOf } from '../../src/cli/load.ts';
import { folderWith, podpath, root } from './run.ts';

const shop = 'examples/shop';

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, code } = await podpath([...args, '-o', 'json']);
  assert.equal(code, 0, stderr);
  const value = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(value['version'], 1);
  return value;
}

test('check: the shop has nothing to complain of', async () => {
  assert.deepEqual(await json('check', shop), { version: 1, findings: [] });
  const text = await podpath(['check', shop, '--fail-on', 'info']);
  assert.equal(text.stdout, 'no findings\n');
  assert.equal(text.code, 0);
});

test('check: a syntax error is a finding with its range, relative file and scope, and fails', async () => {
  const folder = folderWith({ 'broken.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: [x\n' });
  const { stdout, code } = await podpath(['check', folder, '-o', 'json']);
  assert.equal(code, 1);
  const { findings } = JSON.parse(stdout) as { findings: Record<string, unknown>[] };
  const [found] = findings;
  assert.equal(found?.['code'], 'manifest-syntax');
  assert.equal(found?.['severity'], 'error');
  assert.match(String(found?.['file']), /broken\.yaml$/);
  assert.deepEqual(Object.keys(found ?? {}).sort(), [
    'code',
    'file',
    'fixes',
    'message',
    'range',
    'related',
    'scope',
    'severity',
  ]);
});

/** A Service that means another label than its pods have, which has a fix; the file's name has what formats give a meaning. */
const mistaken = {
  'a b,c:d.yaml': `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: wep}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
`,
};

test('check: SARIF has the places, the rules and the fixes of what is found', async () => {
  const folder = folderWith(mistaken);
  const { stdout, code } = await podpath(['check', '-o', 'sarif', '--fail-on', 'warning'], '', folder);
  assert.equal(code, 1);
  const { version, runs } = JSON.parse(stdout) as Log;
  const [run] = runs;
  const [found] = run?.results ?? [];
  assert.equal(version, '2.1.0');
  assert.equal(run?.tool.driver.rules?.[found?.ruleIndex ?? -1]?.id, found?.ruleId);
  assert.deepEqual([found?.ruleId, found?.level], ['service-selects-no-pods', 'warning']);
  const place = found?.locations?.[0]?.physicalLocation;
  assert.equal(place?.artifactLocation?.uri, 'a%20b%2Cc%3Ad.yaml');
  assert.deepEqual(place?.region, { startLine: 5, startColumn: 19, endLine: 5, endColumn: 22 });
  const [change] = found?.fixes?.[0]?.artifactChanges ?? [];
  assert.equal(change?.artifactLocation.uri, place?.artifactLocation?.uri);
  assert.equal(change?.replacements[0]?.insertedContent?.text, 'web');
  const none = JSON.parse((await podpath(['check', shop, '-o', 'sarif'])).stdout) as Log;
  assert.deepEqual(none.runs[0]?.results, []);
});

test('check: commands of a GitHub workflow', async () => {
  const odd = 'apiVersion: v1\nkind: Service\nmetadata: {name: odd}\nspec:\n  ports: [{port: 80, protocol: "50%"}]\n';
  const folder = folderWith({ ...mistaken, 'odd.yaml': odd });
  const { stdout, code } = await podpath(['check', '-o', 'github'], '', folder);
  assert.equal(code, 1);
  const lines = stdout.trimEnd().split('\n');
  const form = /^::(error|warning|notice) file=[^:]+,line=\d+,endLine=\d+,.*title=[a-z-]+::\S/;
  for (const line of lines) assert.match(line, form);
  const place = 'file=a b%2Cc%3Ad.yaml,line=5,endLine=5,col=19,endColumn=22';
  assert.ok(lines[0]?.startsWith(`::warning ${place},title=service-selects-no-pods::`), lines[0]);
  assert.ok(lines.some((line) => line.startsWith('::error ') && line.includes('"50%25"')));
  assert.equal((await podpath(['check', shop, '-o', 'github'])).stdout, '');
});

test('check: --fail-on decides what fails', async () => {
  const text = `apiVersion: v1
kind: Service
metadata: {name: lonely}
spec: {selector: {app: nothing}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other}
spec: {containers: [{name: c, image: c}]}
`;
  const folder = folderWith({ 'service.yaml': text });
  assert.equal((await podpath(['check', folder])).code, 0);
  const failing = await podpath(['check', folder, '--fail-on', 'warning']);
  assert.equal(failing.code, 1);
  assert.match(failing.stdout, /service\.yaml:\d+:\d+ warning service-selects-no-pods\n/);
});

test('endpoints: as kubectl prints them', async () => {
  const { stdout, code } = await podpath(['endpoints', shop]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^NAMESPACE {3}NAME {16}ENDPOINTS$/);
  assert.match(lines[1] ?? '', /^shop {8}backend {13}(10\.244\.\d+\.\d+:9376,?){3}$/);
  const one = await json('endpoints', shop, '--service', 'shop/db');
  const [service] = one['services'] as Record<string, unknown>[];
  assert.deepEqual(service?.['clusterIPs'], ['None']);
  assert.deepEqual(
    ((service?.['endpoints'] ?? []) as Record<string, unknown>[]).map(({ pod, port, ready, simulated }) => [
      pod,
      port,
      ready,
      simulated,
    ]),
    [
      ['db-0', 5432, true, true],
      ['db-1', 5432, true, true],
    ],
  );
});

test('endpoints: an ExternalName has none, and a reason', async () => {
  const service =
    'apiVersion: v1\nkind: Service\nmetadata: {name: out}\nspec: {type: ExternalName, externalName: example.com}\n';
  const { stdout } = await podpath(['endpoints', '-', '-o', 'json'], service);
  const [one] = (JSON.parse(stdout) as { services: { endpoints: unknown[]; reasons: { text: string }[] }[] }).services;
  assert.deepEqual(one?.endpoints, []);
  assert.match(one?.reasons[0]?.text ?? '', /example\.com/);
});

test('trace: each disposition has its exit code', async () => {
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['shop/Deployment/frontend', 'shop/svc/backend:8080', 0, /^✓ Delivered/],
    ['shop/Deployment/frontend', 'shop/svc/db:5432', 1, /^✗ Denied on the way/],
    ['shop/Deployment/frontend', 'shop/svc/nothing', 1, /^✗ No such Service/],
    ['shop/frontend[deployment]', 'shop/SVC/backend:http', 0, /^✓ Delivered.* shop\/SVC\/backend:http \(TCP\)/],
    ['shop/Deployment/nothing', 'shop/svc/backend', 2, /^$/],
    ['shop/svc/backend', 'shop/svc/db', 2, /^$/],
    ['203.0.113.7', 'http://shop.example/', 0, /^✓ Delivered/],
    ['node/node-1', 'shop/svc/backend:8080', 1, /^✗ Denied|^◑/],
  ];
  for (const [from, to, code, headline] of cases) {
    const result = await podpath(['trace', from, to, shop]);
    assert.equal(result.code, code, `${from} ${to}: ${result.stdout}${result.stderr}`);
    assert.match(result.stdout, headline);
    assert.equal(result.stderr === '', code !== 2, 'only what can not be asked says something on stderr');
  }
});

test('trace: not known is 3, not enforced is 0', async () => {
  const unmodelled = `apiVersion: vpcresources.k8s.aws/v1beta1
kind: SecurityGroupPolicy
metadata: {name: some, namespace: shop}
spec: {podSelector: {}}
`;
  const folder = folderWith({
    'pods.yaml': readFileSync(join(root, shop, 'backend.yaml'), 'utf8'),
    'front.yaml': readFileSync(join(root, shop, 'frontend.yaml'), 'utf8'),
    'firewall.yaml': unmodelled,
  });
  const ends = ['shop/Deployment/frontend', 'shop/svc/backend:8080'];
  assert.equal((await podpath(['trace', ...ends, folder])).code, 3);
  const flannel = await podpath([
    'trace',
    'shop/Deployment/frontend',
    'shop/svc/db:5432',
    shop,
    '--assume',
    'cni=flannel-vxlan',
  ]);
  assert.match(flannel.stdout, /nothing enforces it/);
  assert.equal(flannel.code, 0);
});

test('trace: JSON is a Trace; Mermaid draws every branch', async () => {
  const ends = ['shop/Deployment/frontend', 'shop/svc/backend:8080', shop];
  const answer = await json('trace', ...ends);
  assert.equal(answer['disposition'], 'delivered');
  const branches = answer['branches'] as { probability: number; forward: unknown[]; reverse: unknown[] }[];
  assert.equal(branches.length, 3);
  assert.ok(Math.abs(branches.reduce((sum, one) => sum + one.probability, 0) - 1) < 1e-9);
  assert.ok(branches.every((one) => one.forward.length > 1 && one.reverse.length > 1));
  const drawn = await podpath(['trace', ...ends, '-o', 'mermaid']);
  assert.equal(drawn.stdout.match(/^flowchart LR$/gm)?.length, 3);
});

test('connectivity: text, JSON, Mermaid, dot, CSV, and filters', async () => {
  const list = await json('connectivity', shop);
  assert.deepEqual(list['workloads'], [
    'shop/backend[Deployment]',
    'shop/db[StatefulSet]',
    'shop/frontend[Deployment]',
  ]);
  const connections = list['connections'] as { from: string; to: string; ports: unknown }[];
  assert.deepEqual(
    connections.find((one) => one.to === 'shop/db[StatefulSet]'),
    {
      from: 'shop/backend[Deployment]',
      to: 'shop/db[StatefulSet]',
      ports: [{ protocol: 'TCP', from: 5432, to: 5432 }],
    },
  );
  const filtered = await json('connectivity', shop, '--from', 'shop/Deployment/frontend', '--to', 'shop/svc/backend');
  assert.deepEqual(
    (filtered['connections'] as { from: string }[]).map((one) => one.from),
    ['shop/frontend[Deployment]'],
  );
  assert.match((await podpath(['connectivity', shop, '-o', 'mermaid'])).stdout, /^flowchart LR\n/);
  assert.match(
    (await podpath(['connectivity', shop, '-o', 'dot'])).stdout,
    /^digraph podpath \{\n[\s\S]*-> "shop\/db\[StatefulSet\]"/,
  );
  assert.equal((await podpath(['connectivity', shop, '--from', 'shop/nobody'])).code, 2);
  const csv = (await podpath(['connectivity', shop, '-o', 'csv'])).stdout.split('\r\n');
  assert.deepEqual(
    [csv[0], csv.at(-1), csv.length],
    ['from,to,ports', '', (list['connections'] as object[]).length + 2],
  );
  assert.ok(csv.includes('shop/frontend[Deployment],shop/backend[Deployment],TCP 9376'));
});

test('connectivity: pods that nobody made are told apart by their names, however alike they are', async () => {
  const pod = (name: string) => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: a, labels: { app: w } }
spec: { containers: [{ name: c, image: i }] }
`;
  const path = folderWith({ 'pods.yaml': [pod('w1'), pod('w2')].join('---\n') });
  const { connections } = await json('connectivity', path, '--from', 'a/w2');
  const own = (connections as { from: string }[]).filter(({ from }) => from.startsWith('a/'));
  assert.deepEqual([...new Set(own.map(({ from }) => from))], ['a/w2[Pod]']);
});

test('test: assertions that hold, and one that does not', async () => {
  const { results } = (await json('test', shop)) as { results: { pass: boolean; file: string; scope: string }[] };
  assert.equal(results.length, 5);
  assert.ok(results.every((one) => one.pass && one.file === 'examples/shop/podpath.yaml' && one.scope === 'shop'));
  const folder = folderWith({
    'tests.yaml': `apiVersion: podpath.dev/v1alpha1
kind: ConnectivityTest
metadata: {name: wrong}
spec:
  assertions:
    - {from: shop/Deployment/frontend, to: shop/svc/db, port: 5432, expect: allowed}
    - {from: shop/Deployment/nobody, to: shop/svc/db, port: 5432, expect: denied}
`,
  });
  const failing = await podpath(['test', shop, '--assertions', join(folder, 'tests.yaml'), '-o', 'json']);
  assert.equal(failing.code, 1);
  const wrong = JSON.parse(failing.stdout) as { results: { actual: string; pass: boolean }[] };
  assert.deepEqual(
    wrong.results.map(({ actual, pass }) => [actual, pass]),
    [
      ['denied', false],
      ['unknown', false],
    ],
  );
});

test('graph: boxes and arrows', async () => {
  const { nodes, edges } = (await json('graph', shop)) as {
    nodes: { id: string; kind: string }[];
    edges: { from: string; to: string; kind: string }[];
  };
  assert.ok(nodes.some((one) => one.kind === 'ingress'));
  const ids = new Set(nodes.map((one) => one.id));
  assert.ok(edges.every(({ from, to }) => ids.has(from) && ids.has(to)));
  assert.deepEqual([...new Set(edges.map((one) => one.kind))].sort(), ['allows', 'routes', 'selects']);
  assert.match((await podpath(['graph', shop, '-o', 'dot'])).stdout, /^digraph podpath/);
  assert.match((await podpath(['graph', shop])).stdout, /^flowchart LR\n/);
});

const frontend = 'shop/Deployment/frontend';

test('what can not be understood or read exits with 2 and says why on stderr', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['nonsense'], /nonsense is not a command/],
    [['check', '/no/such/folder'], /no such file or folder/],
    [['check', '.', '-o', 'yaml'], /prints text, json, sarif, github/],
    [['check', '--kubeconfig', 'none.kubeconfig'], /none\.kubeconfig does not exist/],
    [['watch'], /watch needs --context or --kubeconfig/],
    [['trace', 'shop/a'], /needs FROM and TO/],
    [['trace', 'a b', 'shop/svc/backend', shop], /is not an end/],
    [['check', shop, '--assume', 'cni'], /cni/],
    [['check', shop, '--assume', 'color=red'], /color/],
    [['endpoints', shop, '--service', 'shop/none'], /there is no Service/],
    [['check', shop, '--bogus'], /bogus/],
    [['check', shop, '--scope', 'nowhere'], /there is no scope nowhere/],
    [['test', shop, '--scope', 'nowhere'], /there is no scope nowhere/],
    [['trace', '203.0.113.7', 'shop/svc/backend', shop, '--node', 'nowhere'], /there is no node nowhere/],
    [['trace', frontend, 'shop/svc/backend:99999', shop], /99999 is no port/],
    [['trace', frontend, '8.8.8.8:0', shop], /0 is no port/],
    [['trace', frontend, '[2001:db8::1', shop], /is not an end/],
    [[], /which command/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await podpath(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, message);
  }
});

test('paths that have nothing in common but the root are one workspace', async () => {
  const folder = folderWith({ 'a.yaml': service('elsewhere') });
  const { stdout, stderr } = await podpath(['endpoints', folder, join(root, shop), '-o', 'json']);
  assert.equal(stderr, '');
  const { services } = JSON.parse(stdout) as { services: { name: string }[] };
  assert(['elsewhere', 'backend'].every((wanted) => services.some(({ name }) => name === wanted)));
});

test('the engine has files with / between steps, whatever the system writes', () => {
  assert.equal(uriOf('C:\\shop\\web.yaml', '\\'), 'C:/shop/web.yaml');
  assert.equal(uriOf('C:\\', '\\'), 'C:');
  assert.equal(uriOf('/', '/'), '');
});

test('a link to a file elsewhere is read; one to a file of the same folder is not read twice', async () => {
  const elsewhere = folderWith({ 'a.yaml': service('linked') });
  const folder = folderWith({ 'own.yaml': service('own') });
  symlinkSync(join(elsewhere, 'a.yaml'), join(folder, 'link.yaml'));
  symlinkSync(join(folder, 'own.yaml'), join(folder, 'again.yaml'));
  symlinkSync(join(folder, 'gone.yaml'), join(folder, 'broken.yaml'));
  const { stdout } = await podpath(['endpoints', folder, '-o', 'json']);
  const { services } = JSON.parse(stdout) as { services: { name: string }[] };
  assert.deepEqual(services.map(({ name }) => name).sort(), ['linked', 'own']);
  assert.doesNotMatch((await podpath(['check', folder])).stdout, /duplicate/);
});

function service(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n`;
}

test('several scopes: named, listed, or taken as one', async () => {
  const service = (port: number): string =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: same}\nspec: {selector: {a: b}, ports: [{port: ${port}}]}\n`;
  const folder = folderWith({
    'podpath.yaml': 'scopes: [{name: one, paths: [a.yaml]}, {name: two, paths: [b.yaml]}]\n',
    'a.yaml': service(80),
    'b.yaml': service(81),
  });
  const several = await podpath(['endpoints', folder]);
  assert.equal(several.code, 2);
  assert.match(several.stderr, /one \(1 objects\)[\s\S]*two \(1 objects\)/);
  const two = await podpath(['endpoints', folder, '--scope', 'two', '-o', 'json']);
  assert.equal(
    (JSON.parse(two.stdout) as { services: { ports: { port: number }[] }[] }).services[0]?.ports[0]?.port,
    81,
  );
  assert.equal((await podpath(['endpoints', folder, '--all-as-one'])).code, 0);
  assert.equal((await podpath(['endpoints', folder, '--scope', 'three'])).code, 2);
});

test('explain: the rules of the pods’ own port behind a Service’s port, with their places', async () => {
  const { stdout, code } = await podpath(['explain', 'shop/Deployment/frontend', 'shop/svc/backend:8080', shop]);
  assert.equal(code, 0);
  assert.match(stdout, /TCP 9376: allowed/);
  assert.match(stdout, /egress: NetworkPolicy shop\/frontend-open allows it/);
  assert.match(stdout, /NetworkPolicy shop\/allow-frontend {2}examples\/shop\/policies\.yaml:\d+/);
  assert.doesNotMatch(stdout, /denied/);
});

test('explain: a denial names who isolates and the rule that comes nearest', async () => {
  const { stdout } = await podpath(['explain', 'shop/Deployment/frontend', 'shop/svc/db:5432', shop]);
  assert.match(stdout, /: denied\n/);
  assert.match(stdout, /ingress: no rule allows it/);
  assert.match(stdout, /nearest: NetworkPolicy shop\/allow-backend/);
});

test('exposure: what workloads are open to that is not in the files, and of one workload alone', async () => {
  const { stdout, code } = await podpath(['exposure', shop]);
  assert.equal(code, 0);
  assert.match(stdout, /shop\/frontend\[Deployment\] +← +any pod +TCP 8080/);
  assert.match(stdout, /shop\/frontend\[Deployment\] +← +0\.0\.0\.0-255\.255\.255\.255 +TCP 8080/);
  assert.match(stdout, /backend\[Deployment\] +← +any pod in namespace ingress-nginx/);
  assert.doesNotMatch(stdout, /db\[StatefulSet\] +←/);
  const one = await podpath(['exposure', shop, '--workload', 'shop/Deployment/frontend']);
  assert.doesNotMatch(one.stdout, /backend/);
});

test('diff: two folders, with the rules behind each change; 1 where they differ, 0 where not', async () => {
  const text = readFileSync(join(root, shop, 'policies.yaml'), 'utf8');
  const files = Object.fromEntries(
    ['backend', 'database', 'frontend'].map((name) => [
      `${name}.yaml`,
      readFileSync(join(root, shop, `${name}.yaml`), 'utf8'),
    ]),
  );
  const old = folderWith({ ...files, 'policies.yaml': text });
  const now = folderWith({ ...files, 'policies.yaml': text.replaceAll('port: 9376', 'port: 9377') });
  const { stdout, code } = await podpath(['diff', old, now]);
  assert.equal(code, 1);
  assert.match(stdout, /^~ shop\/frontend\[Deployment\] → shop\/backend\[Deployment\] {2}TCP 9376 → TCP 9377$/m);
  assert.match(stdout, /because of NetworkPolicy shop\/frontend-open \(.*policies\.yaml:\d+\)/);
  const markdown = await podpath(['diff', old, now, '-o', 'markdown']);
  assert.match(markdown.stdout, /^### Connectivity: this change changes 1$/m);
  assert.match(markdown.stdout, /```mermaid\nflowchart LR\n/);
  assert.equal((await podpath(['diff', old, old])).code, 0);
});

test('diff: git revisions, and neither a folder nor a revision exits 2', async () => {
  const folder = folderWith({ 'pods.yaml': pods(8080) });
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t', ...args], { cwd: folder });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  writeFileSync(join(folder, 'policy.yaml'), deny);
  git('add', '.');
  git('commit', '-qm', 'second');
  const { stdout, code } = await podpath(['diff', 'HEAD~1', 'HEAD'], '', folder);
  assert.equal(code, 1);
  assert.match(stdout, /^- default\/web\[Pod\] → default\/api\[Pod\] {2}all ports$/m);
  assert.equal((await podpath(['diff', 'HEAD', folder])).code, 2);
  assert.equal((await podpath(['diff', '--', '--output=x', folder], '', folder)).code, 2);
});

const pods = (port: number): string =>
  ['api', 'web']
    .map(
      (name) =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: ${name}}}\nspec: {containers: [{name: c, image: c, ports: [{containerPort: ${port}}]}]}\n`,
    )
    .join('---\n');

const deny = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {matchLabels: {app: api}}}
`;

test('suggest: the policies of today’s connectivity give today’s connectivity', async () => {
  const { stdout, code } = await podpath(['suggest', shop]);
  assert.equal(code, 0);
  const files = Object.fromEntries(
    ['backend', 'database', 'frontend'].map((name) => [
      `${name}.yaml`,
      readFileSync(join(root, shop, `${name}.yaml`), 'utf8'),
    ]),
  );
  const folder = folderWith({ ...files, 'policies.yaml': stdout });
  const { code: difference, stdout: what } = await podpath(['diff', shop, folder]);
  assert.equal(difference, 0, what);
});

test('suggest: policies made of the assertions fulfil them', async () => {
  const { stdout } = await podpath(['suggest', shop, '--by', 'assertions']);
  const names = ['backend.yaml', 'database.yaml', 'frontend.yaml', 'podpath.yaml'];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(root, shop, name), 'utf8')]));
  const folder = folderWith({ ...files, 'policies.yaml': stdout });
  const { code, stdout: what } = await podpath(['test', folder]);
  assert.equal(code, 0, what);
});

test('test: JUnit has a case for each assertion and says why one fails', async () => {
  const folder = folderWith({
    'pods.yaml': pods(8080),
    'podpath.yaml': 'tests:\n  - {from: default/web, to: default/api, port: 8080, expect: denied}\n',
  });
  const { stdout, code } = await podpath(['test', folder, '-o', 'junit']);
  assert.equal(code, 1);
  assert.match(stdout, /<testsuite name=".*podpath\.yaml" tests="1" failures="1">/);
  assert.match(stdout, /<failure message="allowed, expected denied">No policy isolates either end/);
});

test('a terminal does not obey names; JSON has them as they are', async () => {
  const name = 'a\u001b[31m\u202Eb';
  const folder = folderWith({
    'a.yaml': `apiVersion: v1\nkind: Service\nmetadata: {name: "a\\e[31m\\u202Eb"}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n`,
  });
  const text = await podpath(['endpoints', folder]);
  assert.match(text.stdout, /a\uFFFD\[31m\uFFFDb/);
  assert.ok(!text.stdout.includes('\u001b') && !text.stdout.includes('\u202E'));
  const { stdout } = await podpath(['endpoints', folder, '-o', 'json']);
  assert.equal((JSON.parse(stdout) as { services: { name: string }[] }).services[0]?.name, name);
});

test('check: a priority that OVN-Kubernetes does not take protects nothing there', async () => {
  const subject = 'subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]';
  const policy = (name: string, priority: number): string =>
    `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: ${name}}\nspec:\n  priority: ${priority}\n  ${subject.replace(', ', '\n  ')}\n`;
  const folder = folderWith({ 'a.yaml': policy('last', 99), 'b.yaml': policy('beyond', 100) });
  const checked = async (...rest: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await podpath(['check', folder, '-o', 'json', ...rest]);
    const { findings } = JSON.parse(stdout) as {
      findings: { code: string; message: string; range: { start: { line: number } } }[];
    };
    return findings.map(({ code, message, range }) => `${code} ${range.start.line} ${message}`);
  };
  const said = 'policy-not-enforced 4 OVN-Kubernetes takes priorities up to 99 alone: beyond protects nothing.';
  assert.deepEqual(await checked('--assume', 'cni=ovn-kubernetes'), [said]);
  assert.deepEqual(await checked(), []);
});
