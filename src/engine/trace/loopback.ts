import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { isLoopbackIp } from '../model/addresses.ts';
import type { Dialled } from './destination.ts';
import type { Branch, Flow, Hop } from './flow.ts';
import { namespaceOf, nodeOf, type Place, placeName } from './place.ts';
import { Walk } from './walk.ts';

/** What Linux gives its loopback device. */
const loopbackMtu = 65_536;

/** True for an address that stays in the network namespace that dials it; one that pods were given is theirs. */
export function isLoopback({ snapshot }: Derived, ip: string): boolean {
  return isLoopbackIp(ip) && snapshot.ownersOf(ip).pods.length === 0;
}

/**
 * A connection of a network namespace to itself over `lo`: the containers of a pod share one, and no policy or proxy
 * sees it. Source: the network model page, "containers within a pod share their network namespaces".
 */
export function toItself(derived: Derived, flow: Flow, source: Place, dialled: Dialled): Branch {
  const { ip, port } = dialled;
  const way = (from: number, to: number, why: string): readonly Hop[] => {
    const walk = new Walk({ src: ip, dst: ip, sport: from, dport: to, ttl: 64 });
    walk.enter(nodeOf(derived.snapshot, source)?.name ?? '', namespaceOf(source), 'lo', 'computed');
    walk.step({ kind: 'originate', action: 'forwarded', mechanism: 'socket', why });
    const stays = t('{0} stays in the network namespace of {1}', ip, placeName(source));
    return walk.step({ kind: 'deliver', action: 'delivered', mechanism: 'lo', why: stays }).hops;
  };
  const pod = source.kind === 'pod' ? { pod: { namespace: source.pod.ref.namespace, name: source.pod.ref.name } } : {};
  return {
    probability: dialled.share,
    forward: way(40_000, port, t('The client opens a {0} connection', flow.protocol)),
    reverse: way(port, 40_000, t('The server replies')),
    disposition: 'delivered',
    destination: { ip, port, ...pod },
    serverSees: { ip },
    clientSees: 'connected',
    masquerade: false,
    pathMtu: loopbackMtu,
    reason: t('{0} means {1} itself: policies and proxies do not see it', ip, placeName(source)),
    decidedBy: [],
    considered: [],
  };
}
