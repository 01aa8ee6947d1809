import { t } from '@vscode/l10n';
import { type Resource, refLabel } from '../../model/resource.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** A definition that does not count, and the one that does. */
interface Hidden {
  readonly copy: Resource;
  readonly last: Resource;
}

/** One finding for all that a file shares with other files: alternatives define many objects alike, for one reason. */
function* check({ snapshot }: RuleContext): Generator<Finding> {
  const hidden = snapshot.hidden.flatMap((copy): Hidden[] => {
    const last = snapshot.get(copy.ref);
    // A Namespace is often repeated beside whatever lives in it.
    return last === undefined || copy.ref.kind === 'Namespace' ? [] : [{ copy, last }];
  });
  const [within, across] = [true, false].map((same) =>
    hidden.filter(({ copy, last }) => (fileOf(copy) === fileOf(last)) === same),
  );
  for (const one of within ?? []) yield finding(one, []);
  for (const [first, ...others] of Map.groupBy(across ?? [], ({ copy }) => fileOf(copy)).values()) {
    if (first !== undefined) yield finding(first, others);
  }
}

function fileOf({ origin }: Resource): string {
  return origin.type === 'manifest' ? origin.uri : '';
}

/** `others` are further objects of the same file that are defined again elsewhere. */
function finding({ copy: { ref, origin }, last }: Hidden, others: readonly Hidden[]): Finding {
  const steps = fileOf(last).split('/');
  const alike = origin.type === 'manifest' && origin.uri.endsWith(`/${steps.at(-1)}`);
  const name = steps.slice(alike ? -2 : -1).join('/');
  const where = origin.type === 'manifest' && origin.uri === fileOf(last) ? t('later in this file') : t('in {0}', name);
  const head = t('{0} is defined again {1}; that definition counts, this one does not', refLabel(ref), where);
  const more = t(
    'Further objects of this file that are defined again: {0}. Alternatives belong into scopes of their own',
    others.length,
  );
  return {
    code: rule.code,
    message: others.length === 0 ? head : `${head}. ${more}`,
    ref,
    origin,
    path: ['metadata', 'name'],
    related: [
      { ref, path: ['metadata', 'name'], message: t('The definition that counts') },
      ...others.map((one) => ({ ref: one.last.ref, path: ['metadata', 'name'], message: refLabel(one.last.ref) })),
    ],
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
