import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GraphNode } from '../../src/engine/analysis/answers.ts';
import { boxTitle, branchMermaid, escapeLabel, graphMermaid } from '../../src/engine/render/mermaid.ts';
import type { Branch, Hop, Packet, Step } from '../../src/engine/trace/flow.ts';

function node(id: string, change: Partial<GraphNode> = {}): GraphNode {
  return { id, kind: 'workload', namespace: 'shop', name: id, title: 'Deployment', label: id, problems: 0, ...change };
}

describe('escapeLabel', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['backend-1.shop/x 2', 'backend-1.shop/x 2'],
    ['10.0.0.1:80', '10.0.0.1#58;80'],
    ['"] --> b["', '#34;#93; --#62; b#91;#34;'],
    ['<b>&amp;', '#60;b#62;#38;amp#59;'],
    ['#35;', '#35;35#59;'],
    ['a_b `c`', 'a#95;b #96;c#96;'],
    ['→ é 🚀', '#8594; #233; #128640;'],
    ['a\nb\u202Ec', 'a#65533;b#65533;c'],
    ['$$x$$', '#36;#8288;#36;x#36;#8288;#36;'],
    ['fa:fa-car', 'fa#58;#8288;fa-car'],
    ['', ''],
  ];
  for (const [text, expected] of cases) it(JSON.stringify(text), () => assert.equal(escapeLabel(text), expected));

  it('cuts what is too long between characters, and says so', () => {
    assert.equal(escapeLabel('🚀'.repeat(121)), `${'#128640;'.repeat(119)}#8230;`);
    assert.equal(escapeLabel('x'.repeat(120)), 'x'.repeat(120));
  });
});

describe('boxTitle', () => {
  const cases: readonly (readonly [Partial<GraphNode>, string])[] = [
    [{}, 'Deployment'],
    [{ replicas: 3, ready: 3 }, 'Deployment ×3'],
    [{ replicas: 3, ready: 1 }, 'Deployment 1/3'],
    [{ replicas: 0, ready: 0 }, 'Deployment ×0'],
    [{ kind: 'pod', title: 'Pod', replicas: 1, ready: 1 }, 'Pod'],
    [{ kind: 'pod', title: 'Pod', replicas: 1, ready: 0 }, 'Pod not ready'],
  ];
  for (const [change, expected] of cases) it(expected, () => assert.equal(boxTitle(node('a', change)), expected));
});

describe('graphMermaid', () => {
  it('has a box a node in a lane a namespace, an arrow an edge, and a class a kind', () => {
    const nodes = [
      node('outside', { kind: 'external', namespace: '', title: 'Outside', label: 'the cluster' }),
      node('front', { replicas: 2, ready: 2 }),
      node('other', { namespace: 'mon"' }),
    ];
    const text = graphMermaid(nodes, [
      { from: 'outside', to: 'front', kind: 'routes', ports: '443' },
      { from: 'front', to: 'other', kind: 'denies', ports: '' },
      { from: 'front', to: 'gone', kind: 'selects', ports: '' },
    ]);
    assert.deepEqual(text.split('\n'), [
      'flowchart LR',
      '    n0["Outside<br/>the cluster"]:::external',
      '  subgraph s0["namespace shop"]',
      '    direction LR',
      '    n1["Deployment #215;2<br/>front"]:::workload',
      '  end',
      '  subgraph s1["namespace mon#34;"]',
      '    direction LR',
      '    n2["Deployment<br/>other"]:::workload',
      '  end',
      '  n0 ==>|443| n1',
      '  n1 --x|denied| n2',
      '  classDef external stroke:#8b949e,stroke-dasharray:4 3,stroke-width:2px',
      '  classDef workload stroke:#3fb950,stroke-width:2px',
      '',
    ]);
  });
});

