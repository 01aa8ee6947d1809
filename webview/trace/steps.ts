import { t } from '@vscode/l10n';
import type { Location, StepMark, TraceRow } from '../../src/engine/index.ts';
import { element } from '../element.ts';
import { post } from '../host.ts';
import { icon } from '../icon.ts';
import { stepMark } from './verified.ts';

/** The steps of one way of a branch as a table; one of them may be selected. */
export class Steps {
  readonly root = element('table', { class: 'steps', role: 'table' });
  readonly #onSelect: (index: number | undefined) => void;
  #rows: readonly { readonly row: TraceRow; readonly line: HTMLTableRowElement; readonly number: HTMLButtonElement }[] =
    [];
  #selected: number | undefined;

  constructor(onSelect: (index: number | undefined) => void) {
    this.#onSelect = onSelect;
    this.root.addEventListener('keydown', (event) => this.#key(event));
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  /** Shows other rows, with the same one selected where it is still there, and with what the cluster did where that is known. */
  show(rows: readonly TraceRow[], marks?: readonly StepMark[]): void {
    this.#rows = rows.map((row, index) => this.#line(row, index, marks?.[index]));
    const seen = marks === undefined ? [] : [t('Verified')];
    const heads = [t('Step'), ...seen, t('Where'), t('What happens'), t('Why'), t('Defined in')];
    this.root.replaceChildren(
      element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads.map(headCell))),
      element('tbody', { role: 'rowgroup' }, ...this.#rows.map(({ line }) => line)),
    );
    const kept = this.#selected !== undefined && this.#selected < rows.length ? this.#selected : undefined;
    this.#selected = undefined;
    this.#mark(kept);
  }

  /** Selects a step; `quietly` does not show its YAML. */
  select(index: number | undefined, quietly = false): void {
    this.#mark(index);
    this.#onSelect(index);
    const chosen = index === undefined ? undefined : this.#rows[index];
    chosen?.line.scrollIntoView({ block: 'nearest' });
    const location = chosen?.row.locations[0]?.location;
    if (!quietly && location !== undefined) post({ type: 'open', location, preserveFocus: true });
  }

  /** Highlights the steps that a place in the YAML decides; answers with how many there are. */
  reveal(location: Location): number {
    const hits = this.#rows.filter(({ row }) => row.locations.some((one) => touches(one.location, location)));
    for (const { line } of this.#rows) line.classList.remove('revealed');
    for (const { line } of hits) line.classList.add('revealed');
    hits[0]?.line.scrollIntoView({ block: 'nearest' });
    return hits.length;
  }

  #line(
    row: TraceRow,
    index: number,
    mark: StepMark | undefined,
  ): { row: TraceRow; line: HTMLTableRowElement; number: HTMLButtonElement } {
    const select = () => this.select(this.#selected === index ? undefined : index);
    const label = t('Step {0}: {1}, {2}', index + 1, row.where, row.what);
    const number = element(
      'button',
      { type: 'button', class: 'number', 'aria-label': label, 'aria-pressed': 'false', tabindex: index === 0 ? 0 : -1 },
      `${index + 1}`,
    );
    const [why, mechanism] = splitDetail(row.detail);
    const links = row.locations.map(({ label: title, location }) => {
      const open = () => post({ type: 'open', location });
      const line = `${fileName(location.uri)}:${location.range.start.line + 1}`;
      return element('li', {}, element('button', { type: 'button', class: 'link', title, onclick: open }, line));
    });
    const line = element(
      'tr',
      { class: row.ok ? '' : 'stopped', role: 'row' },
      element('td', { class: 'number-cell', role: 'cell' }, number),
      mark !== undefined && element('td', { class: 'mark-cell', role: 'cell' }, stepMark(mark)),
      element('td', { class: 'where', role: 'cell' }, row.where),
      element('td', { class: 'code what', role: 'cell' }, !row.ok && icon('denied'), row.what),
      element(
        'td',
        { class: 'why', role: 'cell' },
        why,
        mechanism !== '' && element('span', { class: 'code muted' }, mechanism),
      ),
      element('td', { class: 'places', role: 'cell' }, element('ul', {}, ...links)),
    );
    line.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('.link') === null && getSelection()?.isCollapsed !== false)
        select();
    });
    return { row, line, number };
  }

  #mark(index: number | undefined): void {
    this.#selected = index;
    for (const [at, { line, number }] of this.#rows.entries()) {
      line.classList.toggle('selected', at === index);
      number.setAttribute('aria-pressed', String(at === index));
      number.setAttribute('tabindex', at === (index ?? 0) ? '0' : '-1');
    }
  }

  #key(event: KeyboardEvent): void {
    const at = this.#rows.findIndex(({ number }) => number === event.target);
    if (at < 0) return;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.#rows.length - 1 }[event.key];
    if (next === undefined || this.#rows[next] === undefined) return;
    event.preventDefault();
    this.select(next);
    this.#rows[next]?.number.focus();
  }
}

/** Roles are said aloud: in a narrow panel a row is laid out as a grid, which would take its meaning as a row away. */
function headCell(text: string): HTMLElement {
  return element('th', { scope: 'col', role: 'columnheader' }, text);
}

/** The sentence and the real name of what acts, which stands in brackets at its end. */
function splitDetail(detail: string): readonly [string, string] {
  const match = /^(.*?)\s*\[([^[\]]*(?:\[[^[\]]*\][^[\]]*)*)\]$/s.exec(detail);
  return match === null ? [detail, ''] : [match[1] ?? '', match[2] ?? ''];
}

function touches(one: Location, other: Location): boolean {
  return (
    one.uri === other.uri &&
    one.range.start.line <= other.range.end.line &&
    other.range.start.line <= one.range.end.line
  );
}

function fileName(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}
