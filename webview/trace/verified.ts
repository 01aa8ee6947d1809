import { t } from '@vscode/l10n';
import type { ProbeVerdict, StepMark, VerifyAnswer } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { type IconName, icon } from '../icon.ts';

const icons: Readonly<Record<ProbeVerdict, IconName>> = {
  confirmed: 'delivered',
  contradicted: 'denied',
  'not-tested': 'minus',
};

function verdictText(verdict: ProbeVerdict): string {
  const texts: Readonly<Record<ProbeVerdict, string>> = {
    confirmed: t('confirmed'),
    contradicted: t('contradicted'),
    'not-tested': t('not tested'),
  };
  return texts[verdict];
}

/** What the cluster did, point by point. */
export function verifiedSection(answer: VerifyAnswer): readonly HTMLElement[] {
  const { context, where, verdict, summary, checks, untested } = answer;
  const rows = checks.map((check) =>
    element(
      'tr',
      { class: `seen-${check.verdict}` },
      element(
        'td',
        { class: 'mark-cell' },
        icon(icons[check.verdict]),
        element('span', {}, verdictText(check.verdict)),
      ),
      element('td', {}, check.title),
      element('td', { class: 'code' }, check.expected),
      element('td', { class: 'code' }, check.seen || '–'),
      element('td', {}, check.why),
    ),
  );
  const heads = [t('Result'), t('Checked'), t('Trace'), t('Cluster'), t('Why')];
  return [
    element('h2', {}, t('Verified on {0}', context)),
    element('p', { class: `verified-summary seen-${verdict}` }, icon(icons[verdict]), element('span', {}, summary)),
    element(
      'div',
      { class: 'scroller' },
      element(
        'table',
        { class: 'checks' },
        element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
        element('tbody', {}, ...rows),
      ),
    ),
    ...untested.map((one) => element('p', { class: 'muted' }, one)),
    element('p', { class: 'muted' }, t('Run in {0}', where)),
  ];
}

/** The mark of a step, for its row. */
export function stepMark({ verdict, why }: StepMark): HTMLElement {
  const label = `${verdictText(verdict)}: ${why}`;
  return element(
    'span',
    { class: `mark seen-${verdict}`, role: 'img', title: label, 'aria-label': label },
    icon(icons[verdict]),
  );
}
