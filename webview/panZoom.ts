/** Where a picture stands in its surface: a point `p` of it is seen at `p * scale + (x, y)`. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** A rectangle of the picture, in its own measure. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const smallest = 0.1;
const largest = 4;
const margin = 20;

/** Moves and scales one group of a surface: by drag, wheel (with Ctrl or a pinch it zooms), and by call. */
export class PanZoom {
  readonly #surface: HTMLElement;
  readonly #onChange: (view: View) => void;
  #target: SVGGElement | undefined;
  #size = { width: 1, height: 1 };
  #view: View = { x: 0, y: 0, scale: 1 };
  #fitted: { readonly least: number; readonly start?: Rect } | undefined;

  constructor(surface: HTMLElement, onChange: (view: View) => void) {
    this.#surface = surface;
    this.#onChange = onChange;
    surface.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    surface.addEventListener('pointerdown', (event) => this.#drag(event));
  }

  /** Takes another picture; the view stays. */
  attach(target: SVGGElement, size: { readonly width: number; readonly height: number }): void {
    this.#target = target;
    this.#size = size;
    this.view = this.#view;
  }

  get view(): View {
    return this.#view;
  }

  set view({ x, y, scale }: View) {
    this.#view = { x, y, scale };
    this.#fitted = undefined;
    this.#target?.setAttribute('transform', `translate(${x} ${y}) scale(${scale})`);
    this.#onChange(this.#view);
  }

  /** The part of the picture that is seen. */
  get seen(): Rect {
    const { x, y, scale } = this.#view;
    const { clientWidth, clientHeight } = this.#surface;
    return { x: -x / scale, y: -y / scale, width: clientWidth / scale, height: clientHeight / scale };
  }

  /**
   * All of the picture, no larger than it was drawn; where that is smaller than `least`, as much as there is room for around
   * the rectangle where one begins to read.
   */
  fit(least = smallest, start?: Rect): void {
    const { clientWidth, clientHeight } = this.#surface;
    const { width, height } = this.#size;
    const whole = Math.min((clientWidth - 2 * margin) / width, (clientHeight - 2 * margin) / height, 1);
    const scale = clamp(Math.max(whole, least));
    const place = (room: number, length: number, middle: number) => {
      const over = length * scale + 2 * margin - room;
      if (over <= 0) return (room - length * scale) / 2;
      return Math.max(margin - over, Math.min(margin, room / 2 - middle * scale));
    };
    const { x, y } =
      start === undefined ? { x: 0, y: 0 } : { x: start.x + start.width / 2, y: start.y + start.height / 2 };
    this.view = { x: place(clientWidth, width, x), y: place(clientHeight, height, y), scale };
    this.#fitted = { least, ...(start === undefined ? {} : { start }) };
  }

  /** After the surface got another size: fits again what was fitted and not moved since; true where it was. */
  refit(): boolean {
    if (this.#fitted === undefined) return false;
    this.fit(this.#fitted.least, this.#fitted.start);
    return true;
  }

  /** After the surface got another size: where all of the picture has room, across or down, it stands in the middle again. */
  settle(): void {
    const { clientWidth, clientHeight } = this.#surface;
    const { x, y, scale } = this.#view;
    const place = (now: number, room: number, length: number) =>
      length * scale + 2 * margin <= room ? (room - length * scale) / 2 : now;
    const { width, height } = this.#size;
    this.view = { x: place(x, clientWidth, width), y: place(y, clientHeight, height), scale };
  }

  /** Zooms around a point of the surface; its middle where none is given. */
  zoomBy(factor: number, at?: { readonly x: number; readonly y: number }): void {
    const { x, y } = at ?? { x: this.#surface.clientWidth / 2, y: this.#surface.clientHeight / 2 };
    const { view } = this;
    const scale = clamp(view.scale * factor);
    const ratio = scale / view.scale;
    this.view = { x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio, scale };
  }

  panBy(dx: number, dy: number): void {
    const { x, y, scale } = this.#view;
    this.view = { x: x + dx, y: y + dy, scale };
  }

  /** Moves as little as is needed for a rectangle to be seen. */
  reveal(rect: Rect): void {
    const { x, y, scale } = this.#view;
    const { clientWidth, clientHeight } = this.#surface;
    const dx = shift(rect.x * scale + x, rect.width * scale, clientWidth);
    const dy = shift(rect.y * scale + y, rect.height * scale, clientHeight);
    if (dx !== 0 || dy !== 0) this.panBy(dx, dy);
  }

  /** Puts a point of the picture in the middle. */
  centre(x: number, y: number): void {
    const { scale } = this.#view;
    const { clientWidth, clientHeight } = this.#surface;
    this.view = { x: clientWidth / 2 - x * scale, y: clientHeight / 2 - y * scale, scale };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (!event.ctrlKey && !event.metaKey) {
      const [dx, dy] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      this.panBy(-dx * unit, -dy * unit);
      return;
    }
    const { left, top } = this.#surface.getBoundingClientRect();
    const step = Math.max(-60, Math.min(60, event.deltaY * unit));
    this.zoomBy(Math.exp(-step / 150), { x: event.clientX - left, y: event.clientY - top });
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0 && event.button !== 1) return;
    if (event.target instanceof Element && event.target.closest('.node, button, input, .minimap') !== null) return;
    const surface = this.#surface;
    let last = { x: event.clientX, y: event.clientY };
    const move = ({ clientX, clientY }: PointerEvent) => {
      this.panBy(clientX - last.x, clientY - last.y);
      last = { x: clientX, y: clientY };
    };
    const stop = () => {
      surface.classList.remove('dragging');
      surface.removeEventListener('pointermove', move);
      surface.removeEventListener('pointerup', stop);
      surface.removeEventListener('pointercancel', stop);
    };
    surface.setPointerCapture(event.pointerId);
    surface.classList.add('dragging');
    surface.addEventListener('pointermove', move);
    surface.addEventListener('pointerup', stop);
    surface.addEventListener('pointercancel', stop);
  }
}

function clamp(scale: number): number {
  return Math.max(smallest, Math.min(largest, scale));
}

function shift(start: number, length: number, room: number): number {
  if (start < margin) return margin - start;
  const over = start + length + margin - room;
  return over > 0 ? -Math.min(over, start - margin) : 0;
}
