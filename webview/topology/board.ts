import { t } from '@vscode/l10n';
import type { GraphAnswer, GraphChange, GraphEdge, GraphNode, InspectAnswer } from '../../src/engine/index.ts';
import { element, svgElement, visible } from '../element.ts';
import { PanZoom, type Rect, type View } from '../panZoom.ts';
import { drawPicture, labelsOf, type Picture } from '../picture.ts';
import { type Arrow, arrowsOf } from './arrows.ts';
import { badge } from './badge.ts';
import { forDrawing, sameStructure } from './drawing.ts';
import { Minimap } from './minimap.ts';
import { labelOn, type OverlayKind, overlayLine } from './overlay.ts';
import { rectIn, union } from './rects.ts';
import type { Thinned } from './thinning.ts';
import { nearestBox } from './walk.ts';
import { boxName, edgeText, pictureText } from './words.ts';

/** What the board tells the page. */
export interface BoardEvents {
  readonly onSelect: (id: string | undefined, before: string | undefined) => void;
  readonly onOpen: (node: GraphNode) => void;
  readonly onMove: (view: View) => void;
}

/** A box and where it is seen. */
interface Anchor {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

const look = { firstLine: 'small', rankSpacing: 60, padding: 12 } as const;

/** A new picture is not shown smaller than this, for its words could not be read. */
const readable = 0.7;

/** Labels of arrows that are laid over the picture for one box; more can't be read. */
const mostLabels = 24;

/** The picture with its boxes: what is selected, found, hovered, walked over by keys, and laid over it. */
export class Board {
  readonly surface = element('div', { class: 'surface picture' });
  readonly panZoom: PanZoom;
  readonly minimap: Minimap;
  readonly #events: BoardEvents;
  readonly #tip = element('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  readonly #rects = new Map<string, Rect>();
  readonly #boxes = new Map<string, SVGGElement>();
  #overlay = svgElement('g', { class: 'overlay', 'aria-hidden': 'true' });
  #arrows: readonly Arrow[] = [];
  #picture: Picture | undefined;
  #answer: GraphAnswer | undefined;
  /** Arrows that are not drawn but for the box that is selected or pointed at. */
  #aside: readonly GraphEdge[] = [];
  #pointed: string | undefined;
  #laysChanges = false;
  #selected: string | undefined;
  #current: string | undefined;
  #run = 0;

