import { t } from '@vscode/l10n';
import type { GraphAnswer, GraphEdge, GraphRequest } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { icon } from '../icon.ts';
import { button, checkRow, menuItem, popup } from '../menu.ts';
import { edgeKindText, levelText } from './words.ts';

/** What of the page the tool bar shows. */
export interface ToolbarState {
  readonly request: GraphRequest;
  readonly answer: GraphAnswer | undefined;
  readonly denied: boolean;
  readonly changes: boolean;
  /** Connections that unsaved edits open or close. */
  readonly changed: number;
  readonly stale: number;
  readonly listed: boolean;
}

/** What the tool bar does to the page. */
export interface ToolbarEvents {
  readonly onRequest: (change: Partial<GraphRequest>) => void;
  readonly onFind: (text: string) => number;
  /** Goes to the next box that was found. */
  readonly onNext: () => void;
  readonly onDenied: (shown: boolean) => void;
  readonly onChanges: (shown: boolean) => void;
  readonly onRefresh: () => void;
  readonly onList: (listed: boolean) => void;
  readonly onCopy: (what: 'mermaid' | 'markdown') => void;
  readonly onSave: (what: 'svg' | 'png' | 'mermaid') => void;
  readonly onFit: () => void;
  readonly onZoom: (factor: number) => void;
  readonly onMinimap: () => void;
}

const levels: readonly GraphRequest['level'][] = ['namespace', 'workload', 'pod'];
const edgeKinds: readonly GraphEdge['kind'][] = ['routes', 'selects', 'allows'];

/** The row above the picture. `update` shows another state without taking the focus from where it is. */
export class Toolbar {
  readonly root = element('div', { class: 'toolbar', role: 'toolbar', 'aria-label': t('Topology') });
  readonly search: HTMLInputElement;
  readonly #events: ToolbarEvents;
  readonly #found = element('span', { class: 'muted found-count', 'aria-live': 'polite' });
  readonly #level: HTMLSelectElement;
  readonly #pill: HTMLButtonElement;
  readonly #changes: HTMLButtonElement;
  readonly #list: HTMLButtonElement;
  #state: ToolbarState;

  constructor(state: ToolbarState, events: ToolbarEvents) {
    this.#state = state;
    this.#events = events;
    this.search = this.#searchField();
    this.#level = this.#levelField();
    this.#pill = button('', { text: '', icon: 'refresh', class: 'pill' }, events.onRefresh);
    this.#changes = button(t('What your unsaved edits open and close'), { text: '' }, () =>
      events.onChanges(!this.#state.changes),
    );
    this.#list = button(t('Show as a list'), { icon: 'list' }, () => events.onList(!this.#state.listed));
    this.root.append(
      element('div', { class: 'search' }, icon('search'), this.search, this.#found),
      this.#level,
      popup(t('Namespaces'), t('Namespaces to show'), () => this.#namespaceRows()),
      popup(t('Arrows'), t('Arrows to show'), () => this.#edgeRows()),
      this.#changes,
      this.#pill,
      element('span', { class: 'spring' }),
      this.#list,
      popup(t('Export'), t('Copy or save'), () => this.#exportRows(), 'copy'),
      element(
        'span',
        { class: 'zoom' },
        button(t('Zoom out (-)'), { icon: 'minus' }, () => events.onZoom(1 / 1.25)),
        button(t('Zoom in (+)'), { icon: 'plus' }, () => events.onZoom(1.25)),
        button(t('Fit (F)'), { icon: 'fit' }, events.onFit),
        button(t('Overview map'), { icon: 'map' }, events.onMinimap),
      ),
    );
    this.update(state);
  }

  update(state: ToolbarState): void {
    this.#state = state;
    this.#level.value = state.request.level;
    this.#pill.hidden = state.stale === 0;
    setText(this.#pill, state.stale === 1 ? t('1 change') : t('{0} changes', state.stale));
    this.#pill.title = t('What is drawn has changed: draw it again');
    this.#changes.hidden = state.changed === 0 && !state.changes;
    setText(this.#changes, t('Changes ({0})', state.changed));
    this.#changes.setAttribute('aria-pressed', String(state.changes));
    this.#list.setAttribute('aria-pressed', String(state.listed));
  }

  #searchField(): HTMLInputElement {
    const field = element('input', {
      type: 'search',
      class: 'field',
      placeholder: t('Find a box'),
      'aria-label': t('Find a box'),
      spellcheck: 'false',
    });
    field.addEventListener('input', () => {
      const count = this.#events.onFind(field.value);
      this.#found.textContent = field.value === '' ? '' : count === 0 ? t('none') : t('{0} found', count);
    });
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#events.onNext();
      if (event.key !== 'Escape') return;
      field.value = '';
      field.dispatchEvent(new Event('input'));
    });
    return field;
  }

  #levelField(): HTMLSelectElement {
    const options = levels.map((level) => element('option', { value: level }, levelText(level)));
    const field = element('select', { class: 'field', 'aria-label': t('Level'), title: t('Level') }, ...options);
    field.addEventListener('change', () => {
      const level = levels.find((one) => one === field.value);
      if (level !== undefined) this.#events.onRequest({ level });
    });
    return field;
  }

  #namespaceRows(): readonly Node[] {
    const { answer, request } = this.#state;
    const all = answer?.namespaces ?? [];
    const chosen = new Set(request.namespaces.length === 0 ? all : request.namespaces);
    const change = () => {
      const namespaces = all.filter((one) => chosen.has(one));
      this.#events.onRequest({ namespaces: namespaces.length === all.length ? [] : namespaces });
    };
    const rows = all.map((name) =>
      checkRow(name, chosen.has(name), (checked) => {
        if (checked) chosen.add(name);
        else chosen.delete(name);
        change();
      }),
    );
    const everything = menuItem(t('All namespaces'), () => this.#events.onRequest({ namespaces: [] }));
    return all.length === 0 ? [element('p', { class: 'muted menu-item' }, t('There are none'))] : [everything, ...rows];
  }

  #edgeRows(): readonly Node[] {
    const { request, denied } = this.#state;
    const chosen = new Set(request.edges.length === 0 ? edgeKinds : request.edges);
    const rows = edgeKinds.map((kind) =>
      checkRow(edgeKindText(kind), chosen.has(kind), (checked) => {
        if (checked) chosen.add(kind);
        else chosen.delete(kind);
        const edges = edgeKinds.filter((one) => chosen.has(one));
        this.#events.onRequest({ edges: edges.length === edgeKinds.length ? [] : edges });
      }),
    );
    return [...rows, checkRow(t('denied, for the selected box'), denied, this.#events.onDenied)];
  }

  #exportRows(): readonly Node[] {
    const { onCopy, onSave } = this.#events;
    return [
      menuItem(t('Copy as Mermaid'), () => onCopy('mermaid')),
      menuItem(t('Copy as Markdown'), () => onCopy('markdown')),
      menuItem(t('Save as SVG…'), () => onSave('svg')),
      menuItem(t('Save as PNG…'), () => onSave('png')),
      menuItem(t('Save as Mermaid…'), () => onSave('mermaid')),
    ];
  }
}

function setText(of: HTMLButtonElement, text: string): void {
  const label = of.querySelector('span');
  if (label !== null && label.textContent !== text) label.textContent = text;
}
