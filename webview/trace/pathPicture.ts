import { t } from '@vscode/l10n';
import { element } from '../element.ts';
import { post } from '../host.ts';
import { drawPicture, type Picture } from '../picture.ts';

/** A path is a few boxes; one that is not is told by its steps alone. */
const mostBoxes = 80;

const look = { firstLine: 'b', rankSpacing: 34, padding: 9 } as const;

/** The picture of one way of a branch, as wide as the panel, with the box of the selected step marked. */
export class PathPicture {
  readonly root = element('div', { class: 'picture path', hidden: true });
  readonly #onChoose: (hop: number) => void;
  #source = '';
  #run = 0;
  #picture: Picture | undefined;

  constructor(onChoose: (hop: number) => void) {
    this.#onChoose = onChoose;
    this.root.addEventListener('click', ({ target }) => {
      const box = target instanceof Element ? target.closest<SVGGElement>('g.node') : null;
      const hop = box?.dataset['hop'];
      if (hop !== undefined) this.#onChoose(Number(hop));
    });
  }

  get picture(): Picture | undefined {
    return this.#picture;
  }

  /** Draws a source, unless it is what stands there already. */
  async show(source: string, name: string): Promise<void> {
    if (source === this.#source) return;
    this.#source = source;
    this.#run += 1;
    const run = this.#run;
    const plain = source.replace(/^\s*classDef .*$/gm, '');
    if (source === '' || (source.match(/:::/g)?.length ?? 0) > mostBoxes) {
      this.#take(undefined);
      return;
    }
    this.root.hidden = false;
    try {
      const picture = await drawPicture(plain, this.root, t('The way: {0}', name), look);
      if (run === this.#run) this.#take(picture);
    } catch (error) {
      post({ type: 'log', level: 'error', message: `The path was not drawn: ${String(error)}` });
      if (run === this.#run) this.#take(undefined);
    }
  }

  /** Marks the box of a hop. */
  mark(hop: number | undefined): void {
    for (const box of this.#picture?.boxes.values() ?? [])
      box.classList.toggle('selected', hop !== undefined && box.dataset['hop'] === `${hop}`);
  }

  #take(picture: Picture | undefined): void {
    this.#picture?.svg.remove();
    this.#picture = picture;
    this.root.hidden = picture === undefined;
    if (picture === undefined) return;
    const { svg, width, height, boxes } = picture;
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.style.width = '100%';
    svg.style.maxWidth = `${width}px`;
    // Smaller than this nobody reads it; it scrolls instead.
    svg.style.minWidth = `${Math.round(width * 0.85)}px`;
    for (const [id, box] of boxes) {
      if (!/^h\d+$/.test(id)) continue;
      box.dataset['hop'] = id.slice(1);
      box.setAttribute('role', 'img');
      const lines = box.querySelector('.nodeLabel p')?.childNodes ?? [];
      const words = [...lines].map((one) => one.textContent ?? '').filter((one) => one !== '');
      box.setAttribute('aria-label', words.join(', '));
    }
    this.root.append(svg);
  }
}
