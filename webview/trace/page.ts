import { t } from '@vscode/l10n';
import type { Hop, TraceAnswer, TraceBranchText, TraceRequest, VerifyAnswer } from '../../src/engine/index.ts';
import type { ToWebview } from '../../src/protocol.ts';
import { element, visible } from '../element.ts';
import { exportedSvg } from '../exportPicture.ts';
import { keepState, keptState, post } from '../host.ts';
import { button, menuItem, popup } from '../menu.ts';
import { stoppedBanner } from '../stopped.ts';
import { branchPicker } from './branches.ts';
import { headline, problemText } from './headline.ts';
import { PathPicture } from './pathPicture.ts';
import { Steps } from './steps.ts';
import { verifiedSection } from './verified.ts';

type Way = 'forward' | 'reverse';

/** The page: the last answer, which branch and way of it is shown, and the parts that show it. */
export class TracePage {
  readonly #head = element('div');
  readonly #checks = element('section', { class: 'verified', hidden: true });
  readonly #controls = element('div', { class: 'controls' });
  readonly #facts = element('p', { class: 'facts' });
  readonly #picture: PathPicture;
  readonly #steps: Steps;
  readonly #empty = element('p', { class: 'muted nothing', hidden: true });
  readonly #assumed = element('section', { class: 'assumed' });
  readonly #panel: HTMLElement;
  readonly #busy = element('div', { class: 'busy-bar', hidden: true });
  readonly #live = element('div', { class: 'only-heard', role: 'status', 'aria-live': 'polite' });
  #answer: TraceAnswer | undefined;
  #request: TraceRequest | undefined;
  #verified: VerifyAnswer | null = null;
  #branch = 0;
  #way: Way = 'forward';

