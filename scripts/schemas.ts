// Writes docs/schema/*.json (CONTRACT: the outputs of the commands, podpath.yaml, ConnectivityTest): `npm run docs`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../src/engine/diagnostics/rules.ts';

const folder = join(import.meta.dirname, '../docs/schema');

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const yes: Schema = { type: 'boolean' };
const whole: Schema = { type: 'integer', minimum: 0 };
const port: Schema = { type: 'integer', minimum: 0, maximum: 65_535 };

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function oneOf(...values: readonly string[]): Schema {
  return { enum: values };
}

/** An object; members whose name ends in `?` may be absent. Nothing else may stand in it. */
function object(members: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(members);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace('?', ''), schema])),
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
    additionalProperties: false,
  };
}

function output(members: Readonly<Record<string, Schema>>): Schema {
  return object({ version: { const: 1 }, ...members });
}

const position = object({ line: whole, character: whole });
const range = object({ start: position, end: position });
const ref = object({ group: text, kind: text, namespace: text, name: text });
const protocol = oneOf('TCP', 'UDP', 'SCTP');
const severity = oneOf('error', 'warning', 'info', 'hint');
const path = list({ type: ['string', 'integer'] });
const evidence = list(object({ ref, path, note: text }));
const detected = object({ value: text, confidence: oneOf('explicit', 'detected', 'default'), evidence });
const portRange = object({ protocol, from: port, to: port });

const edit = object({ file: text, range, newText: text });
const check = output({
  findings: list(
    object({
      code: text,
      severity,
      message: text,
      file: text,
      range,
      scope: text,
      'ref?': ref,
      related: list(object({ file: text, range, message: text })),
      fixes: list(object({ title: text, edits: list(edit) })),
    }),
  ),
});

const endpoint = object({
  ip: text,
  port,
  portName: text,
  protocol,
  'pod?': text,
  'node?': text,
  ready: yes,
  serving: yes,
  terminating: yes,
  simulated: yes,
});
const servicePort = object({
  name: text,
  port,
  protocol,
  targetPort: { type: ['integer', 'string'] },
  'nodePort?': port,
});
const endpoints = output({
  services: list(
    object({
      namespace: text,
      name: text,
      type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
      clusterIPs: list(text),
      ports: list(servicePort),
      endpoints: list(endpoint),
      reasons: list(object({ 'pod?': text, text })),
    }),
  ),
});

const dispositions = [
  ...['delivered', 'denied-egress', 'denied-ingress', 'not-enforced', 'no-such-name', 'no-such-service'],
  ...['port-not-exposed', 'no-endpoints', 'no-local-endpoints', 'no-route', 'exits-cluster', 'mixed'],
  'insufficient-information',
];
const disposition = oneOf(...dispositions);
const encapsulation = object({
  type: oneOf('vxlan', 'geneve', 'ipip', 'wireguard'),
  src: text,
  dst: text,
  'port?': port,
  'vni?': whole,
});
const packet = object({ src: text, dst: text, sport: port, dport: port, ttl: whole, 'encapsulation?': encapsulation });
const step = object({
  kind: text,
  action: text,
  before: packet,
  after: packet,
  mechanism: text,
  evidence,
  why: text,
});
const location = object({ node: text, namespace: text, device: text, certainty: oneOf('computed', 'generic') });
const hop = object({ location, steps: list(step) });
const clientSees = oneOf(
  ...[
    'connected',
    'refused',
    'timeout',
    'nxdomain',
    'unreachable',
    'http-404',
    'http-502',
    'http-503',
    'http-504',
    'unknown',
  ],
);
const branch = object({
  probability: { type: 'number', minimum: 0, maximum: 1 },
  forward: list(hop),
  reverse: list(hop),
  disposition,
  destination: object({ ip: text, port, 'pod?': object({ namespace: text, name: text }) }),
  serverSees: object({ ip: text }),
  clientSees,
  masquerade: yes,
  pathMtu: whole,
  reason: text,
  decidedBy: evidence,
  considered: evidence,
});
const flow = object({
  source: { type: 'object' },
  destination: { type: 'object' },
  protocol,
  'port?': { type: ['integer', 'string'] },
  'node?': text,
});
const trace = output({
  flow,
  port,
  scope: text,
  environment: object({ cni: detected, proxy: detected, enforces: oneOf('yes', 'no', 'unknown') }),
  branches: list(branch),
  disposition,
  assumptions: list(object({ code: text, text, confirm: text })),
});

const connectivity = output({
  workloads: list(text),
  connections: list(object({ from: text, to: text, ports: list(portRange) })),
  'unknown?': list(object({ from: text, to: text })),
});

const test = output({
  results: list(
    object({
      file: text,
      index: whole,
      scope: text,
      from: text,
      to: text,
      'port?': { type: ['integer', 'string'] },
      protocol,
      expect: text,
      actual: oneOf('allowed', 'denied', 'mixed', 'unknown'),
      why: text,
      pass: yes,
    }),
  ),
});

const changed = { from: text, to: text, ports: list(portRange), because: evidence };
const diff = output({
  added: list(object(changed)),
  removed: list(object(changed)),
  changed: list(object({ ...changed, before: list(portRange) })),
});

