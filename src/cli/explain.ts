import { type Evidence, explainEnds, explainText, isProblem } from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { fileName, load, oneScope } from './load.ts';

/** Why each port between two ends is open or not. */
export const explain: Command = async (options) => {
  const [from = '', to = '', ...paths] = options.operands;
  const analysis = await load(paths, options);
  const scope = oneScope(analysis, options.scope);
  const found = explainEnds(scope.derived, from, to, options.protocol);
  if (isProblem(found)) throw new UsageError(found.message);
  if (options.output === 'json') {
    const explanations = found.map(({ groups, ...ends }) => ({
      ...ends,
      groups: groups.map(({ ports, decision }) => ({ ports, ...decision })),
    }));
    return { output: jsonOutput({ explanations }), exitCode: 0 };
  }
  const place = (evidence: Evidence): string => {
    const location = analysis.locateEvidence(scope.snapshot, evidence);
    return location === undefined ? '' : `${fileName(location.uri)}:${location.range.start.line + 1}`;
  };
  return { output: explainText(found, place), exitCode: 0 };
};
