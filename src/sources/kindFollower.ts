import {
  byNamespaceAndName,
  placeOf,
  type Resource,
  type ResourceRef,
  sameJson,
  type UnreadKind,
} from '../engine/index.ts';
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

type Name = Pick<ResourceRef, 'namespace' | 'name'>;

interface Change {
  readonly ref: Name;
  /** `undefined`: it is gone. */
  readonly now: Resource | undefined;
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
  /** Sorted by namespace and name, as it was when it was last asked for, and what was added at its end since. */
  #list: Resource[] = [];
  /** Somebody has the list: it is copied before it grows. */
  #isGiven = false;
  /** What came since, and what went (`undefined`), by `namespace/name`. */
  readonly #since = new Map<string, Change>();
  #size = 0;
  readonly #parts: Part[] = [];
  readonly #runs: Promise<void>[] = [];
  #fallback: Part[] = [];
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
    return this.#size;
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

  /** True where some of it may be listed and not watched. */
  get isListedOnly(): boolean {
    return this.states.some(({ kind }) => kind === 'listed');
  }

  /** The kind as a message names it, for example `networkpolicies.networking.k8s.io`. */
  get name(): string {
    const { plural, kind } = this.#setup.served;
    return kind.group === '' ? plural : `${plural}.${kind.group}`;
  }

  /** Sorted by namespace and name; the same list until something changes. */
  resources(): readonly Resource[] {
    this.#isGiven = true;
    if (this.#since.size === 0) return this.#list;
    const next: (Resource | undefined)[] = [...this.#list];
    const added: Resource[] = [];
    for (const { ref, now } of this.#since.values()) {
      const place = placeOf(this.#list, ref);
      if (place >= 0) next[place] = now;
      else if (now !== undefined) added.push(now);
    }
    this.#since.clear();
    const kept = next.filter((one) => one !== undefined);
    // A change of one object of many leaves the others in their places.
    this.#list = added.length === 0 ? kept : [...kept, ...added].sort(byNamespaceAndName);
    return this.#list;
  }

  #known(key: string, ref: Name): Resource | undefined {
    const change = this.#since.get(key);
    return change === undefined ? this.#list[placeOf(this.#list, ref)] : change.now;
  }

  #begin(selection: Selection): Part {
    const { transport, access, served, timing, watch } = this.#setup;
    const sink: ReflectorSink = {
      isEmpty: () => this.#size === 0,
      keep: (seen) => this.#keep(seen, selection.holds),
      put: (resource) => this.#put(resource),
      remove: (namespace, name) => this.#remove({ namespace, name }),
      state: (state) => this.#stateChanged(selection, state),
    };
    const context = access.context;
    const setup = { transport, context, served, selection, timing, sink, watch };
    const isOneNamespace = !served.namespaced && selection.namespace !== '';
    const reflector = isOneNamespace ? new NamespaceReader(setup) : new Reflector(setup);
    this.#runs.push(reflector.run());
    return { selection, reflector };
  }

  #keep(seen: ReadonlySet<Resource>, holds: Selection['holds']): void {
    for (const one of this.resources()) {
      if (!seen.has(one) && holds(one.ref.namespace, one.ref.name)) this.#remove(one.ref);
    }
  }

  /** Servers list objects nearly in this order: most of the first ones need no look for what is known of them. */
  #append(resource: Resource): boolean {
    const last = this.#list.at(-1);
    const isNext = last === undefined || byNamespaceAndName(last, resource) < 0;
    if (!isNext || this.#since.size > 0 || this.#isStopped) return false;
    if (this.#isGiven) this.#list = [...this.#list];
    this.#isGiven = false;
    this.#list.push(resource);
    this.#size++;
    this.#setup.changed(resource);
    return true;
  }

  /** An object whose change is nowhere in what is kept of it did not change: the one that is known stays. */
  #put(resource: Resource): Resource {
    if (this.#append(resource)) return resource;
    const { ref } = resource;
    const key = keyOf(ref);
    const before = this.#known(key, ref);
    if (before !== undefined && sameJson(before.object, resource.object)) return before;
    if (this.#isStopped) return resource;
    if (before === undefined) this.#size++;
    this.#since.set(key, { ref, now: resource });
    this.#setup.changed(resource);
    return resource;
  }

  #remove(ref: Name): void {
    const key = keyOf(ref);
    const before = this.#known(key, ref);
    if (before === undefined) return;
    this.#size--;
    this.#since.set(key, { ref, now: undefined });
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

function keyOf({ namespace, name }: Name): string {
  return `${namespace}/${name}`;
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
