import { familyOf } from '../model/addresses.ts';
import { arrayAt, stringAt, stringMapAt, stringsAt } from '../model/json.ts';
import { type LabelSelector, type Labels, matchesLabels } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import type { Resource } from '../model/resource.ts';
import { serviceOfSlice, slicesOf } from '../model/slices.ts';
import type { Snapshot } from '../model/snapshot.ts';

interface Asks {
  readonly services: boolean;
  readonly groups: boolean;
  readonly apiServer: boolean;
  readonly config: boolean;
}

const asks = new WeakMap<Resource, Asks>();

/** Cheap and never too little: a word that stands elsewhere in the policy only makes the list longer. */
function asksOf(resource: Resource): Asks {
  let found = asks.get(resource);
  if (found === undefined) {
    const text = JSON.stringify([resource.object['spec'], resource.object['specs']]);
    found = {
      services: text.includes('"toServices"'),
      groups: text.includes('"cidrGroup'),
      apiServer: text.includes('"cluster"') || text.includes('kube-apiserver'),
      config: text.includes('"nodeSelector"') || /"(from|to)CIDR/.test(text),
    };
    asks.set(resource, found);
  }
  return found;
}

/** True for a policy of Cilium that names Services as peers. */
export function meansServices(resource: Resource): boolean {
  return resource.ref.group === 'cilium.io' && asksOf(resource).services;
}

/** What Cilium's agents are told: the ConfigMap by which they are set up. */
const configName = 'cilium-config';

/**
 * The objects that a Cilium policy means without containing them: Services and their addresses, groups of CIDRs, and what
 * the agents are told where that decides whether nodes are meant.
 */
export function ciliumRelated(resource: Resource, snapshot: Snapshot): readonly Resource[] {
  const { services, groups, apiServer, config: isConfigured } = asksOf(resource);
  if (!services && !groups && !apiServer && !isConfigured) return [];
  const wanted = services ? snapshot.ofKind('', 'Service') : [];
  const manual = [...handWritten(wanted), ...(apiServer ? [{ namespace: 'default', name: 'kubernetes' }] : [])];
  const slices = manual.flatMap((one) => slicesOf(snapshot, one));
  const endpoints = manual.flatMap((one) => snapshot.get({ group: '', kind: 'Endpoints', ...one }) ?? []);
  const config = isConfigured ? configsOf(snapshot.ofKind('', 'ConfigMap')) : [];
  const own = new Set([...slices, ...endpoints]);
  return [...wanted, ...own, ...(groups ? snapshot.ofKind('cilium.io', 'CiliumCIDRGroup') : []), ...config];
}

/** Services without a selector: their addresses are those that somebody wrote down. */
const handWritten = oncePer((services: readonly Resource[]) =>
  services.filter((one) => !hasSelector(one)).map(({ ref: { namespace, name } }) => ({ namespace, name })),
);

const configsOf = oncePer((all: readonly Resource[]) => all.filter(({ ref }) => ref.name === configName));

/** What the agents are told; `undefined` where that is not here. */
export function configIn(related: readonly Resource[]): Resource | undefined {
  return related.find(({ ref }) => ref.kind === 'ConfigMap' && ref.name === configName);
}

/** Whether policies of nodes have any effect, which agents must be told; `unknown` where what they are told is not here. */
export function hostFirewall(related: readonly Resource[]): 'on' | 'off' | 'unknown' {
  const config = configIn(related);
  if (config === undefined) return 'unknown';
  return stringAt(config.object, 'data', 'enable-host-firewall') === 'true' ? 'on' : 'off';
}

function hasSelector(service: Resource): boolean {
  return Object.keys(selectorOf(service)).length > 0;
}

/** The labels that a Service selects pods by; none where its endpoints are hand-written. */
export function selectorOf(service: Resource): Labels {
  return stringMapAt(service.object, 'spec', 'selector');
}

function serviceOf(one: Resource): string {
  return one.ref.kind === 'Endpoints' ? one.ref.name : serviceOfSlice(one);
}

function labelsOf(object: Resource['object']): Labels {
  return stringMapAt(object, 'metadata', 'labels');
}

/** The Services of a name, or those whose labels a selector matches; an empty namespace means all of them. */
export function servicesNamed(
  related: readonly Resource[],
  namespace: string,
  by: string | LabelSelector,
): readonly Resource[] {
  return related.filter(
    ({ ref, object }) =>
      ref.kind === 'Service' &&
      (namespace === '' || ref.namespace === namespace) &&
      (typeof by === 'string' ? ref.name === by : matchesLabels(by, labelsOf(object))),
  );
}

/** The addresses of a Service's hand-written endpoints, each as a block of its own. */
export function addressBlocks(related: readonly Resource[], namespace: string, name: string): readonly string[] {
  const found = related
    .filter(({ ref }) => ref.kind === 'EndpointSlice' || ref.kind === 'Endpoints')
    .filter((one) => one.ref.namespace === namespace && serviceOf(one) === name)
    .flatMap(({ object }) => [
      ...arrayAt(object, 'endpoints').flatMap((one) => stringsAt(one, 'addresses')),
      ...arrayAt(object, 'subsets').flatMap((one) =>
        ['addresses', 'notReadyAddresses'].flatMap((key) =>
          arrayAt(one, key).flatMap((address) => stringAt(address, 'ip') ?? []),
        ),
      ),
    ]);
  return [...new Set(found)].flatMap((ip) => {
    const family = familyOf(ip);
    return family === undefined ? [] : [`${ip}/${family === 'IPv4' ? 32 : 128}`];
  });
}

/** The CIDRs of the groups of a name, or of those whose labels a selector matches; `undefined` where there is no such group. */
export function groupBlocks(related: readonly Resource[], by: string | LabelSelector): readonly string[] | undefined {
  const groups = related.filter(
    ({ ref, object }) =>
      ref.kind === 'CiliumCIDRGroup' &&
      (typeof by === 'string' ? ref.name === by : matchesLabels(by, labelsOf(object))),
  );
  return groups.length === 0 ? undefined : groups.flatMap(({ object }) => stringsAt(object, 'spec', 'externalCIDRs'));
}
