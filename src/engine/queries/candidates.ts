import { t } from '@vscode/l10n';
import type { CompletionItemAnswer } from '../analysis/answers.ts';
import type { ClusterNode, Namespace, Pod, Service } from '../model/cluster.ts';
import type { Labels } from '../model/labels.ts';

/** Something that may stand where a value is typed, and where it comes from. `value` is as the object has it. */
export interface Candidate {
  readonly value: string | number;
  readonly kind: CompletionItemAnswer['kind'];
  /** `on 3 pods of shop` */
  readonly detail: string;
}

/** Objects whose labels a selector reads. */
export type Labelled =
  | { readonly kind: 'pods'; readonly pods: readonly Pod[] }
  | { readonly kind: 'namespaces'; readonly namespaces: readonly Namespace[] }
  | { readonly kind: 'nodes'; readonly nodes: readonly ClusterNode[] };

interface Sort {
  readonly labels: Labels;
  /** How many objects have exactly these labels. */
  count: number;
  readonly namespaces: Set<string>;
}

/** Pods of one template share their labels, so that ten thousand pods are a few sorts. */
function sortsOf(labelled: Labelled): readonly Sort[] {
  switch (labelled.kind) {
    case 'pods': {
      const sorts = new Map<Labels, Sort>();
      for (const { template, ref } of labelled.pods) {
        const sort = sorts.get(template.labels) ?? { labels: template.labels, count: 0, namespaces: new Set() };
        sort.count++;
        sort.namespaces.add(ref.namespace);
        sorts.set(template.labels, sort);
      }
      return [...sorts.values()];
    }
    case 'namespaces':
      return labelled.namespaces.map(({ labels, name }) => ({ labels, count: 1, namespaces: new Set([name]) }));
    case 'nodes':
      return labelled.nodes.map(({ labels }) => ({ labels, count: 1, namespaces: new Set<string>() }));
    default:
      return labelled satisfies never;
  }
}

/** The keys that the objects' labels have, those of most objects first. */
export function labelKeys(labelled: Labelled): readonly Candidate[] {
  return counted(labelled, ({ labels }) => Object.keys(labels)).map((one) => ({ ...one, kind: 'label-key' }));
}

/** The values that the objects have for a key, those of most objects first. */
export function labelValues(labelled: Labelled, key: string): readonly Candidate[] {
  const found = counted(labelled, ({ labels }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value === undefined || value === '' ? [] : [value];
  });
  return found.map((one) => ({ ...one, kind: 'label-value' }));
}

function counted(
  labelled: Labelled,
  textsOf: (sort: Sort) => readonly string[],
): readonly Pick<Candidate, 'value' | 'detail'>[] {
  const found = new Map<string, { count: number; readonly namespaces: Set<string> }>();
  for (const sort of sortsOf(labelled)) {
    for (const text of textsOf(sort)) {
      const entry = found.get(text) ?? { count: 0, namespaces: new Set<string>() };
      entry.count += sort.count;
      for (const one of sort.namespaces) entry.namespaces.add(one);
      found.set(text, entry);
    }
  }
  return [...found]
    .sort(([a, { count: most }], [b, { count: least }]) => least - most || (a < b ? -1 : 1))
    .map(([value, { count, namespaces }]) => ({ value, detail: whereText(labelled.kind, count, [...namespaces]) }));
}

function whereText(kind: Labelled['kind'], count: number, namespaces: readonly string[]): string {
  const [only = ''] = namespaces;
  switch (kind) {
    case 'pods':
      if (namespaces.length > 1) return t('on {0} pods of {1} namespaces', count, namespaces.length);
      return count === 1 ? t('on 1 pod of {0}', only) : t('on {0} pods of {1}', count, only);
    case 'namespaces':
      return count === 1 ? t('on namespace {0}', only) : t('on {0} namespaces', count);
    case 'nodes':
      return count === 1 ? t('on 1 node') : t('on {0} nodes', count);
    default:
      return kind satisfies never;
  }
}

/** The Services of some namespace by name. */
export function serviceNames(services: readonly Service[]): readonly Candidate[] {
  return services.map(({ ref, headless, type, ports }) => ({
    value: ref.name,
    kind: 'service',
    detail: [
      t('{0} Service of {1}', headless ? t('headless') : type, ref.namespace),
      ...(ports.length === 0 ? [] : [ports.map(({ port, name }) => `${port}${name && ` ${name}`}`).join(', ')]),
    ].join(' · '),
  }));
}

/** The ports of a Service, by what an Ingress may write: only names, only numbers, or both. */
export function portsOfService({ ref, ports }: Service, by: 'name' | 'number' | 'both'): readonly Candidate[] {
  const names = ports.flatMap(({ name, port, protocol }): readonly Candidate[] =>
    name === ''
      ? []
      : [{ value: name, kind: 'port', detail: t('{0} of Service {1}', `${port}/${protocol}`, ref.name) }],
  );
  const numbers = ports.map(({ name, port, protocol }): Candidate => {
    const what = name === '' ? protocol : `${name}/${protocol}`;
    return { value: port, kind: 'port', detail: t('{0} of Service {1}', what, ref.name) };
  });
  return [...(by === 'number' ? [] : names), ...(by === 'name' ? [] : numbers)];
}

/** The ports that containers declare, names before numbers, those of most pods first. */
export function containerPorts(pods: readonly Pod[], by: 'name' | 'both'): readonly Candidate[] {
  const byName = new Map<string, { readonly ports: Set<string>; readonly pods: Pod[] }>();
  const byNumber = new Map<number, { readonly ports: Set<string>; readonly pods: Pod[] }>();
  for (const pod of pods) {
    for (const { name, port, protocol } of pod.template.ports) {
      if (name !== '') add(byName, name, pod, `${port}/${protocol}`);
      add(byNumber, port, pod, name === '' ? protocol : `${name}/${protocol}`);
    }
  }
  return [...portCandidates(byName), ...(by === 'name' ? [] : portCandidates(byNumber))];
}

function add<K>(
  to: Map<K, { readonly ports: Set<string>; readonly pods: Pod[] }>,
  key: K,
  pod: Pod,
  what: string,
): void {
  const entry = to.get(key) ?? { ports: new Set<string>(), pods: [] };
  entry.ports.add(what);
  // A pod whose containers declare the same twice counts once.
  if (entry.pods.at(-1) !== pod) entry.pods.push(pod);
  to.set(key, entry);
}

function portCandidates<K extends string | number>(
  found: ReadonlyMap<K, { readonly ports: ReadonlySet<string>; readonly pods: readonly Pod[] }>,
): readonly Candidate[] {
  const most = [...found].sort(([, a], [, b]) => b.pods.length - a.pods.length);
  return most.map(([value, { ports, pods }]) => {
    const namespaces = [...new Set(pods.map(({ ref }) => ref.namespace))];
    return { value, kind: 'port', detail: `${[...ports].join(', ')} ${whereText('pods', pods.length, namespaces)}` };
  });
}

/** Namespaces by name, with how many pods each has. */
export function namespaceNames(
  namespaces: readonly Namespace[],
  podsIn: (name: string) => readonly Pod[],
): readonly Candidate[] {
  return namespaces.map(({ name }) => {
    const { length } = podsIn(name);
    const detail = length === 1 ? t('Namespace with 1 pod') : t('Namespace with {0} pods', length);
    return { value: name, kind: 'namespace', detail };
  });
}