const verdict = object({
  action: oneOf('allow', 'deny', 'unknown'),
  direction: oneOf('ingress', 'egress'),
  decidedBy: evidence,
  considered: evidence,
  'passed?': evidence,
  'conditions?': list(text),
  reason: text,
});
const explained = object({
  ports: list(portRange),
  action: oneOf('allow', 'deny', 'unknown'),
  egress: verdict,
  ingress: verdict,
});
const explain = output({
  explanations: list(
    object({
      from: text,
      to: text,
      'network?': { ...text, description: "a network beside the cluster's own that both are attached to" },
      groups: list(explained),
    }),
  ),
});

const strangers = object({
  'namespace?': { ...text, description: 'the one namespace that is meant' },
  'namespaces?': { ...text, description: 'a selector of namespaces' },
  'pods?': { ...text, description: 'a selector of pods' },
  ports: list(portRange),
  'portNames?': {
    ...list(object({ protocol: oneOf('TCP', 'UDP', 'SCTP'), name: text })),
    description: 'ports that are open by their names, whatever number a pod gives them',
  },
});
const open = object({
  isProtected: yes,
  pods: list(strangers),
  outside: list(object({ range: text, ports: list(portRange) })),
});
const exposure = output({ exposures: list(object({ workload: text, ingress: open, egress: open })) });

const drifted = object({
  kind: { ...oneOf('differs', 'absent', 'extra'), description: 'absent: not in the cluster; extra: not in the files' },
  object: text,
  fields: { ...list(text), description: 'fields of the file that the network reads and the cluster has otherwise' },
  'file?': text,
  'range?': range,
});
const connection = object({ kind: oneOf('opens', 'closes', 'changes'), from: text, to: text, ports: text });
const drift = output({
  drift: list(
    object({
      scope: text,
      context: text,
      objects: list(drifted),
      changes: { ...list(connection), description: 'what applying the files would do' },
      unseen: { ...list(text), description: 'what of the cluster can not be seen' },
    }),
  ),
});

const suggest = output({ policies: list({ type: 'object' }), problems: list(text) });

const boxKinds = ['external', 'ingress', 'service', 'workload', 'namespace', 'pod', 'cidr', 'fold'];
const graph = output({
  nodes: list(
    object({ id: text, kind: oneOf(...boxKinds), namespace: text, name: text, label: text, 'parent?': text }),
  ),
  edges: list(object({ from: text, to: text, kind: oneOf('routes', 'selects', 'allows', 'denies'), 'ports?': text })),
});

const assertion = object({
  from: { ...text, description: 'ns/pod, ns/Kind/name, node/NAME or an address' },
  to: { ...text, description: 'As from, or ns/svc/name, a DNS name or a URL' },
  'port?': { type: ['integer', 'string'] },
  'protocol?': protocol,
  expect: oneOf('allowed', 'denied'),
});

const assume = object({
  'cni?': text,
  'proxy?': oneOf('iptables', 'ipvs', 'nftables', 'ebpf', 'none'),
  'podCIDR?': text,
  'serviceCIDR?': text,
  'clusterCIDR?': text,
  'detectLocalMode?': oneOf('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', 'None'),
  'masqueradeAll?': yes,
  'nodePortAddresses?': list(text),
  'localhostNodePorts?': yes,
  'nodes?': { type: 'integer', minimum: 1 },
  'ipBlockMatchesPods?': yes,
  'hostNetworkPolicy?': oneOf('ignored', 'as-pod'),
});

const code = oneOf(...rules.map((one) => one.code));
const podpath = object({
  'scopes?': list(
    object({
      name: text,
      'paths?': list(text),
      'kustomize?': text,
      'helm?': object({ chart: text, 'values?': list(text) }),
      'context?': text,
      'assume?': assume,
    }),
  ),
  'assume?': assume,
  'rules?': {
    type: 'object',
    propertyNames: code,
    additionalProperties: oneOf('off', 'hint', 'info', 'warning', 'error'),
  },
  'ignores?': list(
    object({
      code,
      'kind?': text,
      'namespace?': text,
      'name?': text,
      'path?': text,
      reason: text,
      'expires?': { ...text, pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
    }),
  ),
  'include?': list(text),
  'exclude?': list(text),
  'tests?': list(assertion),
});

const connectivityTest = object({
  apiVersion: { const: 'podpath.dev/v1alpha1' },
  kind: { const: 'ConnectivityTest' },
  metadata: { type: 'object' },
  spec: object({ assertions: list(assertion) }),
});

const schemas: Readonly<Record<string, Schema>> = {
  check,
  connectivity,
  'connectivity-test': connectivityTest,
  diff,
  drift,
  endpoints,
  explain,
  exposure,
  graph,
  podpath,
  suggest,
  test,
  trace,
};

mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(schemas)) {
  const file = join(folder, `${name}.json`);
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title: `podpath ${name}` };
  const page = `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(file, page);
  else if (readFileSync(file, 'utf8') !== page) {
    console.error(`${file} is not what the schemas say: npm run docs`);
    process.exitCode = 1;
  }
}
