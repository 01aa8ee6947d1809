import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  type AssumptionSettings,
  buildSnapshot,
  Derived,
  type JsonObject,
  type PolicyEnd,
  type Protocol,
  parseManifest,
  type Snapshot,
} from '../../src/engine/index.ts';

/** A file of verdicts that other projects state: one small cluster, and cases of policies on it. */
interface VerdictFile {
  readonly cluster: readonly JsonObject[];
  readonly assume?: AssumptionSettings;
  readonly cases: readonly VerdictCase[];
}

interface VerdictCase {
  readonly name: string;
  /** The address of the page or the file that states it. */
  readonly source: string;
  readonly assume?: AssumptionSettings;
  readonly policies: readonly JsonObject[];
  readonly expect: readonly Expected[];
}

/** Ends: `ns/pod`, `node/NAME`, an address, or `ADDRESS as NAME` for one that was asked for by a DNS name. */
interface Expected {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol?: Protocol;
  readonly verdict: 'allow' | 'deny' | 'unknown';
  /** Exactly these; absent: not compared. */
  readonly conditions?: readonly string[];
}

const folder = join(import.meta.dirname, 'verdicts');

for (const path of globSync('**/*.yaml', { cwd: folder }).sort()) {
  const file = parse(readFileSync(join(folder, path), 'utf8'), { maxAliasCount: 1000 }) as VerdictFile;
  for (const one of file.cases) {
    test(`${relative('.', path)}: ${one.name}`, () => {
      assert.match(one.source, /^https:\/\//);
      const derived = new Derived(snapshotOf(file, one));
      for (const expected of one.expect) {
        const { from, to, port, protocol = 'TCP', verdict, conditions } = expected;
        const decision = derived.decide(endOf(derived.snapshot, from), endOf(derived.snapshot, to), protocol, port);
        const why = `${from} → ${to}:${port}/${protocol}: ${decision.egress.reason}; ${decision.ingress.reason}`;
        assert.equal(decision.action, verdict, why);
        assertMatrixAgrees(derived, expected, why);
        if (conditions === undefined) continue;
        const found = [...(decision.egress.conditions ?? []), ...(decision.ingress.conditions ?? [])];
        assert.deepEqual(found.toSorted(), conditions.toSorted(), why);
      }
    });
  }
}

/** The matrix of all pairs must say of two pods what the evaluator says. */
function assertMatrixAgrees({ matrix }: Derived, { from, to, port, protocol = 'TCP', verdict }: Expected, why: string) {
  const [source, destination] = [from, to].map((name) => matrix.endsByName.get(`${name}[Pod]`));
  if (source === undefined || destination === undefined || source === destination || verdict === 'unknown') return;
  const set = matrix.allowed(source, destination);
  assert.equal(set !== undefined && matrix.ports.has(set, protocol, port), verdict === 'allow', `matrix: ${why}`);
}

function snapshotOf(file: VerdictFile, one: VerdictCase): Snapshot {
  const text = [...file.cluster, ...one.policies].map((object) => JSON.stringify(object)).join('\n---\n');
  const resources = parseManifest(text, 'verdict.yaml').documents.flatMap((document) => document.resources);
  return buildSnapshot({ scope: one.name, resources, assume: { ...file.assume, ...one.assume } });
}

function endOf(snapshot: Snapshot, text: string): PolicyEnd {
  const [first = '', second = ''] = text.split('/');
  if (first === 'node') {
    const node = snapshot.nodes.find(({ name }) => name === second);
    assert(node, text);
    return { kind: 'node', node };
  }
  if (second !== '') {
    const pod = snapshot.pod(first, second);
    assert(pod, text);
    return { kind: 'pod', pod };
  }
  const [ip = '', name] = text.split(' as ');
  return { kind: 'address', ip, ...(name === undefined ? {} : { name }) };
}
