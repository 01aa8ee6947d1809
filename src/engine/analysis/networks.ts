import { type Connectivity, connectivity } from '../connectivity/list.ts';
import { networksOfPolicy, type SecondaryNetwork, secondaryNetworks } from '../model/attachments.ts';
import { buildSnapshot } from '../model/build.ts';
import type { Workload } from '../model/cluster.ts';
import type { Resource } from '../model/resource.ts';
import { compileOnNetwork } from '../policy/multiNetworkPolicy.ts';
import type { PolicyProgram } from '../policy/policy.ts';
import { Derived } from './derived.ts';

/** A network beside the cluster's own: its pods alone, and the policies that act there. */
export interface NetworkView {
  readonly name: string;
  readonly derived: Derived;
}

const known = new WeakMap<Derived, readonly NetworkView[]>();

/** The networks beside the cluster's own that workloads are attached to, by name; what is connected there is judged alike. */
export function networkViews(derived: Derived): readonly NetworkView[] {
  let found = known.get(derived);
  if (found === undefined) {
    found = secondaryNetworks(derived.snapshot).map((one) => ({ name: one.name, derived: viewOf(derived, one) }));
    known.set(derived, found);
  }
  return found;
}

/** What policies allow between the workloads on a network; addresses outside of it are not told. */
export function* networkConnectivity({ derived }: NetworkView): Generator<undefined, Connectivity> {
  const { workloads, connections, unknown } = yield* connectivity(derived.matrix);
  const names = new Set(workloads);
  return { workloads, connections: connections.filter(({ from, to }) => names.has(from) && names.has(to)), unknown };
}

function viewOf({ snapshot }: Derived, { definitions, members }: SecondaryNetwork): Derived {
  const objectsOf = ({ resource, pods }: Workload): readonly Resource[] => [
    resource,
    ...pods.map((pod) => pod.resource),
  ];
  const all = new Set(snapshot.workloads.flatMap(objectsOf));
  const own = new Set(members.flatMap(objectsOf));
  const resources = snapshot.resources.filter((one) => own.has(one) || !all.has(one));
  const { assume } = snapshot;
  const compile = (): readonly PolicyProgram[] =>
    snapshot
      .ofKind('k8s.cni.cncf.io', 'MultiNetworkPolicy')
      .filter((one) => networksOfPolicy(one).some((name) => definitions.has(name)))
      .flatMap((one) => compileOnNetwork(one, assume.ipBlockMatchesPods === false));
  return new Derived(buildSnapshot({ scope: snapshot.scope, resources, assume }), undefined, compile);
}
