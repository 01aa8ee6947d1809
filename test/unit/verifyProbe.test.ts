// What is run to verify a trace, and how its output is read and judged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  type Change,
  finish,
  type JsonObject,
  judgeProbe,
  type Observation,
  type ProbeCommand,
  type ProbePlan,
  type ProbeReading,
  type ProbeRun,
  query,
  readConnect,
  readDocuments,
  readLookup,
  type TraceRequest,
} from '../../src/engine/index.ts';
import { asLive } from '../live.ts';

const objects = `
kind: Node
apiVersion: v1
metadata: {name: node-1}
spec: {podCIDR: 10.244.1.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.11}]}
---
kind: Pod
apiVersion: v1
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: logs, image: l}, {name: web, image: w}]}
status: {phase: Running, podIP: 10.244.1.5, conditions: [{type: Ready, status: "True"}]}
---
kind: Pod
apiVersion: v1
metadata: {name: api-1, namespace: shop, labels: {app: api}}
spec: {nodeName: node-1, containers: [{name: api, image: a, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.244.1.6, conditions: [{type: Ready, status: "True"}]}
---
kind: Service
apiVersion: v1
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.7.7, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
`;
const second = `---
kind: Pod
apiVersion: v1
metadata: {name: api-2, namespace: shop, labels: {app: api}}
spec: {nodeName: node-1, containers: [{name: api, image: a, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.244.1.7, conditions: [{type: Ready, status: "True"}]}
`;
const denied = `---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: none, namespace: shop}
spec: {podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress]}
`;
const calico = `---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: calico-node, namespace: kube-system}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: calico-node, image: calico/node}]}}}
`;

function live(text: string): Change {
  const resources = readDocuments(text).flatMap(({ value }) => asLive(value as JsonObject, 'prod') ?? []);
  return { clusters: [{ context: 'prod', resources, missing: [], unread: [] }] };
}

const ingress = `---
kind: Service
apiVersion: v1
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec: {clusterIP: 10.96.7.9, selector: {app: controller}, ports: [{port: 80}]}
`;

const asked: TraceRequest = { from: 'shop/web', to: 'shop/svc/api:80', protocol: 'TCP' };

function probed(change: Change, request: Partial<TraceRequest> = {}) {
  return finish(query(new AnalysisHost().apply(change), 'probe', { ...asked, ...request }));
}

function planned(text: string, request: Partial<TraceRequest> = {}): ProbePlan {
  const plan = probed(live(text), request);
  assert.ok('questions' in plan, JSON.stringify(plan));
  return plan;
}

function problemOf(change: Change, request: Partial<TraceRequest> = {}): string {
  const plan = probed(change, request);
  return 'problem' in plan ? plan.problem : 'none';
}

/** Every question answered alike, by kind. */
function seen(plan: ProbePlan, lookup: ProbeReading, connect: ProbeReading): readonly Observation[] {
  return plan.questions.map(({ kind }, question) => {
    return { question, container: 'web', tool: 'python3', reading: kind === 'lookup' ? lookup : connect, said: 'x' };
  });
}

const found = (...addresses: readonly string[]): ProbeReading => ({ kind: 'lookup', addresses });
const connected = { kind: 'connect', sees: 'connected', local: '10.244.1.5' } as const;
const timedOut = { kind: 'connect', sees: 'timeout' } as const;

test('a plan asks for the name and the address that the trace rests on, in the containers that may know', () => {
  const plan = planned(objects);
  assert.deepEqual([plan.context, plan.namespace, plan.pod], ['prod', 'shop', 'web']);
  assert.deepEqual(plan.containers, ['logs', 'web']);
  const [lookup, connect] = plan.questions;
  assert.ok(lookup?.kind === 'lookup' && connect?.kind === 'connect');
  assert.deepEqual([lookup.name, lookup.expected], ['api.shop.svc.cluster.local', ['10.96.7.7']]);
  assert.deepEqual([connect.ip, connect.port, connect.expected], ['10.96.7.7', 80, ['connected']]);
  assert.deepEqual([connect.sources, connect.branches], [['10.244.1.5'], [0]]);
  // One Service of two endpoints is one address and two branches; a workload is an address each.
  assert.deepEqual(planned(objects + second).questions.length, 2);
  const pods = planned(objects + second, { to: 'shop/api-2:8080' }).questions;
  assert.deepEqual(
    pods.map((one) => (one.kind === 'connect' ? one.ip : one.name)),
    ['10.244.1.7'],
  );
  const none = planned(objects, { to: 'nothing.shop.svc.cluster.local:80' }).questions;
  assert.deepEqual(
    none.map((one) => [one.kind, one.expected]),
    [['lookup', []]],
  );
});

