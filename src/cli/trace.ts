import { type Disposition, isProblem, traceFlow, traceText } from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { load, oneScope } from './load.ts';

/** The way of a connection. */
export const trace: Command = async (options) => {
  const [from = '', to = '', ...paths] = options.operands;
  const analysis = await load(paths, options);
  const scope = oneScope(analysis, options.scope);
  const { protocol, node } = options;
  const nodes = scope.snapshot.nodes.map(({ name }) => name);
  if (node !== undefined && !nodes.includes(node)) {
    throw new UsageError(`there is no node ${node}; there are: ${nodes.slice(0, 20).join(', ')}`);
  }
  const answer = traceFlow(analysis, scope, { from, to, protocol, ...(node === undefined ? {} : { node }) });
  if (isProblem(answer)) {
    const choices = answer.choices.length === 0 ? '' : `; choose from: ${answer.choices.join(', ')}`;
    throw new UsageError(answer.message + choices);
  }
  const exitCode = exitCodeOf(answer.trace.disposition);
  switch (options.output) {
    case 'json':
      return { output: jsonOutput(answer.trace), exitCode };
    case 'mermaid':
      return { output: answer.branches.map((one) => one.mermaid).join('\n'), exitCode };
    default:
      return { output: traceText(answer), exitCode };
  }
};

function exitCodeOf(disposition: Disposition): number {
  switch (disposition) {
    case 'delivered':
    case 'exits-cluster':
    case 'not-enforced':
      return 0;
    case 'insufficient-information':
      return 3;
    default:
      return 1;
  }
}
