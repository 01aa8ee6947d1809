import { t } from '@vscode/l10n';
import type { GraphAnswer } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { edgeText, problemsText } from './words.ts';

/** The topology as a table: the picture's twin, and all there is where a picture would be too large. */
export function boxList(answer: GraphAnswer, onChoose: (id: string) => void): HTMLElement {
  const names = new Map(answer.nodes.map(({ id, label }) => [id, label]));
  const rows = answer.nodes.map((node) => {
    const arrows = answer.edges.filter(({ from }) => from === node.id);
    const texts = arrows.slice(0, 6).map((one) => element('li', {}, edgeText(one, names)));
    if (arrows.length > 6) texts.push(element('li', { class: 'muted' }, t('and {0} more', arrows.length - 6)));
    const ready = node.replicas === undefined ? '' : `${node.ready ?? node.replicas}/${node.replicas}`;
    return element(
      'tr',
      {},
      element('td', { class: 'muted' }, node.namespace),
      element('td', {}, node.title),
      element(
        'td',
        {},
        element('button', { type: 'button', class: 'link', onclick: () => onChoose(node.id) }, node.label),
      ),
      element('td', {}, ready),
      element('td', {}, node.problems === 0 ? '' : problemsText(node.problems)),
      element('td', {}, element('ul', {}, ...texts)),
    );
  });
  const heads = [t('Namespace'), t('Kind'), t('Name'), t('Ready'), t('Problems'), t('Arrows')];
  return element(
    'table',
    { class: 'box-list' },
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...rows),
  );
}