test('what can not be verified is said, and nothing is planned', () => {
  const cases: readonly (readonly [RegExp, Change, Partial<TraceRequest>])[] = [
    [/URL is traced through an Ingress/, live(objects + ingress), { to: 'http://shop.example/' }],
    [/Only a connection from a pod or a workload/, live(objects), { from: 'node/node-1' }],
    [/Only a connection from a pod or a workload/, live(objects), { from: '203.0.113.7', to: 'shop/api-1:8080' }],
    [
      /Pod shop\/web does not run/,
      live(objects.replace('Running, podIP: 10.244.1.5', 'Failed, podIP: 10.244.1.5')),
      {},
    ],
    [/SCTP answers nothing by itself/, live(objects), { to: 'shop/api-1:8080', protocol: 'SCTP' }],
    [/nothing to connect to/, live(objects), { to: 'example.com:443' }],
    [/There is no shop\/gone/, live(objects), { from: 'shop/gone' }],
    [
      /is made of files: only a trace in a running cluster/,
      { folders: [{ uri: 'w', name: 'w' }], saved: [{ uri: 'w/a.yaml', text: objects }] },
      {},
    ],
    [
      /is files laid over prod: what is not applied/,
      {
        ...live(objects),
        folders: [{ uri: 'w', name: 'w' }],
        saved: [
          { uri: 'w/a.yaml', text: denied },
          { uri: 'w/podpath.yaml', text: 'scopes: [{name: whatif, paths: [a.yaml], context: prod}]' },
        ],
      },
      { scope: 'whatif' },
    ],
  ];
  for (const [pattern, change, request] of cases) assert.match(problemOf(change, request), pattern);
});

test('a UDP trace by name may still be compared in its name', () => {
  const plan = planned(`${objects.replace('port: 80,', 'port: 80, protocol: UDP,')}`, { protocol: 'UDP' });
  assert.deepEqual(
    plan.questions.map(({ kind }) => kind),
    ['lookup'],
  );
  assert.match(plan.untested.join(), /^UDP answers nothing by itself/);
});

test('hostile names are words of a command at most, and never an option or a part of a script', () => {
  for (const name of ['-oProxyCommand=x', '$(touch x)', 'a b', "'; rm -rf /;'", '--help', 'x\ny', '`id`', 'a;id']) {
    const plan = probed(live(objects), { to: `${name}:80` });
    const argv =
      'questions' in plan ? plan.questions.flatMap(({ commands }) => commands.flatMap((one) => one.argv)) : [];
    assert.deepEqual(
      argv.filter((word) => word.includes(name)),
      [],
    );
  }
  const plan = planned(objects);
  const scripts = plan.questions.flatMap(({ commands }) =>
    commands.map(({ argv }) => argv[argv.indexOf('-c') + 1] ?? ''),
  );
  for (const script of scripts) assert.doesNotMatch(script, /10\.96\.7\.7|api\.shop/);
});

/** A run that ended well, but for what is given; what was not started, or not in time, has no exit code. */
const run = (given: Partial<ProbeRun>): ProbeRun => {
  const base = { stdout: '', stderr: '', isLate: false, problem: '' };
  const ended = given.isLate === true || given.problem !== undefined ? {} : { exitCode: 0 };
  return { ...base, ...ended, ...given };
};
const command = (tool: ProbeCommand['tool']): ProbeCommand => ({ tool, argv: [tool] });

