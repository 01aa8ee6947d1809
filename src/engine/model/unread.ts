import { t } from '@vscode/l10n';
import { isPolicyKind } from './kinds.ts';
import type { Resource, ResourceRef } from './resource.ts';

/** A kind of a running cluster that the user may not list everywhere. */
export interface UnreadKind {
  readonly group: string;
  readonly kind: string;
  /** As paths name it, for example `networkpolicies`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** The namespaces in which it was read, or the names of the objects that were; empty: nothing of it. */
  readonly readIn: readonly string[];
}

/** What can't be read, a sentence for each set of namespaces. */
export function unreadSentences(unread: readonly UnreadKind[]): readonly string[] {
  const nameOf = ({ plural, group }: UnreadKind): string => (group === '' ? plural : `${plural}.${group}`);
  const byPlaces = Map.groupBy(unread, ({ namespaced, readIn }) =>
    JSON.stringify([readIn.length > 0 && namespaced, readIn]),
  );
  return [...byPlaces.values()].flatMap((kinds) => {
    const [first] = kinds;
    if (first === undefined) return [];
    const names = kinds.map(nameOf).join(', ');
    const places = first.readIn.join(', ');
    if (places === '') return [t('You may not list {0}: they are not known', names)];
    if (!first.namespaced) return [t('Of {0} you may only see {1}', names, places)];
    return [t('You may list these only in {0}: {1}', places, names)];
  });
}

/** Kinds whose absence would make what is left look like something else: a namespace's labels, a Service's endpoints. */
const needed: ReadonlySet<string> = new Set(['/Namespace', '/Pod']);

/**
 * The objects that answers may be made of where some kinds could not be read: only those of namespaces whose Namespace and
 * pods were, so that nothing is judged by labels or endpoints that are not known; and for each policy kind that is not
 * known in one of them an object that stands for it, which makes the verdicts there unknown.
 */
export function visibleObjects(resources: readonly Resource[], unread: readonly UnreadKind[]): readonly Resource[] {
  if (unread.length === 0) return resources;
  const limits = unread.filter(({ group, kind }) => needed.has(`${group}/${kind}`));
  const isSeen = (namespace: string): boolean =>
    namespace === '' || limits.every(({ readIn }) => readIn.includes(namespace));
  const seen = resources.filter(({ ref }) => isSeen(ref.namespace));
  const namespaces = [...new Set(seen.map(({ ref }) => ref.namespace))].filter((one) => one !== '').sort();
  return [...seen, ...unread.flatMap((one) => placeholders(one, namespaces))];
}

/** Objects that policies read, by the kind of policy that their absence leaves in doubt. */
const readBy: Readonly<Record<string, string>> = {
  CiliumCIDRGroup: 'CiliumClusterwideNetworkPolicy',
  GlobalNetworkSet: 'GlobalNetworkPolicy',
  HostEndpoint: 'GlobalNetworkPolicy',
  NetworkSet: 'GlobalNetworkPolicy',
  Tier: 'GlobalNetworkPolicy',
};

function placeholders(one: UnreadKind, namespaces: readonly string[]): readonly Resource[] {
  const { group, plural, namespaced, readIn } = one;
  const kind = readBy[one.kind] ?? one.kind;
  if (!isPolicyKind(group, kind) && kind !== 'EgressFirewall') return [];
  const places = namespaced && kind === one.kind ? namespaces.filter((name) => !readIn.includes(name)) : [''];
  return places.map((namespace) => placeholder({ group, kind, namespace, name: t('(not readable)') }, plural));
}

function placeholder(ref: ResourceRef, plural: string): Resource {
  const { group, kind, namespace, name } = ref;
  const note =
    namespace === ''
      ? t('You may not list {0}: what they would change is not known', plural)
      : t('You may not list {0} in {1}: what they would change is not known', plural, namespace);
  const apiVersion = `${group}/v1`;
  const object = { apiVersion, kind, metadata: { name, ...(namespace === '' ? {} : { namespace }) } };
  return { ref, apiVersion, object, origin: { type: 'simulated', note } };
}
