import { type Resource, type ResourceRef, sameJson, type UnreadKind } from '../engine/index.ts';
import type { ClusterTransport } from './clusterTransport.ts';
import type { ServedKind } from './discovery.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { NamespaceReader } from './namespaceReader.ts';
import { Reflector, type ReflectorSink, type ReflectorState, type Selection } from './reflector.ts';
import type { ClusterTiming } from './timing.ts';

/** Everything that a follower works with. */
export interface FollowerSetup {
  readonly transport: ClusterTransport;
  readonly access: ClusterAccess;
  readonly namespaces: readonly string[];
  readonly served: ServedKind;
  readonly timing: ClusterTiming;
  readonly watch: boolean;
  readonly changed: (resource: Resource) => void;
  readonly removed: (ref: ResourceRef) => void;
  readonly stateChanged: () => void;
}

interface Part {
  readonly selection: Selection;
  readonly reflector: Reflector | NamespaceReader;
}

/**
 * The objects of one kind: from all namespaces where the user may list them there, else from single namespaces; of the
 * whole kind or, where only some names are wanted, by a watch for each.
 */
export class KindFollower {
  readonly #setup: FollowerSetup;
  /** By `namespace/name`. */
  readonly #objects = new Map<string, Resource>();
  readonly #parts: Part[] = [];
  readonly #runs: Promise<void>[] = [];
  #fallback: Part[] = [];
  #sorted: readonly Resource[] | undefined;
  /** Where each object stands in the list, and which of them changed since it was made. */
  #places: ReadonlyMap<string, number> = new Map();
  #changedSince: string[] = [];
  #isStopped = false;

  constructor(setup: FollowerSetup) {
    this.#setup = setup;
  }

  /** True for a kind that a first answer is made of. */
  get isFirst(): boolean {
    return this.#setup.served.kind.isFirst === true;
  }

  /** How many objects are known so far. */
  get size(): number {
    return this.#objects.size;
  }

  /** Sorts kinds: by group, then by kind. */
  get order(): string {
    const { group, kind } = this.#setup.served.kind;
    return `${group}/${kind}`;
  }

