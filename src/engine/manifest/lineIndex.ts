import type { TextPosition, TextRange } from '../model/resource.ts';

/** Turns offsets of one text into lines and characters and back; both count UTF-16 code units. */
export class LineIndex {
  readonly #starts: number[] = [0];
  readonly #length: number;

  constructor(text: string) {
    this.#length = text.length;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** Offsets outside the text count as its ends. */
  position(offset: number): TextPosition {
    const at = Math.max(0, Math.min(offset, this.#length));
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: at - (this.#starts[low] ?? 0) };
  }

  range(start: number, end: number): TextRange {
    return { start: this.position(start), end: this.position(end) };
  }

  /** The offset of a position; a character past the end of its line counts as the line's end. */
  offset({ line, character }: TextPosition): number {
    const start = this.#starts[line];
    if (start === undefined) return this.#length;
    const next = this.#starts[line + 1];
    return Math.min(start + character, next === undefined ? this.#length : next - 1);
  }

  /** How many lines the text has. */
  get lines(): number {
    return this.#starts.length;
  }

  /** Where a line starts, as an offset. */
  lineStart(line: number): number {
    return this.#starts[line] ?? this.#length;
  }
}