  constructor(root: HTMLElement) {
    this.#steps = new Steps((index) => this.#picture.mark(index === undefined ? undefined : this.#hopOfRow()[index]));
    this.#picture = new PathPicture((hop) => {
      const row = this.#hopOfRow().indexOf(hop);
      if (row >= 0) this.#steps.select(row);
    });
    const scroller = element('div', { class: 'scroller' }, this.#steps.root);
    this.#panel = element(
      'div',
      { class: 'way', id: 'way', role: 'tabpanel' },
      this.#facts,
      this.#picture.root,
      this.#empty,
      scroller,
    );
    root.replaceChildren(this.#busy, this.#head, this.#checks, this.#controls, this.#panel, this.#assumed, this.#live);
    const { branch, way } = keptState();
    if (typeof branch === 'number') this.#branch = branch;
    if (way === 'forward' || way === 'reverse') this.#way = way;
  }

  /** Takes a message of the editor. */
  take(message: ToWebview): void {
    switch (message.type) {
      case 'trace':
        this.#show(message);
        break;
      case 'reveal':
        this.#steps.reveal(message.location);
        break;
      case 'busy':
        this.#busy.hidden = !message.busy;
        break;
      case 'stopped':
        this.#head.before(stoppedBanner());
        break;
      case 'graph':
      case 'inspect':
      case 'stale':
      case 'showChanges':
        break;
      default:
        message satisfies never;
    }
  }

  #show({ answer, request, pinned, canVerify, verified }: Extract<ToWebview, { type: 'trace' }>): void {
    const heard = this.#answer?.headline;
    this.#request = request;
    if ('problem' in answer) {
      this.#answer = undefined;
      this.#head.replaceChildren(problemText(answer, request));
      this.#live.textContent = answer.problem;
    } else {
      this.#keepBranch(answer);
      this.#answer = answer;
      this.#head.replaceChildren(headline(answer, request, { pinned, canVerify }));
      // An edit traces again at every key; only another outcome is worth being read aloud.
      if (heard !== answer.headline) this.#live.textContent = `${answer.headline}. ${answer.reason}`;
    }
    this.#showChecks(verified);
    this.#showBranch();
    this.#showAssumed();
    this.#keep();
  }

  #showChecks(verified: VerifyAnswer | null): void {
    this.#checks.hidden = verified === null;
    if (verified !== null && verified.summary !== this.#verified?.summary) this.#live.textContent = verified.summary;
    this.#verified = verified;
    this.#checks.replaceChildren(...(verified === null ? [] : verifiedSection(verified)));
  }

  /** The endpoint that was looked at stays chosen; for another connection the first that fails is the one to look at. */
  #keepBranch({ branches, from, to }: TraceAnswer): void {
    const before = this.#answer;
    const same = before === undefined || (before.from === from && before.to === to);
    const name = before?.branches[this.#branch]?.label.split(' ')[0];
    const kept = branches.findIndex(({ label }) => label.split(' ')[0] === name);
    const bad = branches.findIndex(({ verdict }) => verdict !== 'delivered');
    if (!same) {
      this.#way = 'forward';
      this.#steps.select(undefined, true);
    }
    if (same && kept >= 0) this.#branch = kept;
    else if (before !== undefined || this.#branch >= branches.length || this.#branch === 0)
      this.#branch = Math.max(0, bad);
  }

  #showBranch(): void {
    const answer = this.#answer;
    const branch = answer?.branches[this.#branch];
    this.#controls.hidden = branch === undefined;
    this.#panel.hidden = branch === undefined;
    if (answer === undefined || branch === undefined) return;
    const rows = branch[this.#way];
    this.#controls.replaceChildren(...this.#controlsOf(answer));
    this.#panel.setAttribute('aria-labelledby', `tab-${this.#way}`);
    const ownReason = branch.reason !== answer.reason && branch.reason !== '' ? `${branch.reason} · ` : '';
    this.#facts.textContent = visible(ownReason + branch.facts);
    this.#steps.show(rows, this.#verified?.branches[this.#branch]?.[this.#way]);
    this.#steps.root.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
    this.#empty.textContent = this.#way === 'reverse' ? t('Nothing comes back.') : t('Nothing is sent.');
    const source = this.#way === 'forward' ? branch.mermaid : branch.replyMermaid;
    void this.#picture.show(source, `${answer.from} → ${answer.to}`).then(() => {
      const { selected } = this.#steps;
      this.#picture.mark(selected === undefined ? undefined : this.#hopOfRow()[selected]);
    });
  }

  #controlsOf(answer: TraceAnswer): readonly Node[] {
    const tabs = element(
      'div',
      { class: 'tabs', role: 'tablist', 'aria-label': t('Way') },
      this.#tab('forward', t('Forward')),
      this.#tab('reverse', t('Reply')),
    );
    tabs.addEventListener('keydown', ({ key }) => {
      if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
      this.#turn(this.#way === 'forward' ? 'reverse' : 'forward');
      this.#controls.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
    });
    const picker = branchPicker(answer.branches, this.#branch, (index) => {
      this.#branch = index;
      this.#refocus(() => this.#showBranch());
    });
    const copy = popup(t('Copy'), t('Copy or save'), () => this.#copyRows(), 'copy');
    return [tabs, ...(picker === undefined ? [] : [picker]), element('span', { class: 'spring' }), copy];
  }

  #tab(way: Way, text: string): HTMLButtonElement {
    const chosen = way === this.#way;
    return element(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${way}`,
        class: 'tab',
        'aria-selected': String(chosen),
        'aria-controls': 'way',
        tabindex: chosen ? 0 : -1,
        onclick: () => this.#turn(way),
      },
      text,
    );
  }

  #turn(way: Way): void {
    this.#way = way;
    this.#steps.select(undefined, true);
    this.#refocus(() => this.#showBranch());
    this.#keep();
  }

  /** Draws the controls anew and gives the focus back to the one that had it. */
  #refocus(draw: () => void): void {
    const focusable = () => [...this.#controls.querySelectorAll<HTMLElement>('button, select')];
    const index = document.activeElement instanceof HTMLElement ? focusable().indexOf(document.activeElement) : -1;
    draw();
    if (index >= 0) focusable()[index]?.focus();
    this.#keep();
  }

  #copyRows(): readonly Node[] {
    const answer = this.#answer;
    const branch = answer?.branches[this.#branch];
    if (answer === undefined || branch === undefined) return [];
    const copy = (text: string, what: string) => () => post({ type: 'copy', text, what });
    return [
      menuItem(t('Copy as Markdown'), copy(answer.markdown, t('the Markdown'))),
      menuItem(t('Copy as Mermaid'), copy(this.#sourceOf(branch), t('the Mermaid source'))),
      menuItem(t('Copy as JSON'), copy(JSON.stringify({ version: 1, ...answer.trace }, undefined, 2), t('the JSON'))),
      menuItem(t('Save as ConnectivityTest…'), () => {
        if (this.#request !== undefined) post({ type: 'saveTest', request: this.#request });
      }),
      menuItem(t('Save picture as SVG…'), () => {
        const { picture } = this.#picture;
        if (picture !== undefined)
          post({ type: 'save', text: exportedSvg(picture.content, picture), name: 'trace.svg' });
      }),
    ];
  }

  #sourceOf(branch: TraceBranchText): string {
    return this.#way === 'forward' ? branch.mermaid : branch.replyMermaid;
  }

  /** The number of the hop that each row of the table belongs to: rows are the steps of all hops in their order. */
  #hopOfRow(): readonly number[] {
    const hops: readonly Hop[] = this.#answer?.trace.branches[this.#branch]?.[this.#way] ?? [];
    return hops.flatMap(({ steps }, index) => steps.map(() => index));
  }

  #showAssumed(): void {
    const assumptions = this.#answer?.assumptions ?? [];
    this.#assumed.hidden = assumptions.length === 0;
    const rows = assumptions.map(({ text, confirm }) =>
      element(
        'li',
        {},
        element('span', {}, text),
        confirm !== '' &&
          element(
            'span',
            { class: 'confirm' },
            element('code', {}, confirm),
            button(t('Copy: {0}', confirm), { icon: 'copy' }, () =>
              post({ type: 'copy', text: confirm, what: t('how to confirm it') }),
            ),
          ),
      ),
    );
    this.#assumed.replaceChildren(element('h2', {}, t('Assumed')), element('ul', {}, ...rows));
  }

  #keep(): void {
    keepState({ request: this.#request, branch: this.#branch, way: this.#way });
  }
}
