import { readEmbedded } from '../manifest/documents.ts';
import { type JsonValue, stringAt, stringsAt, valueAt } from '../model/json.ts';
import { oncePer } from '../model/memo.ts';
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
export const meshConfigOf = oncePer(read);

function read(snapshot: Snapshot): MeshConfig {
  const { value, whole } = written(snapshot);
  const trustDomain = stringAt(value, 'trustDomain');
  return {
    rootNamespace: stringAt(value, 'rootNamespace') ?? 'istio-system',
    trustDomain: trustDomain ?? 'cluster.local',
    trustDomainAliases: stringsAt(value, 'trustDomainAliases'),
    seen: whole || trustDomain !== undefined,
  };
}

interface Written {
  readonly value: JsonValue | undefined;
  /** True for what the control plane reads, where what is not set has its default. */
  readonly whole: boolean;
}

function written(snapshot: Snapshot): Written {
  for (const { ref, object } of snapshot.ofKind('', 'ConfigMap')) {
    const text = stringAt(object, 'data', 'mesh');
    if (text === undefined || !/^istio(-|$)/.test(ref.name)) continue;
    const value = readEmbedded(text);
    if (value !== undefined) return { value, whole: true };
  }
  const installed = [
    ...snapshot.ofKind('install.istio.io', 'IstioOperator'),
    ...snapshot.ofKind('sailoperator.io', 'Istio'),
  ];
  for (const { object } of installed) {
    const value = valueAt(object, 'spec', 'meshConfig') ?? valueAt(object, 'spec', 'values', 'meshConfig');
    if (value !== undefined) return { value, whole: false };
  }
  return { value: undefined, whole: false };
}
