import { endpointsTable, type ServiceEndpoints } from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { load, oneScope } from './load.ts';

/** The endpoints of every Service of a scope, or of one. */
export const endpoints: Command = async (options) => {
  const { derived } = oneScope(await load(options.operands, options), options.scope);
  const wanted = options.service;
  const services = derived.snapshot.services.filter(({ ref, resource }) =>
    wanted === undefined ? resource.origin.type !== 'simulated' : `${ref.namespace}/${ref.name}` === wanted,
  );
  if (wanted !== undefined && services.length === 0) throw new UsageError(`there is no Service ${wanted}`);
  const all = services.map(derived.endpointsOf);
  const output = options.output === 'json' ? jsonOutput({ services: all.map(serviceJson) }) : endpointsTable(all);
  return { output, exitCode: 0 };
};

function serviceJson({ service, endpoints: own, reasons }: ServiceEndpoints): object {
  const { ref, type, clusterIPs, ports, headless } = service;
  return {
    namespace: ref.namespace,
    name: ref.name,
    type,
    clusterIPs: headless ? ['None'] : clusterIPs,
    ports: ports.map(({ name, port, protocol, targetPort, nodePort }) => ({
      name,
      port,
      protocol,
      targetPort,
      ...(nodePort === undefined ? {} : { nodePort }),
    })),
    endpoints: own.map((one) => ({
      ip: one.ip,
      port: one.port,
      portName: one.portName,
      protocol: one.protocol,
      ...(one.pod === undefined ? {} : { pod: one.pod.ref.name }),
      ...(one.node === undefined ? {} : { node: one.node }),
      ready: one.ready,
      serving: one.serving,
      terminating: one.terminating,
      simulated: one.simulated,
    })),
    reasons: reasons.map(({ pod, text }) => ({ ...(pod === undefined ? {} : { pod: pod.name }), text })),
  };
}