  constructor(events: BoardEvents) {
    this.#events = events;
    this.panZoom = new PanZoom(this.surface, (view) => {
      this.minimap.update();
      events.onMove(view);
    });
    this.minimap = new Minimap(this.panZoom);
    this.surface.append(this.minimap.root, this.#tip);
    this.surface.addEventListener('click', (event) => this.#press(event));
    this.surface.addEventListener('dblclick', (event) => {
      const id = idOf(event.target);
      const node = id === undefined ? undefined : this.node(id);
      if (node === undefined) this.panZoom.fit();
      else events.onOpen(node);
    });
    this.surface.addEventListener('keydown', (event) => this.#key(event));
    this.surface.addEventListener('focusin', ({ target }) => this.#focused(target));
    this.surface.addEventListener('pointermove', (event) => this.#hover(event));
    this.surface.addEventListener('pointerleave', () => {
      this.#point(undefined);
      this.#tip.hidden = true;
    });
    new ResizeObserver(() => this.#resized()).observe(this.surface);
  }

  /** The inspector takes room from the picture; what it is about must not be covered. */
  #resized(): void {
    if (!this.panZoom.refit() && this.#picture !== undefined) this.panZoom.settle();
    this.minimap.update();
    const rect = this.#selected === undefined ? undefined : this.#rects.get(this.#selected);
    if (rect === undefined) return;
    const near = [...this.#boxes]
      .filter(([, box]) => box.classList.contains('near'))
      .map(([id]) => this.#rects.get(id));
    const around = near.reduce<Rect>((all, one) => (one === undefined ? all : union(all, one)), rect);
    const { width, height } = this.panZoom.seen;
    if (around.width < width && around.height < height) this.panZoom.reveal(around);
    this.panZoom.reveal(rect);
  }

  get picture(): Picture | undefined {
    return this.#picture;
  }

  get selected(): string | undefined {
    return this.#selected;
  }

  node(id: string): GraphNode | undefined {
    return this.#answer?.nodes.find((one) => one.id === id);
  }

  has(id: string): boolean {
    return this.#boxes.has(id);
  }

  /**
   * Shows an answer. Where nothing of its structure changed the words change in place and no box moves; else it is drawn
   * anew: the selected box stays where it is, and so does the rest of the view where the same was asked for as before (not `isElse`).
   * `keep` is the view to come back to. Rejects where Mermaid fails.
   */
  async show({ drawn: answer, aside }: Thinned, isElse: boolean, keep?: View): Promise<void> {
    const before = this.#answer;
    this.#aside = aside;
    this.#run += 1;
    const run = this.#run;
    if (before !== undefined && this.#picture !== undefined && sameStructure(before, answer)) {
      this.#answer = answer;
      this.#patch(answer);
      return;
    }
    const picture = await drawPicture(forDrawing(answer), this.surface, pictureText(answer), look);
    // Another answer came while this one was drawn.
    if (run !== this.#run) return;
    const anchor = this.#anchor();
    const fits = this.#picture === undefined || (isElse && this.#selected === undefined);
    this.#picture?.svg.remove();
    this.#picture = picture;
    this.#answer = answer;
    this.surface.prepend(picture.svg);
    this.#adopt(answer, picture);
    this.panZoom.attach(picture.viewport, picture);
    if (keep !== undefined) this.panZoom.view = keep;
    else if (fits) this.panZoom.fit(readable, this.#rects.get(this.#current ?? ''));
    else if (anchor !== undefined) this.#hold(anchor);
    if (this.#selected !== undefined && !this.#boxes.has(this.#selected)) this.select(undefined);
    this.#mark();
  }

  /** Forgets the picture, for something else is shown in its place. */
  clear(): void {
    this.#run += 1;
    this.#picture?.svg.remove();
    this.#picture = undefined;
    this.#answer = undefined;
    this.#boxes.clear();
    this.#rects.clear();
    this.#arrows = [];
  }

  /** Selects a box, or nothing. */
  select(id: string | undefined, options: { readonly focus?: boolean } = {}): void {
    const known = id !== undefined && this.#boxes.has(id) ? id : undefined;
    const before = this.#selected;
    this.#selected = known;
    if (known !== undefined) this.#moveTo(known, options.focus ?? false);
    this.#mark();
    if (known !== before) this.#events.onSelect(known, before);
  }

  /** Dims what does not match; answers with the boxes that do, in reading order. */
  find(text: string): readonly string[] {
    const wanted = text.trim().toLowerCase();
    const found = (this.#answer?.nodes ?? [])
      .filter(({ title, label, namespace }) => {
        // A part of a name is looked for; of a kind only the beginning, or `db` would find every LoadBalancer.
        const words = title.toLowerCase().split(' ');
        return `${namespace}/${label}`.toLowerCase().includes(wanted) || words.some((one) => one.startsWith(wanted));
      })
      .map(({ id }) => id);
    this.surface.classList.toggle('finding', wanted !== '');
    for (const [id, box] of this.#boxes) box.classList.toggle('found', wanted !== '' && found.includes(id));
    if (wanted === '') return [];
    return found.sort((a, b) => (this.#rects.get(a)?.x ?? 0) - (this.#rects.get(b)?.x ?? 0));
  }

  /** Lays over the picture who may reach the selected box and who is denied, as far as no arrow shows it already. */
  layTalk(talk: InspectAnswer | null, denied: boolean): void {
    this.#laysChanges = false;
    this.#overlay.replaceChildren();
    const selected = this.#selected;
    if (selected === undefined) return;
    this.#labelArrows(selected);
    const drawn = this.#layAside(selected);
    if (talk === null || talk.node.id !== selected) return;
    const line = (from: string, to: string, kind: OverlayKind, label: string) => {
      if (!drawn.has(`${from} ${to}`)) this.#lay(from, to, kind, label);
    };
    for (const { box, ports } of talk.reachedBy) for (const id of this.#boxesOf(box)) line(id, selected, 'may', ports);
    for (const { box, ports } of talk.reaches) for (const id of this.#boxesOf(box)) line(selected, id, 'may', ports);
    if (!denied) return;
    for (const { box } of talk.deniedFrom) for (const id of this.#boxesOf(box)) this.#lay(id, selected, 'denied', '');
  }

  /** Lays over the picture what unsaved edits open and close; an arrow that is there already is marked. */
  layChanges(changes: readonly GraphChange[]): void {
    this.#laysChanges = changes.length > 0;
    this.#overlay.replaceChildren();
    for (const { path } of this.#arrows) path.classList.remove('opened');
    for (const { from, to, kind, ports } of changes) {
      const label = kind === 'opens' ? t('opened {0}', ports) : t('closed {0}', ports);
      const drawn = this.#arrows.find(({ edge }) => edge.kind === 'allows' && edge.from === from && edge.to === to);
      if (kind === 'opens' && drawn !== undefined) {
        drawn.path.classList.add('opened');
        this.#overlay.append(labelOn(drawn.path, label));
      } else this.#lay(from, to, kind === 'opens' ? 'opened' : 'closed', label);
    }
  }

  /** Draws the arrows of a box that were set aside; answers with the pairs that have an arrow now. */
  #layAside(id: string): ReadonlySet<string> {
    const own = this.#aside.filter(({ from, to }) => from === id || to === id);
    for (const { from, to, kind, ports } of own)
      this.#lay(from, to, kind === 'allows' ? 'may' : 'way', own.length > mostLabels ? '' : ports);
    return new Set([...this.#arrows.map(({ edge }) => edge), ...own].map(({ from, to }) => `${from} ${to}`));
  }

  /** Where nothing is selected the box under the pointer, or that the keys have reached, shows its arrows. */
  #point(id: string | undefined): void {
    if (id === this.#pointed || this.#aside.length === 0) return;
    this.#pointed = id;
    if (this.#selected !== undefined || this.#laysChanges) return;
    this.#overlay.replaceChildren();
    if (id !== undefined) this.#layAside(id);
  }

  #lay(from: string, to: string, kind: OverlayKind, label: string): void {
    const [a, b] = [this.#rects.get(from), this.#rects.get(to)];
    if (a === undefined || b === undefined || this.#picture === undefined) return;
    // Who is spoken of is not faded.
    for (const id of [from, to]) this.#boxes.get(id)?.classList.add('near');
    const others = [...this.#rects.values()].filter((one) => one !== a && one !== b);
    const markers = this.#picture.content.id.replace(/-content$/, '');
    this.#overlay.append(...overlayLine(a, b, { kind, markers, label, others }));
  }

  /** Boxes on the picture that stand for a workload: its own, or its pods'. */
  #boxesOf(id: string): readonly string[] {
    if (this.#boxes.has(id)) return [id];
    return (this.#answer?.nodes ?? []).filter(({ parent }) => parent === id).map((one) => one.id);
  }

  #labelArrows(id: string): void {
    const own = this.#arrows.filter(({ edge }) => (edge.from === id || edge.to === id) && edge.ports !== '');
    for (const { edge, path } of own.slice(0, mostLabels)) this.#overlay.append(labelOn(path, edge.ports));
  }

  #adopt(answer: GraphAnswer, { boxes, content, ...size }: Picture): void {
    this.#boxes.clear();
    this.#rects.clear();
    for (const [index, node] of answer.nodes.entries()) {
      const box = boxes.get(`n${index}`);
      if (box === undefined) continue;
      box.dataset['id'] = node.id;
      box.setAttribute('role', 'button');
      this.#boxes.set(node.id, box);
      this.#rects.set(node.id, rectIn(content, box));
    }
    this.#overlay = svgElement('g', { class: 'overlay', 'aria-hidden': 'true' });
    content.append(this.#overlay);
    this.#arrows = arrowsOf(answer, content);
    const lanes = [...content.querySelectorAll<SVGGElement>('g.cluster')].map((lane) => rectIn(content, lane));
    this.minimap.attach(size, lanes, this.#rects);
    if (this.#current === undefined || !this.#boxes.has(this.#current)) this.#current = answer.nodes[0]?.id;
    this.#patch(answer);
  }

  /** The words of boxes that may change without a box moving. */
  #patch(answer: GraphAnswer): void {
    const labels = labelsOf(answer.mermaid);
    for (const [index, node] of answer.nodes.entries()) {
      const box = this.#boxes.get(node.id);
      if (box === undefined) continue;
      const first = box.querySelector('.nodeLabel small')?.firstChild;
      const title = labels.get(`n${index}`)?.[0];
      if (first instanceof Text && title !== undefined && first.data !== title) first.data = title;
      box.setAttribute('aria-label', visible(boxName(node, [...answer.edges, ...this.#aside])));
      box.setAttribute('tabindex', node.id === this.#current ? '0' : '-1');
      box.classList.toggle('not-ready', node.ready !== undefined && node.ready < (node.replicas ?? 0));
      badge(box, node.problems);
    }
  }

  #mark(): void {
    const selected = this.#selected;
    const near = new Set<string>();
    for (const { edge, path } of this.#arrows) {
      const own = edge.from === selected || edge.to === selected;
      path.classList.toggle('own', own);
      if (own) near.add(edge.from).add(edge.to);
    }
    this.minimap.mark(selected);
    this.surface.classList.toggle('selecting', selected !== undefined);
    for (const [id, box] of this.#boxes) {
      box.classList.toggle('selected', id === selected);
      box.classList.toggle('near', near.has(id));
      box.setAttribute('aria-pressed', String(id === selected));
    }
    if (selected === undefined) this.#overlay.replaceChildren();
  }

  #moveTo(id: string, focus: boolean): void {
    const rect = this.#rects.get(id);
    const box = this.#boxes.get(id);
    if (rect === undefined || box === undefined) return;
    if (this.#current !== undefined) this.#boxes.get(this.#current)?.setAttribute('tabindex', '-1');
    this.#current = id;
    box.setAttribute('tabindex', '0');
    this.panZoom.reveal(rect);
    if (focus) box.focus({ preventScroll: true });
  }

  #focused(target: EventTarget | null): void {
    const id = idOf(target);
    if (id !== undefined && id !== this.#current) this.#moveTo(id, false);
    this.#point(id);
  }

  #press({ target }: MouseEvent): void {
    const id = idOf(target);
    if (id !== undefined) this.#choose(id);
    else if (target instanceof Element && target.closest('svg') === this.#picture?.svg) this.select(undefined);
  }

  #choose(id: string): void {
    const node = this.node(id);
    if (node?.kind === 'fold') this.#events.onOpen(node);
    else this.select(id, { focus: true });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = idOf(event.target);
    if (id === undefined) return;
    const { key } = event;
    const next = nearestBox(this.#rects, id, key);
    if (next !== undefined) this.#moveTo(next, true);
    else if (key === 'Enter' || key === ' ') this.#choose(id);
    else return;
    event.preventDefault();
  }

  #hover({ target, clientX, clientY }: PointerEvent): void {
    this.#point(idOf(target));
    const hit = target instanceof Element ? target.closest<SVGPathElement>('.hit') : null;
    const arrow = hit === null ? undefined : this.#arrows[Number(hit.dataset['arrow'])];
    this.#tip.hidden = arrow === undefined;
    if (arrow === undefined) return;
    const names = new Map((this.#answer?.nodes ?? []).map(({ id, label }) => [id, label]));
    const { left, top, width } = this.surface.getBoundingClientRect();
    this.#tip.textContent = visible(edgeText(arrow.edge, names));
    this.#tip.style.left = `${Math.max(4, Math.min(clientX - left + 12, width - this.#tip.offsetWidth - 8))}px`;
    this.#tip.style.top = `${clientY - top + 14}px`;
  }

  /** Where the selected box is seen now, to hold it there. */
  #anchor(): Anchor | undefined {
    const id = this.#selected ?? this.#current;
    const rect = id === undefined ? undefined : this.#rects.get(id);
    if (id === undefined || rect === undefined) return undefined;
    const { x, y, scale } = this.panZoom.view;
    return { id, x: rect.x * scale + x, y: rect.y * scale + y };
  }

  /** Shows a box where it was seen before. Where it is no more, the view stays as it is. */
  #hold({ id, x, y }: Anchor): void {
    const rect = this.#rects.get(id);
    const { scale } = this.panZoom.view;
    if (rect !== undefined) this.panZoom.view = { x: x - rect.x * scale, y: y - rect.y * scale, scale };
  }
}

function idOf(target: EventTarget | null): string | undefined {
  return target instanceof Element ? target.closest<SVGGElement>('g.node')?.dataset['id'] : undefined;
}
