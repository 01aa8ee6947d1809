import { t } from '@vscode/l10n';
import type { GraphAnswer, GraphNode, GraphRequest, InspectAnswer } from '../../src/engine/index.ts';
import type { ToWebview } from '../../src/protocol.ts';
import { element } from '../element.ts';
import { exportedPng, exportedSvg } from '../exportPicture.ts';
import { keepState, keptState, post } from '../host.ts';
import { button } from '../menu.ts';
import { isRecord } from '../messages.ts';
import type { View } from '../panZoom.ts';
import { stoppedBanner } from '../stopped.ts';
import { Board } from './board.ts';
import { boxList } from './boxList.ts';
import { inspector } from './inspector.ts';
import { pressed } from './keys.ts';
import { legend } from './legend.ts';
import { chips, comfortable, footer, unfolding, usual } from './narrowing.ts';
import { thinned } from './thinning.ts';
import { Toolbar, type ToolbarState } from './toolbar.ts';
import { pictureText } from './words.ts';

/** Up to so many boxes leave a corner for the legend. */
const fewBoxes = 24;

/** Above this no picture is drawn at all. */
const most = 150;

const everything: GraphRequest = { namespaces: [], level: 'workload', edges: [], limit: usual, unfolded: [] };

/** The page: what was asked for, what came, what is selected, and the parts that show it. */
export class TopologyPage {
  readonly #board: Board;
  readonly #toolbar: Toolbar;
  readonly #chips = element('div', { class: 'chips' });
  readonly #side = element('aside', { class: 'side', 'aria-label': t('Inspector'), hidden: true });
  readonly #instead = element('div', { class: 'instead', hidden: true });
  readonly #footer = element('footer', { class: 'footer' });
  readonly #legend = element('div', { class: 'legend-place' });
  readonly #live = element('div', { class: 'only-heard', role: 'status', 'aria-live': 'polite' });
  readonly #busy = element('div', { class: 'busy-bar', hidden: true });
  #request: GraphRequest = everything;
  #answer: GraphAnswer | undefined;
  /** True until the first answer to what was asked for. */
  #isAsked = true;
  #inspected: InspectAnswer | null = null;
  #view: View | undefined;
  #restored: View | undefined;
  /** The box to select when it is drawn. */
  #wanted: string | undefined;
  /** The box that was selected last, after nothing was selected. */
  #dismissed: string | undefined;
  #denied = true;
  #changes = false;
  #stale = 0;
  #listed = false;
  #insisted = false;
  #legendOpen = true;
  /** Draws every arrow, however many there are. */
  #allArrows = false;
  #found: readonly string[] = [];

