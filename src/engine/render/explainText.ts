import { t } from '@vscode/l10n';
import { formatPortRanges } from '../model/ports.ts';
import { refLabel } from '../model/resource.ts';
import type { PolicyDecision, Verdict } from '../policy/policy.ts';
import type { Explanation } from '../queries/explain.ts';
import type { Place } from './diffText.ts';

/** An explanation for a terminal: ports by what decides them, and for each direction the rules in their order. */
export function explainText(explanations: readonly Explanation[], place: Place): string {
  const lines = explanations.flatMap(({ from, to, network, groups }) => [
    network === undefined ? `${from} → ${to}` : t('{0} → {1} on network {2}', from, to, network),
    ...groups.flatMap(({ ports, decision }) => [
      `  ${formatPortRanges(ports, t('all ports'))}: ${actionText(decision)}`,
      ...(['egress', 'ingress'] as const).flatMap((direction) => verdictLines(decision[direction], place)),
    ]),
  ]);
  return `${lines.join('\n')}\n`;
}

function actionText({ action, egress, ingress }: PolicyDecision): string {
  const conditions = [...(egress.conditions ?? []), ...(ingress.conditions ?? [])];
  const word = action === 'allow' ? t('allowed') : action === 'deny' ? t('denied') : t('not known');
  return conditions.length === 0 ? word : `${word} (${conditions.join(', ')})`;
}

/** A verdict's rules, passes first, each with its place; what a denial lacks stands below. */
export function verdictLines(verdict: Verdict, place: Place): readonly string[] {
  const { direction, reason, decidedBy, considered, passed = [] } = verdict;
  const at = (evidence: Verdict['decidedBy'][number]): string => {
    const where = place(evidence);
    return where === '' ? '' : `  ${where}`;
  };
  const word = direction === 'egress' ? t('egress') : t('ingress');
  return [
    ...passed.map((one) => `    ${word}: ${one.note}${at(one)}`),
    // A denial names the ports of the group above, and the policies below.
    `    ${word}: ${verdict.action === 'deny' && considered.length > 0 ? t('no rule allows it') : reason}`,
    ...decidedBy.map((one) => `      ${refLabel(one.ref)}${one.note === '' ? '' : ` (${one.note})`}${at(one)}`),
    ...considered.map((one) => `      ${t('nearest: {0}', one.note)}${at(one)}`),
  ];
}
