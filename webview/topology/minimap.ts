import { svgElement } from '../element.ts';
import type { PanZoom, Rect } from '../panZoom.ts';

type Size = Pick<Rect, 'width' | 'height'>;

/** A small copy of the picture with a frame around what is seen; pressing it goes there. */
export class Minimap {
  readonly root = svgElement('svg', { class: 'minimap', 'aria-hidden': 'true' });
  readonly #frame = svgElement('rect', { class: 'minimap-frame' });
  readonly #panZoom: PanZoom;
  #size: Size | undefined;
  #boxes: ReadonlyMap<string, SVGRectElement> = new Map();
  /** `undefined`: shown when the picture is larger than its surface, and the surface large enough to spare the corner. */
  wanted: boolean | undefined;

  constructor(panZoom: PanZoom) {
    this.#panZoom = panZoom;
    this.root.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      this.#goTo(event);
      const move = (next: PointerEvent) => this.#goTo(next);
      this.root.setPointerCapture(event.pointerId);
      this.root.addEventListener('pointermove', move);
      this.root.addEventListener('pointerup', () => this.root.removeEventListener('pointermove', move), { once: true });
    });
  }

  attach({ width, height }: Size, lanes: readonly Rect[], boxes: ReadonlyMap<string, Rect>): void {
    this.#size = { width, height };
    this.root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#boxes = new Map([...boxes].map(([id, box]) => [id, rectangle(box, '')]));
    this.root.replaceChildren(...lanes.map((one) => rectangle(one, 'lane')), ...this.#boxes.values(), this.#frame);
    this.update();
  }

  /** Marks the box that is selected in the picture. */
  mark(selected: string | undefined): void {
    for (const [id, box] of this.#boxes) box.classList.toggle('selected', id === selected);
  }

  /** Takes the frame where the view is now. */
  update(): void {
    if (this.#size === undefined) return;
    const { width, height } = this.#size;
    const { x, y, width: seenWidth, height: seenHeight } = this.#panZoom.seen;
    const all = x <= 0 && y <= 0 && x + seenWidth >= width && y + seenHeight >= height;
    const { clientWidth = 0, clientHeight = 0 } = this.root.parentElement ?? {};
    const isRoomy = clientWidth >= 380 && clientHeight >= 420;
    this.root.toggleAttribute('hidden', !(this.wanted ?? (!all && isRoomy)));
    const left = Math.max(0, x);
    const top = Math.max(0, y);
    this.#frame.setAttribute('x', `${left}`);
    this.#frame.setAttribute('y', `${top}`);
    this.#frame.setAttribute('width', `${Math.max(0, Math.min(width, x + seenWidth) - left)}`);
    this.#frame.setAttribute('height', `${Math.max(0, Math.min(height, y + seenHeight) - top)}`);
  }

  #goTo({ clientX, clientY }: PointerEvent): void {
    const point = new DOMPoint(clientX, clientY).matrixTransform(this.root.getScreenCTM()?.inverse());
    this.#panZoom.centre(point.x, point.y);
  }
}

function rectangle({ x, y, width, height }: Rect, look: string): SVGRectElement {
  return svgElement('rect', { x, y, width, height, class: look });
}
