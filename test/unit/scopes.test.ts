import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Analysis, AnalysisHost, findings, finish } from '../../src/engine/index.ts';
import { isManifestName } from '../../src/sources/fileSource.ts';

const folder = { uri: 'file:///repository', name: 'repository' };

function host(files: Readonly<Record<string, string>>): AnalysisHost {
  const made = new AnalysisHost();
  const saved = Object.entries(files).map(([name, text]) => ({ uri: `${folder.uri}/${name}`, text }));
  made.apply({ folders: [folder], saved });
  return made;
}

function scopes(analysis: Analysis): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    analysis.scopes.map(({ scope }) => [scope.name, scope.files.map(({ uri }) => uri.slice(folder.uri.length + 1))]),
  );
}

function service(name: string, port = 80, kind = 'Service'): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {selector: {app: ${name}}, ports: [{port: ${port}}]}\n`;
}

test('a folder of loose manifests is one scope, sub-folders included', () => {
  const { analysis } = host({ 'a.yaml': service('a'), 'deep/er/b.yaml': service('b') });
  assert.deepEqual(scopes(analysis), { repository: ['a.yaml', 'deep/er/b.yaml'] });
});

test('sub-folders that define one object differently are scopes of their own, and share the files beside them', () => {
  const { analysis } = host({
    'common.yaml': service('common'),
    'dev/a.yaml': service('a', 80),
    'prod/a.yaml': service('a', 443),
  });
  assert.deepEqual(scopes(analysis), { dev: ['common.yaml', 'dev/a.yaml'], prod: ['common.yaml', 'prod/a.yaml'] });
});

test('equal copies and Namespaces do not part sub-folders', () => {
  const namespace = (label: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {from: ${label}}}\n`;
  const { analysis } = host({
    'dev/a.yaml': `${service('a')}---\n${namespace('dev')}`,
    'prod/a.yaml': `${service('a')}---\n${namespace('prod')}`,
  });
  assert.deepEqual(Object.keys(scopes(analysis)), ['repository']);
});

test('typing does not move the borders of scopes; saving does', () => {
  const made = host({ 'dev/a.yaml': service('a'), 'prod/a.yaml': service('a') });
  const uri = `${folder.uri}/prod/a.yaml`;
  const typed = made.apply({ unsaved: [{ uri, text: service('a', 443) }] });
  assert.deepEqual(Object.keys(scopes(typed)), ['repository']);
  const saved = made.apply({ saved: [{ uri, text: service('a', 443) }], unsaved: [{ uri, text: null }] });
  assert.deepEqual(Object.keys(scopes(saved)), ['dev', 'prod']);
});

test('charts and kustomizations are scopes that are not rendered, and never read as loose files', () => {
  const { analysis } = host({
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
    'chart/values.yaml': 'port: 80\n',
    'chart/templates/service.yaml': service('plain'),
    'overlay/kustomization.yaml': 'resources: [base.yaml]\n',
    'overlay/base.yaml': service('based'),
    'loose.yaml': service('loose'),
  });
  const byName = new Map(analysis.scopes.map((one) => [one.scope.name, one.scope]));
  assert.deepEqual([...byName.keys()].sort(), ['chart', 'overlay', 'repository']);
  assert.deepEqual(
    byName.get('repository')?.resources.map(({ ref }) => ref.name),
    ['loose'],
  );
  assert.equal(byName.get('chart')?.notRendered[0]?.tool, 'helm');
  assert.equal(byName.get('overlay')?.notRendered[0]?.tool, 'kustomize');
  assert.equal(byName.get('repository')?.incomplete.length, 2);
});

test('what a kustomization names is no loose file, whichever field names it and however it is called itself', () => {
  const { analysis } = host({
    'over/Kustomization': `resources: [a.yaml]
helmCharts: [{name: web, valuesFile: b.yaml, additionalValuesFiles: [c.yaml]}]
validators: [d.yaml]
openapi: {path: e.yaml}
`,
    ...Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'loose'].map((name) => [`over/${name}.yaml`, service(name)])),
  });
  assert.deepEqual(
    analysis.scopes.flatMap(({ scope }) => scope.resources.map(({ ref }) => ref.name)),
    ['loose'],
  );
  assert.deepEqual(
    ['Kustomization', 'a/Kustomization', 'a.yml', 'tsconfig.json', 'MyKustomization'].map(isManifestName),
    [true, true, true, false, false],
  );
});