/** As these programs printed it: Debian 12's bash, coreutils, OpenBSD netcat and busybox, Python 3.11. */
const connects: readonly (readonly [ProbeCommand['tool'], Partial<ProbeRun>, object])[] = [
  ['python3', { stdout: 'connected from 10.244.1.5\n' }, connected],
  ['python3', { exitCode: 1, stderr: 'ConnectionRefusedError: [Errno 111] Connection refused\n' }, { sees: 'refused' }],
  ['python3', { exitCode: 1, stderr: 'TimeoutError: timed out\n' }, { sees: 'timeout' }],
  ['python3', { exitCode: 1, stderr: 'OSError: [Errno 113] No route to host\n' }, { sees: 'unreachable' }],
  ['python3', { exitCode: 1, stderr: 'OSError: [Errno 101] Network is unreachable\n' }, { sees: 'unreachable' }],
  ['python3', { exitCode: 1, stderr: 'SyntaxError: invalid syntax\n' }, { kind: 'unread' }],
  ['bash', { stdout: 'connected\n' }, { sees: 'connected' }],
  [
    'bash',
    {
      stdout:
        'connected\n  34: 0501F40A:D9E2 0707600A:0050 01 00000000:00000000 00:00000000 00000000     0        0 68327 2\n',
    },
    { sees: 'connected', local: '10.244.1.5' },
  ],
  ['bash', { exitCode: 124 }, { sees: 'timeout' }],
  ['bash', { exitCode: 143, stderr: 'Terminated\n' }, { sees: 'timeout' }],
  ['bash', { exitCode: 127, stderr: "timeout: failed to run command 'bash': No such file" }, { kind: 'no-tool' }],
  [
    'bash',
    { exitCode: 1, stderr: 'podpath: line 1: /dev/tcp/10.96.7.7/80: Connection refused\n' },
    { sees: 'refused' },
  ],
  ['nc', { stderr: 'Connection to 10.96.7.7 80 port [tcp/*] succeeded!\n' }, { sees: 'connected' }],
  [
    'nc',
    { exitCode: 1, stderr: 'nc: connect to 10.96.7.7 port 80 (tcp) failed: Connection refused\n' },
    { sees: 'refused' },
  ],
  [
    'nc',
    { exitCode: 1, stderr: 'nc: connect to 10.96.7.7 port 80 (tcp) timed out: Operation now in progress\n' },
    { sees: 'timeout' },
  ],
  ['nc', { exitCode: 1, stderr: "nc: invalid option -- 'z'\nBusyBox v1.35.0\n\nUsage: nc\n" }, { kind: 'no-tool' }],
  ['nc', { isLate: true }, { kind: 'late' }],
  ['nc', { problem: 'exec: "nc": executable file not found in $PATH: unknown' }, { kind: 'no-tool' }],
  ['nc', { problem: 'container is restarting' }, { kind: 'unread' }],
];

test('what programs print about a connection is read, and what nobody knows is not guessed', () => {
  for (const [tool, printed, wanted] of connects) {
    const reading = readConnect(command(tool), '10.96.7.7', 80, run(printed));
    assert.deepEqual(reading, { kind: 'connect', ...wanted }, JSON.stringify([tool, printed]));
  }
  const six =
    '  1: 00000000000000000000000001000000:A9C4 00000000000000000000000001000000:46A0 01 0:0 00:0 0 0 0 1 2\n';
  assert.deepEqual(readConnect(command('bash'), '::1', 18080, run({ stdout: `connected\n${six}` })), {
    kind: 'connect',
    sees: 'connected',
    local: '::1',
  });
});

