import {
  exposure as computeExposure,
  type DirectionExposure,
  endFilter,
  exposureText,
  finish,
  formatSelector,
  type LabelSelector,
  selectsAll,
} from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { load, oneScope } from './load.ts';

/** What may reach each workload, and what it may reach, that is not in the files. */
export const exposure: Command = async (options) => {
  const { derived } = oneScope(await load(options.operands, options), options.scope);
  const filter = options.workload === undefined ? undefined : endFilter(derived, options.workload, 'from');
  if (filter !== undefined && typeof filter !== 'function') throw new UsageError(filter.message);
  const exposures = finish(computeExposure(derived)).filter(({ workload }) => filter?.(workload) ?? true);
  if (options.output !== 'json') return { output: exposureText(exposures), exitCode: 0 };
  const plain = exposures.map(({ workload, ingress, egress }) => {
    return { workload, ingress: plainDirection(ingress), egress: plainDirection(egress) };
  });
  return { output: jsonOutput({ exposures: plain }), exitCode: 0 };
};

/** Selectors as kubectl writes them; what asks for nothing is left out. */
function plainDirection({ isProtected, pods, outside }: DirectionExposure): object {
  const selector = (name: string, value: LabelSelector | undefined): object =>
    value === undefined || selectsAll(value) ? {} : { [name]: formatSelector(value) };
  const strangers = pods.map(({ pods: set, ports, portNames }) => ({
    ...(set?.inNamespace === undefined ? {} : { namespace: set.inNamespace }),
    ...selector('namespaces', set?.namespaces),
    ...selector('pods', set?.pods),
    ports,
    ...(portNames === undefined ? {} : { portNames }),
  }));
  return { isProtected, pods: strangers, outside };
}