  constructor(root: HTMLElement) {
    this.#board = new Board({
      onSelect: (id, before) => this.#selected(id, before),
      onOpen: (node) => this.#open(node),
      onMove: (view) => {
        this.#view = view;
        this.#keep();
      },
    });
    this.#toolbar = new Toolbar(this.#toolbarState(), this.#toolbarEvents());
    const stage = element('div', { class: 'stage' }, this.#board.surface, this.#instead, this.#legend);
    const main = element('main', { class: 'main' }, stage, this.#side);
    root.replaceChildren(this.#busy, this.#toolbar.root, this.#chips, main, this.#footer, this.#live);
    document.addEventListener('keydown', (event) => pressed(event, this.#board, this.#toolbar.search));
    this.#restore();
  }

  /** Takes a message of the editor. */
  take(message: ToWebview): void {
    switch (message.type) {
      case 'graph':
        void this.#show(message.answer, message.request, message.pending);
        break;
      case 'inspect':
        this.#inspect(message.answer);
        break;
      case 'stale':
        this.#stale = message.changes;
        if (this.#answer !== undefined) this.#answer = { ...this.#answer, changes: message.edits };
        if (this.#changes) this.#layOver();
        if (message.changes > 0) this.#say(t('The cluster or the files changed: {0}', message.changes));
        this.#update();
        break;
      case 'busy':
        this.#busy.hidden = !message.busy;
        break;
      case 'showChanges':
        this.#showChanges(true);
        this.#board.panZoom.fit();
        break;
      case 'reveal':
        this.#reveal(message.location);
        break;
      case 'stopped':
        this.#busy.after(stoppedBanner());
        break;
      case 'trace':
        break;
      default:
        message satisfies never;
    }
  }

  /** Shows what is known of a box. Where none is selected the editor means this one, unless the user has just closed it. */
  #inspect(answer: InspectAnswer | null): void {
    const id = answer?.node.id;
    const { selected } = this.#board;
    if (id !== undefined && id !== selected && !this.#listed) {
      if (selected !== undefined || id === this.#dismissed) return;
      if (this.#board.has(id)) this.#board.select(id);
      else this.#wanted = id;
    }
    this.#inspected = answer;
    this.#showSide();
    this.#layOver();
  }

  #restore(): void {
    const { request, view, selected, denied, legendOpen, allArrows } = keptState();
    if (isRecord(request)) this.#request = { ...everything, ...request };
    if (isRecord(view) && [view['x'], view['y'], view['scale']].every((one) => typeof one === 'number'))
      this.#restored = view as unknown as View;
    if (typeof selected === 'string') this.#wanted = selected;
    if (typeof denied === 'boolean') this.#denied = denied;
    if (typeof legendOpen === 'boolean') this.#legendOpen = legendOpen;
    if (typeof allArrows === 'boolean') this.#allArrows = allArrows;
    this.#update();
  }

  #keep(): void {
    const selected = this.#board.selected;
    keepState({
      request: this.#request,
      view: this.#view,
      denied: this.#denied,
      legendOpen: this.#legendOpen,
      allArrows: this.#allArrows,
      ...(selected === undefined ? {} : { selected }),
    });
  }

  async #show(answer: GraphAnswer, request: GraphRequest, pending: number): Promise<void> {
    const asked = JSON.stringify(request) !== JSON.stringify(this.#request) || this.#isAsked;
    this.#isAsked = false;
    if (asked && request.around !== undefined && 'box' in request.around) this.#wanted = request.around.box;
    this.#request = request;
    this.#answer = answer;
    this.#stale = pending;
    this.#update();
    await this.#draw(asked);
    this.#say(pictureText(answer));
    this.#keep();
  }

  /** Draws the picture, or what stands in its place. */
  async #draw(asked = true): Promise<void> {
    const answer = this.#answer;
    if (answer === undefined) return;
    const count = answer.nodes.length;
    if (count === 0) return this.#standIn(emptyText());
    if (this.#listed) return this.#standIn(this.#list(answer));
    if (count > most) {
      const text = t('{0} boxes are too many for a picture. Choose namespaces, or a higher level.', count);
      return this.#standIn(element('p', { class: 'notice' }, text), this.#list(answer));
    }
    if (count > comfortable && !this.#insisted) return this.#standIn(this.#question(count), this.#list(answer));
    this.#instead.hidden = true;
    this.#board.surface.hidden = false;
    try {
      await this.#board.show(thinned(answer, this.#allArrows), asked, this.#restored);
      this.#restored = undefined;
      // What changes is looked for in the whole picture.
      if (asked && this.#changes) this.#board.panZoom.fit();
    } catch (error) {
      post({ type: 'log', level: 'error', message: `The topology was not drawn: ${String(error)}` });
      return this.#standIn(element('p', { class: 'notice' }, t('The picture could not be drawn.')), this.#list(answer));
    }
    this.#legend.replaceChildren(
      // Where boxes stand everywhere it would cover some of them.
      legend(answer, this.#legendOpen && count <= fewBoxes, (open) => {
        this.#legendOpen = open;
        this.#keep();
      }),
    );
    if (this.#wanted !== undefined) this.#board.select(this.#wanted);
    this.#wanted = undefined;
    this.#board.find(this.#toolbar.search.value);
    this.#layOver();
  }

  #standIn(...contents: readonly HTMLElement[]): void {
    this.#board.clear();
    this.#board.surface.hidden = true;
    this.#legend.replaceChildren();
    this.#instead.hidden = false;
    this.#instead.replaceChildren(...contents);
  }

  #list(answer: GraphAnswer): HTMLElement {
    return boxList(answer, (id) => {
      post({ type: 'inspect', box: id });
      this.#wanted = id;
    });
  }

  #question(count: number): HTMLElement {
    const draw = button(t('Draw anyway'), { text: t('Draw anyway'), class: 'secondary' }, () => {
      this.#insisted = true;
      void this.#draw();
    });
    const text = t('{0} boxes take a while to draw and are hard to read.', count);
    return element('div', { class: 'notice' }, element('p', {}, text), draw);
  }

  #selected(id: string | undefined, before: string | undefined): void {
    this.#inspected = null;
    this.#dismissed = id === undefined ? before : undefined;
    if (id !== undefined) post({ type: 'inspect', box: id });
    this.#showSide();
    this.#layOver();
    this.#keep();
  }

  /** A fold unfolds; what else has a place in the YAML shows it. */
  #open({ kind, id, location }: GraphNode): void {
    if (kind === 'fold') this.#ask(unfolding(this.#request, id));
    else if (location !== undefined) post({ type: 'open', location });
  }

  #showSide(): void {
    const id = this.#board.selected ?? this.#inspected?.node.id;
    const node = id === undefined ? undefined : (this.#board.node(id) ?? this.#inspected?.node);
    const shown = node !== undefined && (this.#board.selected !== undefined || this.#inspected !== null);
    this.#side.hidden = !shown;
    if (node === undefined || !shown) return;
    const answer = this.#inspected?.node.id === node.id ? this.#inspected : null;
    this.#side.replaceChildren(
      inspector(node, answer, {
        onClose: () => {
          this.#inspected = null;
          this.#board.select(undefined);
          this.#showSide();
        },
        onChoose: (box) => this.#board.select(box, { focus: true }),
        onAround: (box) => this.#ask({ around: { box } }),
        isShown: (box) => this.#board.has(box),
        endOf: (box) => this.#answer?.nodes.find(({ id: one }) => one === box)?.end,
      }),
    );
  }

  #layOver(): void {
    if (this.#changes) this.#board.layChanges(this.#answer?.changes ?? []);
    else this.#board.layTalk(this.#inspected, this.#denied);
  }

  #reveal(location: { readonly uri: string; readonly range: { readonly start: { readonly line: number } } }): void {
    const node = this.#answer?.nodes.find(
      (one) => one.location?.uri === location.uri && one.location.range.start.line === location.range.start.line,
    );
    if (node !== undefined) this.#board.select(node.id);
  }

  #ask(change: Partial<GraphRequest>): void {
    this.#request = { ...this.#request, ...change };
    this.#isAsked = true;
    this.#changes = false;
    this.#insisted = false;
    this.#update();
    this.#keep();
    post({ type: 'graph', request: this.#request });
  }

  #toolbarState(): ToolbarState {
    return {
      request: this.#request,
      answer: this.#answer,
      denied: this.#denied,
      changes: this.#changes,
      changed: this.#answer?.changes.length ?? 0,
      stale: this.#stale,
      listed: this.#listed,
    };
  }

  #toolbarEvents(): ConstructorParameters<typeof Toolbar>[1] {
    const board = this.#board;
    return {
      onRequest: (change) => this.#ask(change),
      onFind: (text) => {
        this.#found = board.find(text);
        return this.#found.length;
      },
      onNext: () => this.#nextFound(),
      onDenied: (shown) => {
        this.#denied = shown;
        this.#update();
        this.#layOver();
        this.#keep();
      },
      onChanges: (shown) => this.#showChanges(shown),
      onRefresh: () => post({ type: 'graph', request: this.#request }),
      onList: (listed) => {
        this.#listed = listed;
        this.#update();
        void this.#draw();
      },
      onCopy: (what) => this.#copy(what),
      onSave: (what) => void this.#save(what),
      onFit: () => board.panZoom.fit(),
      onZoom: (factor) => board.panZoom.zoomBy(factor),
      onMinimap: () => {
        board.minimap.wanted = board.minimap.root.hasAttribute('hidden');
        board.minimap.update();
      },
    };
  }

  #showChanges(shown: boolean): void {
    this.#changes = shown;
    this.#board.layChanges([]);
    this.#update();
    this.#layOver();
  }

  #nextFound(): void {
    const index = this.#found.indexOf(this.#board.selected ?? '');
    const next = this.#found[(index + 1) % this.#found.length];
    if (next !== undefined) this.#board.select(next);
  }

  #copy(what: 'mermaid' | 'markdown'): void {
    const source = this.#answer?.mermaid ?? '';
    if (what === 'mermaid') post({ type: 'copy', text: source, what: t('the Mermaid source') });
    else post({ type: 'copy', text: `\`\`\`mermaid\n${source}\`\`\`\n`, what: t('the Markdown') });
  }

  async #save(what: 'svg' | 'png' | 'mermaid'): Promise<void> {
    if (what === 'mermaid') return post({ type: 'save', text: this.#answer?.mermaid ?? '', name: 'topology.mmd' });
    const { picture } = this.#board;
    if (picture === undefined) return this.#say(t('There is no picture to save.'));
    const svg = exportedSvg(picture.content, picture);
    if (what === 'svg') return post({ type: 'save', text: svg, name: 'topology.svg' });
    try {
      post({ type: 'save', text: await exportedPng(svg, picture), name: 'topology.png', base64: true });
    } catch (error) {
      post({ type: 'log', level: 'error', message: `The picture was not made: ${String(error)}` });
      this.#say(t('The picture could not be made.'));
    }
  }

  #update(): void {
    this.#toolbar.update(this.#toolbarState());
    const asked = {
      onAsk: (change: Partial<GraphRequest>) => this.#ask(change),
      onEverything: () => this.#askWithout(),
      onDrawAll: () => this.#drawAll(),
    };
    this.#chips.replaceChildren(...chips(this.#request, asked));
    const answer = this.#answer;
    const aside = answer === undefined ? 0 : thinned(answer, this.#allArrows).aside.length;
    this.#footer.replaceChildren(...footer(answer, this.#request, aside, asked));
  }

  #drawAll(): void {
    this.#allArrows = true;
    this.#update();
    this.#keep();
    void this.#draw();
  }

  #askWithout(): void {
    const { around: _, ...rest } = this.#request;
    this.#request = rest;
    this.#ask({});
  }

  #say(text: string): void {
    this.#live.textContent = text;
  }
}

function emptyText(): HTMLElement {
  return element(
    'div',
    { class: 'empty' },
    element('h2', {}, t('Nothing to draw')),
    element('p', { class: 'muted' }, t('Open a Kubernetes manifest, or take away what narrows the view.')),
  );
}
