import type { Analysis } from '../engine/index.ts';
import {
  finish,
  presentConnections,
  runTests,
  type ScopeAnalysis,
  suggestPolicies,
  type WantedConnection,
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
  const scope = oneScope(analysis, options.scope);
  const asked = await wanted(analysis, scope, options);
  const { policies, problems } = suggestPolicies(scope.derived, asked.connections, asked.namespaces);
  for (const problem of problems) process.stderr.write(`podpath: ${problem}\n`);
  if (options.output === 'json') return { output: jsonOutput({ policies, problems }), exitCode: 0 };
  return { output: yamlText(policies), exitCode: 0 };
};

interface Asked {
  readonly connections: readonly WantedConnection[];
  readonly namespaces?: readonly string[];
}

async function wanted(analysis: Analysis, scope: ScopeAnalysis, options: Options): Promise<Asked> {
  if (options.assertions === undefined && options.source !== 'assertions') {
    const users = scope.snapshot.workloads.filter(({ system }) => !system);
    const namespaces = [...new Set(users.map(({ ref }) => ref.namespace))].sort();
    return { connections: presentConnections(scope.derived), namespaces };
  }
  const other = options.assertions === undefined ? undefined : await readOther(options.assertions);
  const results = finish(runTests(analysis, other)).filter((one) => one.scope === scope.scope.name);
  if (results.length === 0) {
    throw new UsageError('there are no assertions: write tests in podpath.yaml or a ConnectivityTest');
  }
  const asked = results.map((one) => ({ ...one, expect: one.expect === 'allowed' ? 'allowed' : 'denied' }) as const);
  return { connections: wantedByAssertions(scope.derived, asked) };
}