const packet: Packet = { src: '10.244.1.4', dst: '10.96.14.7', sport: 40000, dport: 8080, ttl: 64 };
const translated: Packet = { ...packet, dst: '10.244.2.5', dport: 9376 };
const wrapped: Packet = {
  ...translated,
  encapsulation: { type: 'vxlan', src: '192.168.0.11', dst: '192.168.0.12', port: 8472 },
};

function step(kind: Step['kind'], action: Step['action'], before: Packet = packet, after: Packet = before): Step {
  return { kind, action, before, after, mechanism: '', evidence: [], why: '' };
}

function hop(node: string, namespace: string, device: string, ...steps: readonly Step[]): Hop {
  return { location: { node, namespace, device, certainty: 'computed' }, steps };
}

function branch(forward: readonly Hop[], pod = 'backend-2'): Branch {
  return {
    probability: 1,
    forward,
    reverse: [],
    disposition: 'delivered',
    destination: { ip: '10.244.2.5', port: 9376, pod: { namespace: 'shop', name: pod } },
    serverSees: { ip: '10.244.1.4' },
    clientSees: 'connected',
    masquerade: false,
    pathMtu: 1450,
    reason: '',
    decidedBy: [],
    considered: [],
  };
}

describe('branchMermaid', () => {
  const start = hop('node-1', 'pod shop/frontend-1', 'eth0', step('originate', 'forwarded'));
  const nat = hop('node-1', 'host', 'veth1', step('dnat', 'transformed', packet, translated));

  it('has a box a hop, a lane a node, and names what carries a packet between nodes', () => {
    const text = branchMermaid(
      branch([
        start,
        nat,
        hop('node-1', 'host', 'flannel.1', step('tunnel-out', 'encapsulated', translated, wrapped)),
        hop('node-2', 'host', 'flannel.1', step('tunnel-in', 'transformed', wrapped, translated)),
        hop('node-2', 'pod shop/backend-2', 'eth0', step('deliver', 'delivered', translated)),
      ]),
    );
    assert.deepEqual(
      text.split('\n').filter((line) => !line.includes('classDef')),
      [
        'flowchart LR',
        '  subgraph s0["node-1"]',
        '    direction LR',
        '    h0["Pod frontend-1<br/>10.244.1.4"]:::place',
        '    h1["veth1<br/>DNAT #8594; 10.244.2.5#58;9376"]:::hop',
        '    h2["flannel.1"]:::hop',
        '  end',
        '  subgraph s1["node-2"]',
        '    direction LR',
        '    h3["flannel.1"]:::hop',
        '    h4["Pod backend-2<br/>10.244.2.5"]:::place',
        '  end',
        '  h0 --> h1',
        '  h1 --> h2',
        '  h2 ==>|VXLAN UDP 8472| h3',
        '  h3 --> h4',
        '',
      ],
    );
  });

  it('shows where a stopped connection wanted to go, unless that is where it was stopped', () => {
    const policy: Step = {
      ...step('ingress-policy', 'denied', translated),
      evidence: [
        { ref: { group: '', kind: 'NetworkPolicy', namespace: 'shop', name: 'allow-api' }, path: [], note: '' },
      ],
    };
    const stopped = branchMermaid(branch([start, hop('node-2', 'host', 'veth2', policy)]));
    assert.match(stopped, /h1\["veth2<br\/>#10007; NetworkPolicy allow-api"\]:::denied/);
    assert.match(stopped, /ghost\["Pod backend-2<br\/>10\.244\.2\.5"\]:::ghost\n {2}h1 -\.-x ghost/);
    assert.doesNotMatch(branchMermaid(branch([start, hop('node-2', 'pod shop/backend-2', 'eth0', policy)])), /ghost\[/);
  });

  it('marks what is not enforced and what is not known', () => {
    for (const action of ['not-enforced', 'unknown'] as const)
      assert.match(
        branchMermaid(branch([start, hop('node-1', 'host', 'veth1', step('egress-policy', action))])),
        /h1\[.*\]:::unsure/,
      );
  });
});
