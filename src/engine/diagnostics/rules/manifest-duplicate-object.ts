import { t } from '@vscode/l10n';
import { type Resource, refKey, refLabel } from '../../model/resource.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** Reports every definition of an object but the last, which counts. */
function* check({ snapshot }: RuleContext): Generator<Finding> {
  const groups = Map.groupBy(snapshot.allResources, ({ ref }: Resource) => refKey(ref));
  for (const copies of groups.values()) {
    const hidden = copies.slice(0, -1);
    // A Namespace is often repeated beside whatever lives in it.
    if (copies[0]?.ref.kind === 'Namespace') continue;
    for (const { ref, origin } of hidden) {
      yield {
        code: rule.code,
        message: t(
          '{0} is defined again later in this scope; that definition counts, this one does not',
          refLabel(ref),
        ),
        ref,
        origin,
        path: ['metadata', 'name'],
        related: [{ ref, path: ['metadata', 'name'], message: t('The definition that counts') }],
        fixes: [],
      };
    }
  }
}

/** The same object twice. */
export const rule: Rule = {
  code: 'manifest-duplicate-object',
  summary: 'The same object twice in one scope.',
  description:
    'Two documents define one object. Applied together, the later one wins and the other is lost. Rename one, remove one, or put them into scopes of their own (podpath.yaml).',
  severity: 'warning',
  reads: ['*'],
  example: {
    failing: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  mode: fast
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  mode: safe
`,
    corrected: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  mode: safe
`,
  },
  check,
};
