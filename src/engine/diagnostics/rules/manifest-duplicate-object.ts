import { t } from '@vscode/l10n';
import { type Resource, refKey, refLabel } from '../../model/resource.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** A definition that does not count, and the one that does. */
interface Hidden {
  readonly copy: Resource;
  readonly last: Resource;
}

/** One finding for each pair of files: files that are alternatives define many objects alike, for one reason. */
function* check({ snapshot }: RuleContext): Generator<Finding> {
  const groups = Map.groupBy(snapshot.allResources, ({ ref }: Resource) => refKey(ref));
  const hidden = [...groups.values()].flatMap((copies): Hidden[] => {
    const last = copies.at(-1);
    // A Namespace is often repeated beside whatever lives in it.
    if (last === undefined || last.ref.kind === 'Namespace') return [];
    return copies.slice(0, -1).map((copy) => ({ copy, last }));
  });
  const pairs = Map.groupBy(hidden, ({ copy, last }) => `${fileOf(copy)}\n${fileOf(last)}`);
  for (const group of pairs.values()) {
    const sameFile = group.every(({ copy, last }) => fileOf(copy) === fileOf(last));
    for (const one of sameFile ? group : group.slice(0, 1)) yield finding(one, sameFile ? 0 : group.length - 1);
  }
}

function fileOf({ origin }: Resource): string {
  return origin.type === 'manifest' ? origin.uri : '';
}

function finding({ copy: { ref, origin }, last }: Hidden, more: number): Finding {
  const name = fileOf(last).split('/').at(-1) ?? '';
  const where = origin.type === 'manifest' && origin.uri === fileOf(last) ? t('later in this file') : t('in {0}', name);
  const head = t('{0} is defined again {1}; that definition counts, this one does not', refLabel(ref), where);
  const others = t('So are {0} more objects of this file: alternatives belong into scopes of their own', more);
  return {
    code: rule.code,
    message: more === 0 ? head : `${head}. ${others}`,
    ref,
    origin,
    path: ['metadata', 'name'],
    related: [{ ref, path: ['metadata', 'name'], message: t('The definition that counts') }],
    fixes: [],
  };
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
