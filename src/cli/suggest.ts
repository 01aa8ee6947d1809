import { t } from '@vscode/l10n';
import {
  type Analysis,
  type Derived,
  finish,
  mostPeers,
  presentConnections,
  runTests,
  suggestPolicies,
  type Wanted,
  wantedByAssertions,
  yamlText,
} from '../engine/index.ts';
import { type Options, UsageError } from './arguments.ts';
import { readOther } from './assertions.ts';
import { type Command, jsonOutput } from './command.ts';
import { load, oneScope } from './load.ts';

/** NetworkPolicies that allow what the assertions ask for, or exactly what is allowed today. */
export const suggest: Command = async (options) => {
  const analysis = await load(options.operands, options);
  const { derived, scope } = oneScope(analysis, options.scope);
  const isPresent = options.assertions === undefined && options.source !== 'assertions';
  const wanted = isPresent ? presentConnections(derived) : await asked(analysis, derived, scope.name, options);
  const suggestion = finish(suggestPolicies(derived, wanted));
  if (suggestion === undefined) {
    throw new UsageError(t('The policies would name more than {0} peers: choose fewer files or namespaces', mostPeers));
  }
  const { policies, problems } = suggestion;
  for (const problem of problems) process.stderr.write(`podpath: ${problem}\n`);
  if (options.output === 'json') return { output: jsonOutput({ policies, problems }), exitCode: 0 };
  return { output: yamlText(policies), exitCode: 0 };
};

/** What the assertions ask for. */
async function asked(analysis: Analysis, derived: Derived, scope: string, options: Options): Promise<Wanted> {
  const other = options.assertions === undefined ? undefined : await readOther(options.assertions);
  const results = finish(runTests(analysis, other)).filter((one) => one.scope === scope);
  if (results.length === 0) {
    throw new UsageError('there are no assertions: write tests in podpath.yaml or a ConnectivityTest');
  }
  const assertions = results.map(
    (one) => ({ ...one, expect: one.expect === 'allowed' ? 'allowed' : 'denied' }) as const,
  );
  return wantedByAssertions(derived, assertions);
}
