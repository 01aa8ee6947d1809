import { t } from '@vscode/l10n';
import { parseCidr } from '../model/addresses.ts';
import { stringMapAt, valueAt } from '../model/json.ts';
import { type LabelReader, type LabelSelector, matches, podFacts } from '../model/labels.ts';
import { type FieldPath, type Resource, refLabel } from '../model/resource.ts';
import type { Peer } from './policy.ts';
import { PolicyReader } from './reader.ts';

/** Where the objects that selectors choose beside pods write their addresses. */
const addressFields: Readonly<Record<string, string>> = {
  GlobalNetworkSet: 'nets',
  HostEndpoint: 'expectedIPs',
  NetworkSet: 'nets',
};

/** An address alone is a block of its own. Source: projectcalico/calico libcalico-go/lib/net, ParseCIDROrIP. */
export function asCidr(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${text.includes(':') ? 128 : 32}`;
}

/**
 * The addresses of network sets and host endpoints that a selector of a rule chooses, within one namespace where one is
 * given. What can't be read of a chosen one is a doubt of the rule at `path`.
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/{networkset,hostendpoint}processor.go.
 */
export function setBlocks(
  reader: PolicyReader,
  labels: LabelSelector,
  within: string | undefined,
  related: readonly Resource[],
  path: FieldPath,
): readonly Peer[] {
  return related.flatMap((set) => {
    const field = Object.hasOwn(addressFields, set.ref.kind) ? addressFields[set.ref.kind] : undefined;
    if (field === undefined || (within !== undefined && set.ref.namespace !== within)) return [];
    return matches(labels, labelsOf(set, related)) ? blocksOf(reader, set, field, path) : [];
  });
}

function blocksOf(reader: PolicyReader, set: Resource, field: string, path: FieldPath): readonly Peer[] {
  const own = new PolicyReader(set);
  const name = refLabel(set.ref);
  const entries = own.entries(['spec', field]);
  if (own.doubts.length > 0) reader.doubt(path, t('the addresses of {0} are no list', name));
  if (valueAt(set.object, 'spec', 'allowedEgressDomains') !== undefined) {
    reader.gap(path, t('the domain names of {0} are not modelled', name));
  }
  return entries.flatMap((entry): readonly Peer[] => {
    const text = own.at(entry);
    const cidr = typeof text === 'string' ? asCidr(text) : '';
    if (parseCidr(cidr) !== undefined) return [{ kind: 'block', cidr, except: [], path, ofPods: 'always' }];
    reader.doubt(path, t('{0} in {1} is no address', String(text), name));
    return [];
  });
}

/** What a selector reads of an object that is no pod: its labels, and those of its namespace where it has one. */
export function labelsOf({ ref, object }: Resource, related: readonly Resource[]): LabelReader {
  const { namespace } = ref;
  const labels = stringMapAt(object, 'metadata', 'labels');
  const home = related.find((one) => one.ref.kind === 'Namespace' && one.ref.name === namespace);
  const ofHome = stringMapAt(home?.object, 'metadata', 'labels');
  const prefix = podFacts.namespaceLabel('');
  return (key) => {
    if (namespace !== '' && key === podFacts.namespace) return namespace;
    if (!key.startsWith(prefix)) return labels[key];
    const inner = key.slice(prefix.length);
    // The API server gives every namespace this label, also where its file does not.
    return namespace !== '' && inner === 'kubernetes.io/metadata.name' ? namespace : ofHome[inner];
  };
}