test('what programs print about a name is read', () => {
  const name = 'api.shop.svc.cluster.local';
  const cases: readonly (readonly [ProbeCommand['tool'], string, Partial<ProbeRun>, ProbeReading])[] = [
    ['getent', name, { stdout: '10.96.7.7       STREAM api\n10.96.7.7       DGRAM  \n' }, found('10.96.7.7')],
    ['getent', name, { exitCode: 2 }, found()],
    ['getent', name, { exitCode: 124 }, found()],
    ['getent', name, { exitCode: 127, stderr: 'timeout: failed to run command' }, { kind: 'no-tool' }],
    ['python3', name, { stdout: '10.96.7.8\n10.96.7.7\n' }, found('10.96.7.7', '10.96.7.8')],
    ['python3', name, { exitCode: 1, stderr: 'socket.gaierror: [Errno -2] Name or service not known\n' }, found()],
    [
      'nslookup',
      name,
      { stdout: 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tapi\nAddress: 10.96.7.7\n' },
      found('10.96.7.7'),
    ],
    [
      'nslookup',
      name,
      { exitCode: 1, stdout: "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n** server can't find api: NXDOMAIN\n" },
      found(),
    ],
    // Busybox's nslookup does not use the search path: that it does not know a short name says nothing.
    ['nslookup', 'api', { exitCode: 1, stdout: "** server can't find api: NXDOMAIN\n" }, { kind: 'no-tool' }],
    ['getent', name, { isLate: true }, { kind: 'late' }],
  ];
  for (const [tool, asking, printed, wanted] of cases) {
    assert.deepEqual(readLookup(command(tool), asking, run(printed)), wanted, JSON.stringify([tool, printed]));
  }
});

const verdicts = (plan: ProbePlan, all: readonly Observation[]) =>
  Object.fromEntries(judgeProbe(plan, all).checks.map(({ kind, verdict }) => [kind, verdict]));

test('a trace is confirmed by what was seen, and what a client can not see stays open', () => {
  const plan = planned(objects);
  const answer = judgeProbe(plan, seen(plan, found('10.96.7.7'), connected));
  assert.equal(answer.verdict, 'confirmed');
  assert.match(answer.summary, /confirms this trace in 3 of 4 points/);
  assert.equal(answer.where, 'pod shop/web, container web, with python3');
  assert.deepEqual(verdicts(plan, seen(plan, found('10.96.7.7'), connected)), {
    dns: 'confirmed',
    connection: 'confirmed',
    source: 'confirmed',
    server: 'not-tested',
  });
  const marks = answer.branches[0]?.forward.map(({ verdict }) => verdict) ?? [];
  const kinds = plan.trace.branches[0]?.forward.flatMap(({ steps }) => steps.map(({ kind }) => kind)) ?? [];
  assert.equal(marks.length, kinds.length);
  for (const [index, kind] of kinds.entries()) {
    const isShown = kind === 'originate' || kind === 'deliver';
    assert.equal(marks[index], isShown ? 'confirmed' : 'not-tested', kind);
  }
  assert.ok(kinds.includes('deliver') && kinds.includes('dnat'));
});

test('each thing that differs is contradicted', () => {
  const plan = planned(objects);
  const cases: readonly (readonly [ProbeReading, ProbeReading, object])[] = [
    [found('10.96.7.8'), connected, { dns: 'contradicted', connection: 'confirmed' }],
    [found(), timedOut, { dns: 'contradicted', connection: 'contradicted' }],
    [found('10.96.7.7'), { ...connected, local: '10.244.1.99' }, { source: 'contradicted' }],
    [found('10.96.7.7'), { kind: 'connect', sees: 'connected' }, { source: 'not-tested' }],
    [found('10.96.7.7'), { kind: 'connect', sees: 'refused' }, { connection: 'contradicted' }],
    [{ kind: 'late' }, { kind: 'unread' }, { dns: 'not-tested', connection: 'not-tested' }],
    [{ kind: 'no-tool' }, { kind: 'no-tool' }, { dns: 'not-tested', connection: 'not-tested' }],
  ];
  for (const [lookup, connect, wanted] of cases) {
    const all = verdicts(plan, seen(plan, lookup, connect));
    for (const [kind, verdict] of Object.entries(wanted))
      assert.equal(all[kind], verdict, JSON.stringify([lookup, connect]));
  }
  const refused = judgeProbe(plan, seen(plan, found('10.96.7.7'), { kind: 'connect', sees: 'refused' }));
  assert.match(
    refused.summary,
    /^The cluster contradicts this trace: The trace says connected; .* refused \(nothing may/,
  );
});

test('a denial is confirmed by silence, contradicted by a connection, and left open by a refusal', () => {
  const plan = planned(objects + denied + calico);
  assert.equal(plan.trace.disposition, 'denied-ingress');
  const policyMark = (reading: ProbeReading) => {
    const steps = plan.trace.branches[0]?.forward.flatMap((hop) => hop.steps) ?? [];
    const index = steps.findIndex(({ kind }) => kind === 'ingress-policy');
    return judgeProbe(plan, seen(plan, found('10.96.7.7'), reading)).branches[0]?.forward[index]?.verdict;
  };
  assert.equal(policyMark(timedOut), 'confirmed');
  assert.equal(policyMark(connected), 'contradicted');
  assert.equal(policyMark({ kind: 'connect', sees: 'refused' }), 'not-tested');
});

test('where a proxy opens every connection first, an open one shows nothing, and silence still does', () => {
  const sidecar = objects.replace('{name: logs, image: l}', '{name: istio-proxy, image: p}');
  const linkerd = objects.replace('{name: logs, image: l}', '{name: linkerd-proxy, image: p}');
  const ambient = objects.replace(
    'name: api-1, namespace: shop,',
    'name: api-1, namespace: shop, annotations: {ambient.istio.io/redirection: enabled},',
  );
  const requests = `${objects}---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: web}}]
      toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: /v1}]}}]
---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: cilium, namespace: kube-system}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: cilium-agent, image: quay.io/cilium/cilium}]}}}
`;
  const cases = [
    [sidecar, /proxy of the mesh takes the connections of pod shop\/web/],
    [linkerd, /proxy of the mesh takes the connections of pod shop\/web/],
    [ambient, /proxy of the mesh takes the connections of pod shop\/api-1/],
    [requests, /each request is judged by itself \(only GET \/v1/],
  ] as const;
  for (const [text, why] of cases) {
    const plan = planned(text);
    assert.ok(!plan.containers.some((one) => one.endsWith('-proxy')));
    const open = judgeProbe(plan, seen(plan, found('10.96.7.7'), connected));
    const check = open.checks.find(({ kind }) => kind === 'connection');
    assert.equal(check?.verdict, 'not-tested');
    assert.match(check?.why ?? '', why);
    const kinds = plan.trace.branches[0]?.forward.flatMap(({ steps }) => steps.map(({ kind }) => kind)) ?? [];
    assert.equal(open.branches[0]?.forward[kinds.indexOf('deliver')]?.verdict, 'not-tested');
    const silent = judgeProbe(plan, seen(plan, found('10.96.7.7'), timedOut));
    assert.equal(silent.checks.find(({ kind }) => kind === 'connection')?.verdict, 'contradicted');
  }
});

test('one connection to a Service of two endpoints does not say which of them answered', () => {
  const plan = planned(objects + second);
  const answer = judgeProbe(plan, seen(plan, found('10.96.7.7'), connected));
  assert.equal(answer.verdict, 'confirmed');
  assert.equal(answer.branches.length, 2);
  const deliver = plan.trace.branches[0]?.forward
    .flatMap((hop) => hop.steps)
    .findIndex(({ kind }) => kind === 'deliver');
  const mark = answer.branches[0]?.forward[deliver ?? -1];
  assert.deepEqual([mark?.verdict, mark?.why], ['not-tested', 'One of 2 ways was taken; which one is not shown']);
});

test('a name without an answer confirms that there is none, and questions without a program are said to lack one', () => {
  const plan = planned(objects, { to: 'nothing.shop.svc.cluster.local:80' });
  assert.equal(judgeProbe(plan, seen(plan, found(), timedOut)).verdict, 'confirmed');
  assert.equal(judgeProbe(plan, seen(plan, found('10.0.0.1'), timedOut)).verdict, 'contradicted');
  const nothing = judgeProbe(plan, []);
  assert.deepEqual([nothing.verdict, nothing.lacksTools], ['not-tested', true]);
  assert.equal(judgeProbe(plan, seen(plan, found(), timedOut)).lacksTools, false);
});

test('the panel is told the running cluster that a trace is in, and only where it is in nothing else', () => {
  const traced = finish(query(new AnalysisHost().apply(live(objects)), 'trace', asked));
  assert.equal('context' in traced && traced.context, 'prod');
  const files = { folders: [{ uri: 'w', name: 'w' }], saved: [{ uri: 'w/a.yaml', text: objects }] };
  assert.ok(!('context' in finish(query(new AnalysisHost().apply(files), 'trace', asked))));
});