test('where parts are not visible, something missing is information and says why', () => {
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: c}]}\n';
  const severities = (files: Readonly<Record<string, string>>): readonly string[] =>
    finish(findings(host(files).analysis))
      .filter((one) => one.code === 'service-selects-no-pods')
      .map(({ severity, message }) => `${severity} ${/not rendered/.test(message)}`);
  const files = { 'a.yaml': `${service('a')}---\n${pod}` };
  assert.deepEqual(severities(files), ['warning false']);
  const chart = { 'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' };
  assert.deepEqual(severities({ ...files, ...chart }), ['info true']);
});

test('podpath.yaml draws scopes, leaves out files, and assumes for each', () => {
  const { analysis } = host({
    'podpath.yaml': `scopes:
  - {name: one, paths: [a.yaml]}
  - {name: two, paths: [b], assume: {cni: flannel-vxlan}}
exclude: [b/skip.yaml]
assume: {cni: calico-bgp}
`,
    'a.yaml': service('a'),
    'b/b.yaml': service('b'),
    'b/skip.yaml': service('skipped'),
  });
  assert.deepEqual(scopes(analysis), { one: ['a.yaml'], two: ['b/b.yaml'] });
  assert.deepEqual(
    analysis.scopes.map(({ derived }) => derived.cni.value),
    ['calico-bgp', 'flannel-vxlan'],
  );
});

test('two folders of one name have scopes of different names', () => {
  const made = new AnalysisHost();
  const second = { uri: 'file:///elsewhere/repository', name: 'repository' };
  const { scopes: both } = made.apply({
    folders: [folder, second],
    saved: [folder, second].map(({ uri }) => ({ uri: `${uri}/a.yaml`, text: service('a') })),
  });
  assert.deepEqual(
    both.map(({ scope }) => scope.name),
    ['repository', 'repository/repository'],
  );
});

test('an older analysis stays as it was, and what did not change is shared', () => {
  const made = host({ 'a.yaml': service('a'), 'b.yaml': service('b') });
  const before = made.analysis;
  const uri = `${folder.uri}/b.yaml`;
  const after = made.apply({ unsaved: [{ uri, text: service('b', 81) }] });
  const portOf = (analysis: Analysis): number | undefined =>
    analysis.scopes[0]?.snapshot.service('default', 'b')?.ports[0]?.port;
  assert.deepEqual([portOf(before), portOf(after)], [80, 81]);
  assert.equal(after.file(`${folder.uri}/a.yaml`), before.file(`${folder.uri}/a.yaml`));
  const untouched = made.apply({ unsaved: [{ uri, text: service('b', 81) }] });
  assert.equal(untouched.scopes[0]?.snapshot, after.scopes[0]?.snapshot);
});

test('an edit of a policy keeps pods and endpoints, and changes verdicts', () => {
  const pods = ['a', 'b'].map(
    (name) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: ${name}}}\nspec: {containers: [{name: c, image: c}]}\n`,
  );
  const policy = (types: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}, policyTypes: [${types}]}\n`;
  const made = host({ 'pods.yaml': pods.join('---\n'), 'policy.yaml': policy('Egress') });
  const verdict = (analysis: Analysis): string | undefined => {
    const scope = analysis.scopes[0];
    const [a, b] = ['a', 'b'].map((name) => scope?.snapshot.pod('default', name));
    if (scope === undefined || a === undefined || b === undefined) return undefined;
    return scope.derived.decide({ kind: 'pod', pod: a }, { kind: 'pod', pod: b }, 'TCP', 80).ingress.action;
  };
  const before = made.analysis;
  assert.equal(verdict(before), 'allow');
  const after = made.apply({ unsaved: [{ uri: `${folder.uri}/policy.yaml`, text: policy('Ingress') }] });
  assert.equal(verdict(after), 'deny');
  assert.equal(after.scopes[0]?.snapshot.pods, before.scopes[0]?.snapshot.pods);
  assert.equal(verdict(before), 'allow');
});
