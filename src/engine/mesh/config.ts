import { readPlainYaml } from '../manifest/plainYaml.ts';
import { type JsonValue, stringAt, stringsAt, valueAt } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** What of a mesh's own settings decides who may connect. */
export interface MeshConfig {
  /** Policies in this namespace act on all. */
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  /** False where the settings are not in the files and the defaults were taken. */
  readonly seen: boolean;
}

/**
 * The MeshConfig of a scope: of the ConfigMap `istio`, an IstioOperator or an Istio object; else the defaults.
 * Source: istio.io, Global Mesh Options (rootNamespace, trustDomain, trustDomainAliases).
 */
export function meshConfigOf(snapshot: Snapshot): MeshConfig {
  const value = written(snapshot);
  return {
    rootNamespace: stringAt(value, 'rootNamespace') ?? 'istio-system',
    trustDomain: stringAt(value, 'trustDomain') ?? 'cluster.local',
    trustDomainAliases: stringsAt(value, 'trustDomainAliases'),
    seen: value !== undefined,
  };
}

function written(snapshot: Snapshot): JsonValue | undefined {
  for (const { ref, object } of snapshot.ofKind('', 'ConfigMap')) {
    const text = stringAt(object, 'data', 'mesh');
    if (text !== undefined && /^istio(-|$)/.test(ref.name)) return readPlainYaml(text);
  }
  for (const { object } of snapshot.ofKind('install.istio.io', 'IstioOperator')) {
    const value = valueAt(object, 'spec', 'meshConfig');
    if (value !== undefined) return value;
  }
  for (const { object } of snapshot.ofKind('sailoperator.io', 'Istio')) {
    const value = valueAt(object, 'spec', 'values', 'meshConfig');
    if (value !== undefined) return value;
  }
  return undefined;
}
