import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type AssumptionSettings, parseManifest, type Resource } from '../../../src/engine/index.ts';

/** One case of `corpus/README.md`. */
export interface CorpusCase {
  readonly id: string;
  readonly folder: string;
  readonly kind: string;
  readonly features: readonly string[];
  readonly expected: Expected;
}

/** `expected.json`, as far as the suites read it. */
export interface Expected {
  readonly kind: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly features?: readonly string[];
  readonly probes?: readonly Probe[];
  /** Rows of a shape that the kind decides. */
  readonly connections?: readonly unknown[];
  readonly all_connections_by_system_default?: readonly unknown[];
  readonly exposure?: unknown;
  readonly fatal?: boolean;
}

/** One row of a truth table; `ingress` and `egress` judge one direction alone. */
export interface Probe {
  readonly src: string;
  readonly dst: string;
  readonly port: number | string;
  readonly protocol: string;
  readonly allowed?: boolean;
  readonly ingress?: boolean;
  readonly egress?: boolean;
}

/** One row of a connection list. */
export interface ExpectedConnection {
  readonly src: string;
  readonly dst: string;
  readonly conn: string;
  readonly network?: string;
}

const beyondNetworkPolicy = new Set('anp banp cnp mnp multi-network udn cudn nad vm ingress route exposure'.split(' '));

/** The cases below a suite's folder; with `np` only those that NetworkPolicy alone decides. */
export function corpusCases(folder: string, features: string | undefined): readonly CorpusCase[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name): CorpusCase[] => {
      const path = join(folder, name);
      if (!existsSync(join(path, 'expected.json'))) return [];
      const expected = JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8')) as Expected;
      const own = expected.features ?? [];
      if (features === 'np' && own.some((one) => beyondNetworkPolicy.has(one))) return [];
      return [{ id: name, folder: path, kind: expected.kind, features: own, expected }];
    });
}

/** Every object of a case's manifests, in the order of the file names. */
export function readResources(folder: string): readonly Resource[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((path) => parseManifest(readFileSync(path, 'utf8'), relative(folder, path)).documents)
    .flatMap((document) => document.resources);
}

/** The documented assumptions of ORACLE.md for a suite. */
export function assumptionsOf(suite: string): AssumptionSettings {
  return suite.startsWith('npguard')
    ? { ipBlockMatchesPods: false, hostNetworkPolicy: 'as-pod' }
    : { ipBlockMatchesPods: true };
}
