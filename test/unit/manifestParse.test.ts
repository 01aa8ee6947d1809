import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import { refLabel } from '../../src/engine/model/resource.ts';

function names(text: string, uri = 'a.yaml'): string[] {
  return parseManifest(text, uri).documents.flatMap(({ resources }) => resources.map(({ ref }) => refLabel(ref)));
}

function codes(text: string, uri = 'a.yaml'): string[] {
  return parseManifest(text, uri).problems.map(({ code }) => code);
}

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n';

test('objects get the namespace default, cluster-scoped ones none', () => {
  const text = `${pod}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, namespace: x}\n---
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b, namespace: shop}\n`;
  assert.deepEqual(names(text), ['Pod default/a', 'Namespace shop', 'Deployment shop/b']);
});

test('lists are expanded, nested and typed ones too, with the path of each object', () => {
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] },
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicyList', items: [{ metadata: { name: 'c' } }] },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'd' } },
      'no object',
    ],
  };
  const file = parseManifest(JSON.stringify(list), 'a.json');
  const found = file.documents.flatMap(({ resources }) => resources);
  assert.deepEqual(
    found.map(({ ref, origin }) => [refLabel(ref), origin.type === 'manifest' ? origin.prefix : []]),
    [
      ['Pod default/a', ['items', 0, 'items', 0]],
      ['Pod default/b', ['items', 0, 'items', 1]],
      ['NetworkPolicy default/c', ['items', 1, 'items', 0]],
      ['Service default/d', ['items', 2]],
    ],
  );
  assert.equal(found[2]?.ref.group, 'networking.k8s.io');
});

test('what is no object is no resource and no problem', () => {
  for (const text of [
    '',
    '# only a comment\n',
    'a: 1\n',
    '- 1\n',
    'text',
    'kind: Pod\n',
    'apiVersion: 1\nkind: {}\n',
  ]) {
    const file = parseManifest(text, 'a.yaml');
    assert.deepEqual([file.role, names(text), file.problems], ['other', [], []], text);
  }
});

test('objects of the wrong shape do not throw', () => {
  for (const metadata of ['7', '[1]', '{name: 7}', '{name: [a]}', 'null', '{name: a, namespace: 7}']) {
    parseManifest(`apiVersion: v1\nkind: Pod\nmetadata: ${metadata}\n`, 'a.yaml');
  }
});

test('one bad document hides nothing else', () => {
  const text = `a: [\n---\n${pod}---\n\tb\n`;
  assert.deepEqual(names(text), ['Pod default/a']);
  assert.deepEqual(codes(text), ['manifest-syntax', 'manifest-syntax']);
});

test('a duplicate key is told at the second place, in YAML and in JSON', () => {
  const yaml = `${pod}spec: {x: 1}\nspec: {x: 2}\n`;
  const [problem] = parseManifest(yaml, 'a.yaml').problems;
  assert.equal(problem?.code, 'manifest-duplicate-key');
  assert.equal(problem?.start, yaml.lastIndexOf('spec'));
  const json = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {}, "labels": {"b": "c"}}}';
  const [other] = parseManifest(json, 'a.json').problems;
  assert.equal(other?.code, 'manifest-duplicate-key');
  assert.equal(json.slice(other?.start, other?.end), '"labels"');
  assert.equal(other?.start, json.lastIndexOf('"labels"'));
  const [resource] = parseManifest(json, 'a.json').documents[0]?.resources ?? [];
  assert.deepEqual(resource?.object['metadata'], { name: 'a', labels: { b: 'c' } });
});

test('a merge key is no duplicate', () => {
  assert.deepEqual(codes(`${pod}x: &x {b: 1}\ny: {<<: *x, b: 2}\n`), []);
});

/** Template text, and the role that the file gets. */
const templates: readonly (readonly [string, string])[] = [
  ['{{- if .Values.enabled }}\napiVersion: v1\nkind: Pod\n{{- end }}\n', 'helm-template'],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ include "x" . }}\n', 'helm-template'],
  [
    'kind: ReplicationController\napiVersion: v1\nmetadata: {name: a}\nspec:\n  replicas: {{replicas}}\n',
    'helm-template',
  ],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: "{{ name }}"\n', 'helm-template'],
  ['apiVersion: v1\n{% if x %}\nkind: Pod\n{% endif %}\n', 'helm-template'],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    {{- range .x }}\n    a: b\n    {{- end }}\n', 'helm-template'],
];

for (const [text, role] of templates) {
  test(`template: ${JSON.stringify(text.slice(0, 60))}`, () => {
    const file = parseManifest(text, 'a.yaml');
    assert.equal(file.role, role);
    assert.deepEqual(codes(text), ['manifest-not-rendered']);
    assert.deepEqual(names(text), []);
  });
}

test('directives inside text leave a manifest a manifest', () => {
  const rule = `${pod}annotations:\n  text: "{{ $labels.x }} is down"\n  more: |\n    {{ range .Alerts }}\n    {{ end }}\n`;
  assert.deepEqual([names(rule), codes(rule)], [['Pod default/a'], []]);
});

test('YAML that is broken for another reason is no template', () => {
  const text = `${pod}spec:\n  a: '{{ template "x" . }}'\n   b: c\n`;
  assert.deepEqual(codes(text), ['manifest-syntax']);
});

test('a template beside other documents hides only itself, unless it is of a chart', () => {
  const text = `${pod}---\nkind: Pod\nimage: "{{ printf "%s" x }}"\n`;
  assert.deepEqual([names(text), codes(text)], [['Pod default/a'], ['manifest-not-rendered']]);
  const chart = `${pod}---\nkind: Pod\nimage: {{ .Values.image }}\n`;
  assert.deepEqual([names(chart), codes(chart)], [[], ['manifest-not-rendered']]);
});

test('files are told by name and content', () => {
  const role = (text: string, uri: string): string => parseManifest(text, uri).role;
  assert.equal(role('resources: [a.yaml]\n', 'x/kustomization.yaml'), 'kustomization');
  assert.equal(role('apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\n', 'x/c.yaml'), 'kustomization');
  assert.equal(role('name: a\n', 'chart/Chart.yaml'), 'helm-chart');
  assert.equal(role('a: 1\n', 'chart/values-prod.yaml'), 'helm-values');
  assert.equal(role('scopes: []\n', 'podpath.yaml'), 'podpath');
  assert.equal(role(pod, 'a.yaml'), 'manifest');
  assert.equal(role(pod.replaceAll('\n', '\r\n'), 'a.yaml'), 'manifest');
});

test('JSON with comments of other tools is no broken manifest', () => {
  const text = '{\n  // comment\n  "compilerOptions": {}\n}\n';
  assert.deepEqual([parseManifest(text, 'tsconfig.json').role, codes(text, 'tsconfig.json')], ['other', []]);
  assert.deepEqual(codes('{"apiVersion": "v1", "kind": "Pod" "x"}', 'a.json'), ['manifest-syntax']);
});

test('a policy is not lost for a name that is no text, or for none', () => {
  const policy = (metadata: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {${metadata}}\nspec: {podSelector: {}}\n`;
  assert.deepEqual(names(policy('name: no, namespace: 5')), ['NetworkPolicy 5/false']);
  const nameless = policy('namespace: shop');
  assert.deepEqual(names(`${nameless}---\n${nameless}`), ['NetworkPolicy shop/(1)', 'NetworkPolicy shop/(2)']);
  assert.deepEqual(names('apiVersion: v1\nkind: Config\nmetadata: {}\n'), []);
});
