import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  findings,
  finish,
  type JsonObject,
  type LocatedFinding,
  liveResource,
  parseManifest,
  type Resource,
} from '../../src/engine/index.ts';
import { readFixtures } from '../rules/fixtures.ts';
import { pick, seededRandom } from './mutate.ts';
import { withMutatedFields } from './mutateObject.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 500);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

const liveRules = [
  'cidr-overlap',
  'cni-conflict',
  'cni-missing',
  'ip-pool-exhausted',
  'kube-proxy-missing',
  'node-pod-cidr-missing',
  'pod-ip-conflict',
  'service-no-ready-endpoints',
];

/** The objects of each fixture in which a rule about running clusters speaks, as a server would list them. */
const clusters: readonly (readonly Resource[])[] = readFixtures()
  .filter(({ expected }) => expected.some((one) => liveRules.some((code) => one.includes(` ${code} `))))
  .map(({ files }) =>
    Object.entries(files).flatMap(([name, text]) =>
      parseManifest(text, name).documents.flatMap((one) => one.resources),
    ),
  );

/** An object as the source keeps it; none where it has no name any more. */
function asLive({ ref, apiVersion }: Resource, object: JsonObject): readonly Resource[] {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return [liveResource(object, { group: ref.group, version, kind: ref.kind }, 'fuzz') ?? []].flat();
}

function found(resources: readonly Resource[]): readonly LocatedFinding[] {
  const cluster = { context: 'fuzz', resources, missing: [], unread: [] };
  return finish(findings(new AnalysisHost().apply({ clusters: [cluster] })));
}

test('what is found in files is found in a cluster that has their objects', () => {
  const codes = new Set(
    clusters.flatMap((one) => found(one.flatMap((each) => asLive(each, each.object)))).map((one) => one.code),
  );
  assert.deepEqual([...codes].filter((one) => liveRules.includes(one)).sort(), liveRules);
});

const hostile = [
  'a\u0000b',
  '\u202eevil',
  '../../etc',
  '"] --> b["',
  '<img src=x>',
  '__proto__',
  'x'.repeat(5000),
  ' ',
];

test(`${edits} clusters with odd fields and hostile names: findings, and nothing thrown`, () => {
  const random = seededRandom(seed + 11);
  assert.ok(clusters.length >= liveRules.length);
  let told = 0;
  for (let i = 1; i <= edits; i++) {
    const objects = pick(clusters, random).flatMap((one) => {
      if (random() > 0.3) return asLive(one, one.object);
      const { metadata, ...fields } = withMutatedFields(one.object, random);
      const odd = withMutatedFields({ metadata: {}, odd: metadata ?? null }, random)['odd'];
      const name = random() < 0.2 ? { name: pick(hostile, random), namespace: pick(hostile, random) } : {};
      const kept = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {};
      return asLive(one, { ...fields, metadata: random() < 0.2 ? (odd ?? null) : { ...kept, ...name } });
    });
    try {
      const all = found(objects);
      told += all.length;
      assert.ok(all.every(({ location, message }) => location.uri !== '' && message !== ''));
    } catch (error) {
      throw new Error(`seed ${seed}, cluster ${i}: ${JSON.stringify(objects.map(({ object }) => object))}`, {
        cause: error,
      });
    }
  }
  assert.ok(told > edits / 4, `only ${told} findings`);
});
