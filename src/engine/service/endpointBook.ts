import type { Service } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ServiceEndpoints } from './endpoint.ts';
import { resolveEndpoints } from './endpoints.ts';
import { PodEndpoint } from './podEndpoint.ts';

/** The endpoints of Services, each found when it is first asked for. */
export class EndpointBook {
  readonly #found = new Map<Service, ServiceEndpoints>();
  /** Services that have pods of their own namespace alone, by their selector: nothing elsewhere changes these. */
  readonly #own = new Set<Service>();

  of(snapshot: Snapshot, service: Service): ServiceEndpoints {
    let found = this.#found.get(service);
    if (found === undefined) {
      found = resolveEndpoints(snapshot, service);
      this.#found.set(service, found);
      if (isOwn(found)) this.#own.add(service);
    }
    return found;
  }

  /** What still holds once something in some namespaces changed. */
  without(touched: ReadonlySet<string>): EndpointBook {
    const next = new EndpointBook();
    for (const service of this.#own) {
      const found = this.#found.get(service);
      if (found === undefined || touched.has(service.ref.namespace)) continue;
      next.#found.set(service, found);
      next.#own.add(service);
    }
    return next;
  }
}

/** Those of slices that somebody wrote may be of any pod that has their address. */
function isOwn({ endpoints, source }: ServiceEndpoints): boolean {
  return source === 'controller' && endpoints.every((one) => one instanceof PodEndpoint);
}
