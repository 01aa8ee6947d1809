import type { Pod } from '../model/cluster.ts';
import { arrayAt, stringAt } from '../model/json.ts';
import { isSimulated } from '../model/simulated.ts';
import type { ClientSees } from './flow.ts';

const ingressNginx = /ingress-nginx\/controller\b|nginx-ingress-controller\b/;

/** True for a pod of ingress-nginx, which a controller that Podpath takes as given is as well. */
function isIngressNginx({ resource, template }: Pod): boolean {
  const images = arrayAt(template.spec, 'containers').flatMap((one) => stringAt(one, 'image') ?? []);
  return isSimulated(resource) || images.some((image) => ingressNginx.test(image));
}

/**
 * What a client sees of a request that an Ingress controller gets to no backend: `outcomes` is what the controller itself
 * sees, one an endpoint. ingress-nginx has an answer of its own for none, and takes another endpoint after each that fails,
 * so that only what all have in common is sure. Other controllers differ, and settings may, too.
 * Source: ingress-nginx rootfs/etc/nginx/lua/balancer.lua and internal/ingress/controller/config (proxy-next-upstream and
 * its tries, proxy-connect-timeout); nginx src/http/ngx_http_upstream.c (ngx_http_upstream_next).
 */
export function failureAnswer(controller: Pod, outcomes: readonly ClientSees[]): ClientSees {
  const [first, ...others] = new Set(outcomes);
  if (!isIngressNginx(controller) || others.length > 0) return 'unknown';
  switch (first) {
    case undefined:
      return 'http-503';
    case 'timeout':
      return 'http-504';
    case 'refused':
    case 'unreachable':
      return 'http-502';
    default:
      return 'unknown';
  }
}
