import type { Derived } from '../analysis/derived.ts';
import { buildSnapshot } from '../model/build.ts';
import type { PortRange } from '../model/ports.ts';
import { refKey } from '../model/resource.ts';
import { compilePolicies } from '../policy/kinds.ts';
import type { Direction, PodSet, PolicyRule } from '../policy/policy.ts';
import { PolicySet } from '../policy/policySet.ts';
import type { ConnectivityEnd } from './classes.ts';
import { formatRange } from './externalRanges.ts';
import { ConnectivityMatrix } from './matrix.ts';
import { type NamedDoor, namedDoors, type PortName, withoutDoors } from './namedDoors.ts';
import { passageTo, type Row } from './row.ts';
import { type Meant, type Strangers, strangersOf } from './strangers.ts';

/** Pods that are not among the objects, and the ports that are open between them and a workload. */
export interface OpenToPods {
  /** Whom a rule means; absent: any pod of any namespace, also one that no rule names. */
  readonly pods?: PodSet;
  readonly ports: readonly PortRange[];
  /** Ports that a rule opens by their names, whatever number a pod gives them; absent where there are none. */
  readonly portNames?: readonly PortName[];
}

/** Addresses outside of the cluster, `10.0.0.0-10.255.255.255`, and the ports that are open between them and a workload. */
export interface OpenToOutside {
  readonly range: string;
  readonly ports: readonly PortRange[];
}

/** What may come into a workload from outside of the objects, or what it may reach there. */
export interface DirectionExposure {
  /** False where no policy acts on the workload in this direction: everything is open. */
  readonly isProtected: boolean;
  /** The first is for any pod, where that is open; the others differ from it. Without ports: closed to those pods. */
  readonly pods: readonly OpenToPods[];
  readonly outside: readonly OpenToOutside[];
}

/** One workload's exposure to what is not in the files. */
export interface Exposure {
  readonly workload: string;
  readonly ingress: DirectionExposure;
  readonly egress: DirectionExposure;
}

/**
 * What every workload may be reached from, and reach, that is not among the objects: pods of workloads that are still to
 * come or live in other repositories, and addresses outside. For each peer that a rule names pods are imagined that it
 * would mean, and what is open to all of them counts; those that no rule names stand for any pod.
 */
export function* exposure(derived: Derived): Generator<undefined, readonly Exposure[]> {
  const { snapshot, policies } = derived;
  const doors = namedDoors(policies.programs);
  const strangers = strangersOf(snapshot, policies.programs, doors);
  const resources = [...snapshot.allResources, ...strangers.resources];
  yield;
  const peopled = buildSnapshot({ scope: snapshot.scope, resources, assume: snapshot.assume });
  yield;
  const programs = compilePolicies(peopled);
  const matrix = new ConnectivityMatrix(peopled, new PolicySet(peopled, programs, policies.settings, policies.tiers));
  yield;
  const crowd = new Crowd(matrix, strangers);
  const found: Exposure[] = [];
  for (const { name } of derived.matrix.ends) {
    const end = matrix.endsByName.get(name);
    if (end === undefined) continue;
    const ingress = directionOf(matrix, crowd, [], end, 'ingress');
    found.push({ workload: name, ingress, egress: directionOf(matrix, crowd, doors, end, 'egress') });
    yield;
  }
  return found;
}

/** The strangers as a matrix sees them. What is open to them is the same for all workloads of one row. */
class Crowd {
  readonly #matrix: ConnectivityMatrix;
  /** The classes that the strangers of one meaning are in; `undefined` for one that is in none. */
  readonly #classes: ReadonlyMap<Meant | undefined, ReadonlySet<number | undefined>>;
  readonly #rules = new Map<Meant, ReadonlySet<string>>();
  readonly #open = new Map<Row, ReadonlyMap<Meant | undefined, number>>();

  constructor(matrix: ConnectivityMatrix, { list }: Strangers) {
    this.#matrix = matrix;
    const classOf = ({ namespace, name }: Strangers['list'][number]): number | undefined =>
      matrix.endsByName.get(`${namespace}/${name}[Pod]`)?.podClass.index;
    const byMeaning = Map.groupBy(list, ({ meant }) => meant);
    this.#classes = new Map([...byMeaning].map(([meant, own]) => [meant, new Set(own.map(classOf))]));
  }

  /** The ports that a row opens to every one of those that are meant: what any of them may do all must. */
  openBy(row: Row): ReadonlyMap<Meant | undefined, number> {
    let found = this.#open.get(row);
    if (found === undefined) {
      const { ports } = this.#matrix;
      const allowed = (index: number | undefined): number =>
        index === undefined ? ports.none : passageTo(row, index).allowed;
      const entries = [...this.#classes].map(([meant, classes]) => {
        const set = [...classes].reduce((rest: number, index) => ports.intersection(rest, allowed(index)), ports.all);
        return [meant, set] as const;
      });
      found = new Map(entries);
      this.#open.set(row, found);
    }
    return found;
  }

  /** The names of the rules that mean these. */
  rulesOf(meant: Meant): ReadonlySet<string> {
    let found = this.#rules.get(meant);
    if (found === undefined) {
      found = new Set([...meant.by].map(ruleName));
      this.#rules.set(meant, found);
    }
    return found;
  }
}

function directionOf(
  matrix: ConnectivityMatrix,
  crowd: Crowd,
  doors: readonly NamedDoor[],
  end: ConnectivityEnd,
  direction: Direction,
): DirectionExposure {
  const { ports } = matrix;
  // The policies of pods that are still to come are not known: what the workload's own allow.
  const row = matrix.row(end.podClass, direction);
  const own = matrix.selecting(end.podClass).flatMap(({ rules }) => rules.filter((one) => one.direction === direction));
  const opened = (set: number): Pick<OpenToPods, 'ports' | 'portNames'> => {
    const { set: numbers, names } = withoutDoors(ports, set, doors);
    return { ports: ports.ranges(numbers), ...(names.length > 0 ? { portNames: names } : {}) };
  };
  const byMeaning = crowd.openBy(row);
  const anyone = byMeaning.get(undefined) ?? ports.all;
  const names = own.map(ruleName);
  const named = [...byMeaning].flatMap(([meant, allowed]): OpenToPods[] => {
    if (meant === undefined || allowed === anyone) return [];
    const rules = crowd.rulesOf(meant);
    return names.some((one) => rules.has(one)) ? [{ pods: meant.set, ...opened(allowed) }] : [];
  });
  return {
    isProtected: own.length > 0 || matrix.selecting(end.podClass).some((one) => one.isolates[direction]),
    pods: [...(anyone === ports.none ? [] : [opened(anyone)]), ...named],
    outside: matrix
      .outside(end, direction)
      .filter(({ set }) => set !== ports.none)
      .map(({ range, set }) => ({ range: formatRange(range), ports: ports.ranges(set) })),
  };
}

/** The rule's place: programs are compiled anew for the objects with the strangers among them. */
function ruleName({ evidence: { ref, path } }: PolicyRule): string {
  return `${refKey(ref)} ${path.join('.')}`;
}
