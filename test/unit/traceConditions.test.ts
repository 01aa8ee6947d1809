import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, isProblem, traceFlow } from '../../src/engine/index.ts';

const pods = ['web', 'api']
  .map(
    (name) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: ${name}}}\nspec: {containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}\n`,
  )
  .join('---\n');

const policy = `---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: default}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: web}}]
      toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET, path: /v1}]}}]
`;

function traced(text: string, cni: string) {
  const analysis = new AnalysisHost().apply({
    folders: [{ uri: 'w', name: 'w' }],
    saved: [{ uri: 'w/a.yaml', text }],
    settings: { assume: { cni }, rules: {} },
  });
  const [scope] = analysis.scopes;
  assert(scope);
  const answer = traceFlow(analysis, scope, { from: 'default/web', to: 'default/api:80', protocol: 'TCP' });
  assert(!isProblem(answer));
  return answer.trace;
}

test('a trace through a rule about requests is delivered and says which requests', () => {
  const { disposition, branches } = traced(pods + policy, 'cilium-vxlan');
  assert.equal(disposition, 'delivered');
  assert.match(branches[0]?.reason ?? '', /only GET \/v1/);
  const steps = branches.flatMap(({ forward }) => forward.flatMap((hop) => hop.steps));
  assert.match(steps.find(({ kind }) => kind === 'ingress-policy')?.why ?? '', /only GET \/v1/);
});

test('a kind that the CNI does not know is not enforced: what it denies is delivered', () => {
  const denying = policy.replace('{app: web}', '{app: other}');
  assert.equal(traced(pods + denying, 'cilium-vxlan').disposition, 'denied-ingress');
  const { disposition, branches } = traced(pods + denying, 'calico-vxlan');
  assert.equal(disposition, 'not-enforced');
  assert.match(branches[0]?.reason ?? '', /Calico .* does not enforce CiliumNetworkPolicy \S+, so it is delivered/);
});

const admin = (priority: number): string => `---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: low}
spec: {priority: ${priority}, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}
`;

test('a priority that the CNI does not take is not enforced, and the sentence has an end', () => {
  assert.equal(traced(pods + admin(99), 'ovn-kubernetes').disposition, 'denied-ingress');
  assert.equal(traced(pods + admin(100), 'unknown').disposition, 'denied-ingress');
  const { disposition, branches } = traced(pods + admin(100), 'ovn-kubernetes');
  assert.equal(disposition, 'not-enforced');
  const said =
    /AdminNetworkPolicy low denies it\. OVN-Kubernetes does not enforce AdminNetworkPolicy low, so it is delivered\.$/;
  assert.match(branches[0]?.reason ?? '', said);
});

test('a policy that names Services and ports lets through the ports of their pods, by a Cilium that knows that', () => {
  const text = (ports: string): string => `${pods}---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: default}
spec: {selector: {app: api}, ports: [{port: 8080, targetPort: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: default}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
    - toServices: [{k8sService: {serviceName: api, namespace: default}}]
      toPorts: [{ports: [{port: "${ports}", protocol: TCP}]}]
`;
  for (const [ports, disposition] of [
    ['80', 'delivered'],
    ['8080', 'denied-egress'],
  ] as const) {
    const answer = traced(text(ports), 'cilium-vxlan');
    assert.equal(answer.disposition, disposition);
    assert(answer.assumptions.some(({ code }) => code === 'cilium-to-services'));
  }
  const codes = traced(pods + policy, 'cilium-vxlan').assumptions.map(({ code }) => code);
  assert(!codes.includes('cilium-to-services'));
});
