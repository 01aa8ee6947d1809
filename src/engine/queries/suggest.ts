import type { Analysis } from '../analysis/analysis.ts';
import type { SuggestAnswer } from '../analysis/answers.ts';
import { suggestPolicies } from '../connectivity/suggest.ts';
import { presentConnections } from '../connectivity/wanted.ts';
import { yamlText } from '../render/yaml.ts';
import { scopeFor } from './scopeChoice.ts';

/** NetworkPolicies for exactly what is allowed today in the scope of a file, as YAML; `null` without a scope. */
export function suggest(analysis: Analysis, uri: string | undefined): SuggestAnswer | null {
  const own = uri === undefined ? undefined : analysis.scopesOfFile(uri)[0];
  const scope = own ?? scopeFor(analysis, {});
  if (scope === undefined) return null;
  const users = scope.snapshot.workloads.filter(({ system }) => !system);
  const namespaces = [...new Set(users.map(({ ref }) => ref.namespace))].sort();
  const { policies, problems } = suggestPolicies(scope.derived, presentConnections(scope.derived), namespaces);
  return { scope: scope.scope.name, text: yamlText(policies), problems };
}
