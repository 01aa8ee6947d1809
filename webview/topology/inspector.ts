import { t } from '@vscode/l10n';
import type { GraphNode, InspectAnswer } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { post } from '../host.ts';
import { icon } from '../icon.ts';
import { button } from '../menu.ts';

/** What the inspector asks of the page. */
export interface InspectorEvents {
  readonly onClose: () => void;
  readonly onChoose: (box: string) => void;
  readonly onAround: (box: string) => void;
  readonly isShown: (box: string) => boolean;
  readonly endOf: (box: string) => string | undefined;
}

type Talker = { readonly box: string; readonly label: string; readonly ports?: string };

/** Rows of a list that are shown at once; the rest unfolds. */
const fewRows = 8;

/** The panel beside the picture for one box; `answer` is null while it is asked for. */
export function inspector(node: GraphNode, answer: InspectAnswer | null, events: InspectorEvents): HTMLElement {
  const { title, label, namespace } = node;
  const head = element(
    'header',
    { class: 'inspector-head' },
    element(
      'div',
      {},
      element('p', { class: 'muted' }, namespace === '' ? title : `${title} · ${namespace}`),
      element('h2', {}, label),
    ),
    button(t('Close'), { icon: 'close' }, events.onClose),
  );
  const body = answer === null ? [] : bodyOf(answer, events);
  return element('div', { class: 'inspector-content' }, head, actions(node, events), ...body);
}

function actions({ end, id, location, kind }: GraphNode, events: InspectorEvents): HTMLElement {
  return element(
    'div',
    { class: 'actions' },
    end !== undefined &&
      kind !== 'service' &&
      button(t('Trace from here'), { text: t('Trace from'), icon: 'trace', class: 'secondary' }, () =>
        post({ type: 'pickTrace', from: end }),
      ),
    end !== undefined &&
      kind !== 'external' &&
      button(t('Trace to here'), { text: t('Trace to'), icon: 'trace', class: 'secondary' }, () =>
        post({ type: 'pickTrace', to: end }),
      ),
    location !== undefined &&
      button(t('Open its YAML'), { text: t('YAML'), icon: 'open', class: 'secondary' }, () =>
        post({ type: 'open', location }),
      ),
    button(t('Show only what is next to it'), { text: t('Neighbours'), icon: 'topology', class: 'secondary' }, () =>
      events.onAround(id),
    ),
  );
}

function bodyOf(answer: InspectAnswer, events: InspectorEvents): readonly (HTMLElement | false)[] {
  const { problems, facts, labels, policies, reachedBy, deniedFrom, unknownFrom, reaches, node, more } = answer;
  const labelsTitle = node.kind === 'service' ? t('Selector') : t('Labels');
  return [
    problems.length > 0 && section(t('Problems'), problems.map(problemRow)),
    facts.length > 0 && factList(facts),
    labels.length > 0 &&
      section(
        labelsTitle,
        labels.map(({ key, value }) => element('li', { class: 'code' }, `${key}=${value}`)),
      ),
    section(
      t('Policies on it'),
      policies.map(({ label, location }) =>
        element('li', {}, location === undefined ? label : link(label, () => post({ type: 'open', location }))),
      ),
      t('none'),
    ),
    section(
      t('Reached by'),
      reachedBy.map((one) => talker(one, node, 'from', events)),
      t('nobody'),
      'delivered',
      more.reachedBy,
    ),
    deniedFrom.length > 0 &&
      section(
        t('Not reached by'),
        deniedFrom.map((one) => talker(one, node, 'from', events)),
        '',
        'denied',
        more.deniedFrom,
      ),
    unknownFrom.length > 0 &&
      section(
        t('Not known for'),
        unknownFrom.map((one) => talker(one, node, 'from', events)),
        '',
        'unknown',
        more.unknownFrom,
      ),
    section(
      t('May reach'),
      reaches.map((one) => talker(one, node, 'to', events)),
      t('nobody in this scope'),
      'delivered',
      more.reaches,
    ),
  ];
}

/** A list with its title and number; `hidden` rows are counted, but not here. */
function section(
  title: string,
  rows: readonly HTMLElement[],
  none = '',
  look?: 'delivered' | 'denied' | 'unknown',
  hidden = 0,
): HTMLElement {
  const list = element('ul', {}, ...rows.slice(0, fewRows));
  const rest = rows.slice(fewRows);
  const more =
    rest.length > 0 &&
    element(
      'li',
      {},
      button(t('Show all'), { text: t('and {0} more', rest.length + hidden), class: 'more' }, () => {
        list.replaceChildren(...rows);
        if (hidden > 0) list.append(element('li', { class: 'muted' }, t('and {0} more', hidden)));
      }),
    );
  if (more !== false) list.append(more);
  const count = rows.length > 1 ? ` (${rows.length + hidden})` : '';
  return element(
    'section',
    { class: look === undefined ? '' : `talk ${look}` },
    element('h3', {}, look !== undefined && icon(look), title + count),
    rows.length === 0 ? element('p', { class: 'muted' }, none) : list,
  );
}

function factList(facts: InspectAnswer['facts']): HTMLElement {
  const rows = facts.flatMap(({ name, value }) => [element('dt', {}, name), element('dd', {}, value)]);
  return element('dl', {}, ...rows);
}

function problemRow({ code, message, severity, location }: InspectAnswer['problems'][number]): HTMLElement {
  return element(
    'li',
    { class: `problem ${severity}` },
    icon('failed'),
    element(
      'span',
      {},
      link(message, () => post({ type: 'open', location })),
      element('span', { class: 'muted' }, ` ${code}`),
    ),
  );
}

/** A row of who may talk: choosing it shows that box, and its button traces the connection. */
function talker(
  { box, label, ports }: Talker,
  node: GraphNode,
  side: 'from' | 'to',
  events: InspectorEvents,
): HTMLElement {
  const other = events.endOf(box);
  const own = node.end;
  const ends = other === undefined || own === undefined ? undefined : side === 'from' ? [other, own] : [own, other];
  const name = events.isShown(box) ? link(label, () => events.onChoose(box)) : element('span', {}, label);
  return element(
    'li',
    { class: 'talker' },
    element('span', {}, name, ports !== undefined && ports !== '' && element('span', { class: 'muted' }, ` ${ports}`)),
    ends !== undefined &&
      !(side === 'to' && node.kind === 'service') &&
      button(t('Trace {0} → {1}', ends[0] ?? '', ends[1] ?? ''), { icon: 'trace' }, () =>
        post({ type: 'pickTrace', from: ends[0] ?? '', to: ends[1] ?? '' }),
      ),
  );
}

function link(text: string, onPress: () => void): HTMLButtonElement {
  return element('button', { type: 'button', class: 'link', onclick: onPress }, text);
}
