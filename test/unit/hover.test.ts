import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query } from '../../src/engine/index.ts';

function hoverAt(text: string, word: string) {
  const uri = 'w/a.yaml';
  const analysis = new AnalysisHost().apply({ folders: [{ uri: 'w', name: 'w' }], saved: [{ uri, text }] });
  const lines = text.slice(0, text.indexOf(word)).split('\n');
  const position = { line: lines.length - 1, character: (lines.at(-1) ?? '').length + 1 };
  const answer = finish(query(analysis, 'hover', { uri, position }));
  assert.ok(answer !== null, `nothing is said at ${word}`);
  return answer;
}

const deployment = (name: string, app: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: 12
  selector: {matchLabels: {app: ${app}}}
  template: {metadata: {labels: {app: ${app}}}, spec: {containers: [{name: c, image: c, ports: [{name: http, containerPort: 80}]}]}}
---
`;
const service = (app: string, target = 'http'): string => `apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector:
    app: ${app}
  ports: [{port: 80, targetPort: ${target}}]
---
`;

test('a Service that resolves to nothing: the cause stands first, once, with the edit that mends it', () => {
  const { cause, markdown } = hoverAt(deployment('cart', 'cart') + service('crat'), 'crat');
  assert.equal(cause?.markdown, '**Selector app=crat matches no pod in shop. Deployment cart has app=cart**');
  assert.equal(cause.fix?.title, 'fix: app: cart');
  assert.equal(cause.fix.command, 'podpath.applyFix');
  const [edits] = cause.fix.arguments as readonly (readonly { readonly newText: string }[])[];
  assert.deepEqual(
    edits?.map(({ newText }) => newText),
    ['cart'],
  );
  assert.doesNotMatch(markdown, /matches no pod/);
});

test('a wrong named targetPort is mended the same way; where nothing comes close no fix is offered', () => {
  const port = hoverAt(deployment('cart', 'cart') + service('cart', 'htpp'), 'htpp').cause;
  assert.equal(port?.fix?.title, 'fix: targetPort: http');
  const far = hoverAt(deployment('cart', 'cart') + service('warehouse'), 'warehouse').cause;
  assert.match(far?.markdown ?? '', /matches no pod/);
  assert.equal(far?.fix, undefined);
});

test('at most ten endpoints are listed, and the rest is counted', () => {
  const { markdown, cause } = hoverAt(deployment('cart', 'cart') + service('cart'), 'ports: [{port: 80, t');
  assert.equal(cause, undefined);
  assert.equal(markdown.match(/^ {2}cart-\d+ /gm)?.length, 10);
  assert.match(markdown, /and 2 more/);
});

test('the trace that says why someone is denied is one click away', () => {
  const policy =
    'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {matchLabels: {app: cart}}}\n---\n';
  const text = deployment('cart', 'cart') + deployment('web', 'web') + service('cart');
  const why = (links: readonly { readonly title: string; readonly arguments: readonly unknown[] }[]) =>
    links.find(({ title }) => title === 'Why is web denied?');
  const denied = why(hoverAt(policy + text, 'ports: [{port').links);
  assert.deepEqual(denied?.arguments, [{ from: 'shop/Deployment/web', to: 'shop/svc/cart', scope: 'w' }]);
  assert.equal(why(hoverAt(text, 'ports: [{port: 80, t').links), undefined);
});

test('names are shown as they are: no Markdown, no icon, nothing that turns the line around', () => {
  const name = '"evil\\u202Egnp](command:x)$(zap)"';
  const text = service('$(zap)\u202E`x`').replace('name: cart', `name: ${name}`);
  const { cause, markdown } = hoverAt(text, 'port: 80');
  assert.ok(cause?.markdown.includes('\\$\\(zap\\)\uFFFD\\`x\\`'), cause?.markdown);
  assert.ok(markdown.includes('evil\uFFFDgnp](command:x)$(zap)'), markdown);
  assert.doesNotMatch(markdown + cause?.markdown, /\u202E/);
});

test('how many of the selected pods have the port, and that their addresses are invented', () => {
  const odd =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: odd, namespace: shop, labels: {app: cart}}\nspec: {containers: [{name: c, image: c}]}\n---\n';
  const { markdown } = hoverAt(deployment('cart', 'cart') + odd + service('cart'), 'ports: [{port: 80, t');
  assert.match(markdown, /80\/TCP → 80 on 12 of 13 pods/);
  assert.match(markdown, /Assumed: .*addresses of pods \(simulated\)/);
});
