import type { Pod, ServicePort } from '../model/cluster.ts';
import type { Endpoint } from './endpoint.ts';

/** What an endpoint has for itself. */
interface Own {
  readonly ip: string;
  readonly port: number;
  readonly servicePort: ServicePort | undefined;
  readonly zone: string | undefined;
  readonly ready: boolean;
}

/** An endpoint that is a pod. A large cluster has more of them than pods, so what the pod says already is read there. */
export class PodEndpoint implements Endpoint {
  readonly pod: Pod;
  readonly ip: string;
  readonly port: number;
  readonly servicePort: ServicePort | undefined;
  readonly zone: string | undefined;
  readonly ready: boolean;
  /** Fields that few endpoints have, which therefore take no room in the others. */
  declare readonly hostname?: string;
  declare readonly hints?: NonNullable<Endpoint['hints']>;

  constructor(pod: Pod, { ip, port, servicePort, zone, ready }: Own, rare: Pick<Endpoint, 'hostname' | 'hints'>) {
    this.pod = pod;
    this.ip = ip;
    this.port = port;
    this.servicePort = servicePort;
    this.zone = zone;
    this.ready = ready;
    Object.assign(this, rare);
  }

  get family(): 'IPv4' | 'IPv6' {
    return this.ip.includes(':') ? 'IPv6' : 'IPv4';
  }

  get portName(): string {
    return this.servicePort?.name ?? '';
  }

  get protocol(): Endpoint['protocol'] {
    return this.servicePort?.protocol ?? 'TCP';
  }

  get node(): string | undefined {
    return this.pod.node || undefined;
  }

  get serving(): boolean {
    return this.pod.ready;
  }

  get terminating(): boolean {
    return this.pod.terminating;
  }

  get simulated(): boolean {
    return this.pod.simulatedIPs;
  }
}
