import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { SuggestAnswer } from '../analysis/answers.ts';
import { mostPeers, suggestPolicies } from '../connectivity/suggest.ts';
import { presentConnections } from '../connectivity/wanted.ts';
import { yamlText } from '../render/yaml.ts';
import { scopeFor } from './scopeChoice.ts';

/**
 * NetworkPolicies for exactly what is allowed today in the scope of a file, as YAML; for the namespaces of the file alone
 * where they would be too many. `null` without a scope.
 */
export function* suggest(analysis: Analysis, uri: string | undefined): Generator<undefined, SuggestAnswer | null> {
  const own = uri === undefined ? undefined : analysis.scopesOfFile(uri)[0];
  const found = own ?? scopeFor(analysis, {});
  if (found === undefined) return null;
  const scope = found.scope.name;
  const wanted = presentConnections(found.derived);
  const all = yield* suggestPolicies(found.derived, wanted);
  if (all !== undefined) return { scope, text: yamlText(all.policies), problems: all.problems };
  const tooMany = t('Policies for the whole of it would name more than {0} peers', mostPeers);
  const ofFile = namespacesOf(analysis, uri);
  const namespaces = wanted.namespaces.filter((one) => ofFile.has(one));
  const some = yield* suggestPolicies(found.derived, wanted, namespaces);
  if (some === undefined || some.policies.length === 0) return { scope, text: '', problems: [tooMany] };
  const only = t('These are for {0} alone', namespaces.join(', '));
  return { scope, text: yamlText(some.policies), problems: [tooMany, only, ...some.problems] };
}

function namespacesOf(analysis: Analysis, uri: string | undefined): ReadonlySet<string> {
  const documents = (uri === undefined ? undefined : analysis.file(uri))?.manifest.documents ?? [];
  return new Set(documents.flatMap(({ resources }) => resources.map(({ ref }) => ref.namespace)));
}