  start(): void {
    for (const selection of selectionsOf(this.#setup.served)) this.#parts.push(this.#begin(selection));
  }

  stop(): void {
    this.#isStopped = true;
    for (const { reflector } of [...this.#parts, ...this.#fallback]) reflector.stop();
  }

  /** Stops, and takes its objects back: the server has the kind no more. */
  drop(): void {
    this.stop();
    this.#keep(new Set(), () => true);
  }

  /** Resolves when everything has ended after a stop. */
  get ended(): Promise<unknown> {
    return Promise.all(this.#runs);
  }

  kick(): void {
    for (const { reflector } of [...this.#parts, ...this.#fallback]) reflector.kick();
  }

  get isAbsent(): boolean {
    return this.#parts.every(({ reflector }) => reflector.state.kind === 'absent');
  }

  /** The states that count: those of single namespaces in place of a whole that is forbidden. */
  get states(): readonly ReflectorState[] {
    const whole = this.#parts.map(({ reflector }) => reflector.state);
    if (this.#fallback.length === 0) return whole;
    return [...whole.filter((one) => one.kind !== 'forbidden'), ...this.#fallback.map((one) => one.reflector.state)];
  }

  /** Present where the kind can't be read as a whole. */
  get unread(): UnreadKind | undefined {
    const { plural, kind, namespaced } = this.#setup.served;
    if (kind.isProof || !this.#parts.some(({ reflector }) => reflector.state.kind === 'forbidden')) return undefined;
    const read = this.#fallback.filter(({ reflector }) => reflector.state.kind !== 'forbidden');
    const readIn = read.map(({ selection }) => selection.namespace).sort();
    return { group: kind.group, kind: kind.kind, plural, namespaced, readIn };
  }

  /** Sorted by namespace and name; the same list until something changes. */
  resources(): readonly Resource[] {
    if (this.#sorted === undefined) {
      const keys = [...this.#objects.keys()].sort();
      this.#places = new Map(keys.map((key, index) => [key, index]));
      this.#sorted = keys.flatMap((key) => this.#objects.get(key) ?? []);
    } else if (this.#changedSince.length > 0) {
      const next = [...this.#sorted];
      for (const key of this.#changedSince) {
        const [place, resource] = [this.#places.get(key), this.#objects.get(key)];
        if (place !== undefined && resource !== undefined) next[place] = resource;
      }
      this.#sorted = next;
    }
    this.#changedSince = [];
    return this.#sorted;
  }

  #begin(selection: Selection): Part {
    const { transport, access, served, timing, watch } = this.#setup;
    const sink: ReflectorSink = {
      keep: (keys) => this.#keep(keys, selection.holds),
      put: (resource) => this.#put(resource),
      remove: (namespace, name) => this.#remove(`${namespace}/${name}`),
      state: (state) => this.#stateChanged(selection, state),
    };
    const context = access.context;
    const setup = { transport, context, served, selection, timing, sink, watch };
    const isOneNamespace = !served.namespaced && selection.namespace !== '';
    const reflector = isOneNamespace ? new NamespaceReader(setup) : new Reflector(setup);
    this.#runs.push(reflector.run());
    return { selection, reflector };
  }

  #keep(keys: ReadonlySet<string>, holds: Selection['holds']): void {
    for (const [key, { ref }] of this.#objects) {
      if (!keys.has(key) && holds(ref.namespace, ref.name)) this.#remove(key);
    }
  }

  /** An object whose change is nowhere in what is kept of it did not change. */
  #put(resource: Resource): void {
    if (this.#isStopped) return;
    const { ref } = resource;
    const key = `${ref.namespace}/${ref.name}`;
    const before = this.#objects.get(key);
    if (before !== undefined && sameJson(before.object, resource.object)) return;
    this.#objects.set(key, resource);
    // A change of one object of many leaves the others in their places.
    if (before === undefined) this.#sorted = undefined;
    else this.#changedSince.push(key);
    this.#setup.changed(resource);
  }

  #remove(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#sorted = undefined;
    this.#setup.removed(before.ref);
  }

  /** The whole cluster is forbidden: single namespaces may not be. It is tried again, and ends them where it is allowed. */
  #stateChanged(selection: Selection, state: ReflectorState): void {
    const { served } = this.#setup;
    const isWhole = selection.namespace === '';
    if (isWhole && state.kind === 'forbidden' && served.kind.only === undefined) {
      if (this.#fallback.length === 0 && !this.#isStopped)
        this.#fallback = this.#single().map((one) => this.#begin(one));
    } else if (isWhole && state.kind === 'live' && this.#fallback.length > 0) {
      for (const { reflector } of this.#fallback) reflector.stop();
      this.#fallback = [];
    }
    this.#setup.stateChanged();
  }

  #single(): readonly Selection[] {
    const { served, namespaces, access } = this.#setup;
    const query = fieldQuery(served.kind);
    const wanted = namespaces.length > 0 ? [...new Set(namespaces)] : [access.namespace];
    if (this.order === '/Namespace') {
      return wanted.map((namespace) => ({ namespace, query: '', holds: (_, name) => name === namespace }));
    }
    if (!served.namespaced) return [];
    return wanted.map((namespace) => ({ namespace, query, holds: (other) => other === namespace }));
  }
}

/** One for a whole kind, else one for each name, and one for the label. */
function selectionsOf({ kind }: ServedKind): readonly Selection[] {
  const { only } = kind;
  if (only === undefined) return [{ namespace: '', query: fieldQuery(kind), holds: () => true }];
  const byName = only.names.map((wanted): Selection => {
    const query = `fieldSelector=${encodeURIComponent(`metadata.name=${wanted}`)}`;
    return { namespace: '', query, holds: (_, name) => name === wanted };
  });
  const query = `labelSelector=${encodeURIComponent(only.label)}`;
  return [...byName, { namespace: '', query, holds: (_, name) => !only.names.includes(name) }];
}

function fieldQuery({ fieldSelector }: ServedKind['kind']): string {
  return fieldSelector === undefined ? '' : `fieldSelector=${encodeURIComponent(fieldSelector)}`;
}
