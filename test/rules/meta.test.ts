import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Rule } from '../../src/engine/diagnostics/rule.ts';
import { rules } from '../../src/engine/diagnostics/rules.ts';
import { buildSnapshot, Derived, parseManifest, type ResourceRef, type Snapshot } from '../../src/engine/index.ts';
import { readFixtures } from './fixtures.ts';
import { applyEdits, findingsIn } from './workspace.ts';

const fixtures = readFixtures();
const ruleFiles = readdirSync(join(import.meta.dirname, '../../src/engine/diagnostics/rules'));

test('the list has every rule file, and each rule has a fixture in which it speaks', () => {
  assert.deepEqual(
    rules.map(({ code }) => `${code}.ts`),
    ruleFiles.sort(),
  );
  for (const { code } of rules) {
    const own = fixtures.find((one) => one.name === code);
    assert.ok(
      own?.expected.some((one) => one.includes(` ${code} `)),
      `test/rules/fixtures/${code}.yaml shows no ${code}`,
    );
  }
});

/** Texts in which every rule has something to say. */
const texts: readonly string[] = [
  ...rules.map((one) => one.example.failing),
  ...fixtures.map(({ files }) => Object.values(files).join('\n---\n')),
];

/** Pods stand for whatever makes them, and workloads are read where pods are. */
const named: Readonly<Record<string, string>> = {
  namespaces: '/Namespace',
  nodes: '/Node',
  pod: '/Pod',
  pods: '/Pod',
  podsIn: '/Pod',
  resources: '*',
  allResources: '*',
  service: '/Service',
  services: '/Service',
  workloads: '/Pod',
};

/** The snapshot, telling which kinds are asked of it. */
function watched(snapshot: Snapshot, seen: Set<string>): Snapshot {
  return new Proxy(snapshot, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      const kind = named[String(key)];
      if (kind !== undefined) seen.add(kind);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]): unknown => {
        if (key === 'ofKind') seen.add(`${String(given[0])}/${String(given[1])}`);
        if (key === 'get') seen.add(`${(given[0] as ResourceRef).group}/${(given[0] as ResourceRef).kind}`);
        return Reflect.apply(value, target, given);
      };
    },
  });
}

function kindsRead(rule: Rule, text: string): ReadonlySet<string> {
  const resources = parseManifest(text, 'test.yaml').documents.flatMap((one) => one.resources);
  const snapshot = buildSnapshot({ scope: 'test', resources, assume: {} });
  const seen = new Set<string>();
  const found = [...rule.check({ snapshot: watched(snapshot, seen), model: new Derived(snapshot) })];
  for (const { ref } of found) seen.add(`${ref.group}/${ref.kind}`);
  return seen;
}

const controllers =
  /^(apps\/(Deployment|StatefulSet|DaemonSet|ReplicaSet)|batch\/(Job|CronJob)|\/ReplicationController)$/;

test('a rule reads no kind that it does not declare', () => {
  for (const rule of rules) {
    const declared = new Set(rule.reads);
    const controllersDeclared = rule.reads.some((one) => controllers.test(one));
    const read = new Set(texts.flatMap((text) => [...kindsRead(rule, text)]));
    const undeclared = [...read].filter(
      (kind) => !declared.has(kind) && !declared.has('*') && !(kind === '/Pod' && controllersDeclared),
    );
    assert.deepEqual(undeclared, [], rule.code);
  }
});

test('no finding, message or fix depends on the order of the files', () => {
  for (const { name, files } of fixtures) {
    const there = findingsIn(files);
    const back = findingsIn(Object.fromEntries(Object.entries(files).reverse()));
    assert.deepEqual(back, there, name);
  }
});

test('every fix on offer in a fixture mends what it stands at, and breaks nothing', () => {
  let fixes = 0;
  for (const { name, files } of fixtures) {
    const before = findingsIn(files);
    for (const { code, location, fixes: offered } of before) {
      for (const { title, edits } of offered) {
        fixes++;
        const file = location.uri.slice(location.uri.lastIndexOf('/') + 1);
        assert.ok(edits.every((one) => one.uri === location.uri));
        const text = applyEdits(files[file] ?? '', edits);
        const after = findingsIn({ ...files, [file]: text });
        const count = (found: typeof before) => found.filter((one) => one.code === code).length;
        assert.equal(count(after), count(before) - 1, `${name}: ${title}\n${text}`);
        assert.ok(after.length < before.length, `${name}: ${title} has made something else wrong\n${text}`);
      }
    }
  }
  assert.ok(fixes > 20, `${fixes} fixes`);
});
