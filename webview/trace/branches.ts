import { t } from '@vscode/l10n';
import type { TraceBranchText } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { icon } from '../icon.ts';

/** More branches than this are a list to choose from instead of buttons. */
const mostButtons = 8;

/** What the endpoints are chosen by chance from; nothing where there is only one. */
export function branchPicker(
  branches: readonly TraceBranchText[],
  chosen: number,
  onChoose: (index: number) => void,
): HTMLElement | undefined {
  if (branches.length < 2) return undefined;
  if (branches.length > mostButtons) return branchList(branches, chosen, onChoose);
  const buttons = branches.map(({ label, verdict }, index) => {
    const made = element(
      'button',
      { type: 'button', class: `button branch ${verdict}`, 'aria-pressed': String(index === chosen) },
      icon(verdict),
      element('span', {}, `${index + 1} ${label}`),
      element('span', { class: 'only-heard' }, verdictText(verdict)),
    );
    made.addEventListener('click', () => onChoose(index));
    return made;
  });
  return element('div', { class: 'branches', role: 'group', 'aria-label': t('Endpoint') }, ...buttons);
}

function branchList(
  branches: readonly TraceBranchText[],
  chosen: number,
  onChoose: (index: number) => void,
): HTMLElement {
  const options = branches.map(({ label, verdict }, index) =>
    element('option', { value: index, selected: index === chosen }, `${index + 1} ${label} · ${verdictText(verdict)}`),
  );
  const field = element('select', { class: 'field', 'aria-label': t('Endpoint') }, ...options);
  field.addEventListener('change', () => onChoose(field.selectedIndex));
  return element(
    'div',
    { class: 'branches' },
    element('span', { class: 'muted' }, t('{0} endpoints', branches.length)),
    field,
  );
}

/** A verdict in one word or two. */
export function verdictText(verdict: TraceBranchText['verdict']): string {
  const texts: Readonly<Record<TraceBranchText['verdict'], string>> = {
    delivered: t('delivered'),
    denied: t('denied'),
    failed: t('failed'),
    'not-enforced': t('not enforced'),
    unknown: t('not known'),
    mixed: t('it depends'),
  };
  return texts[verdict];
}
