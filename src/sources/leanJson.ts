import type { JsonObject } from '../engine/index.ts';

const managed = Buffer.from('"managedFields":[{');
const [endOfObject, endOfList] = [0x7d, 0x5d];

/**
 * Reads a JSON object of the API with empty `managedFields`, which are a third of what comes and say nothing about the
 * network; `undefined` for what is no JSON object.
 *
 * What is cut out lies between the list's `[` and the next `}]`. The type of the API puts nothing but objects into the
 * list (ManagedFieldsEntry), and servers write no space, so this is the list's end or comes before it. Where it comes
 * before, in a list within the list or in a text, the rest is no JSON any more: its brackets or its quotes do not pair.
 * Then all is read. `most` is how many lists are looked for: an event has one object.
 */
export function parseLean(bytes: Buffer, most = Number.POSITIVE_INFINITY): JsonObject | undefined {
  const lean = withoutManagedFields(bytes, most);
  return (lean === undefined ? undefined : parseObject(lean)) ?? parseObject(bytes.toString('utf8'));
}

function withoutManagedFields(bytes: Buffer, most: number): string | undefined {
  let text = '';
  let from = 0;
  for (let found = 0; found < most; found++) {
    const at = bytes.indexOf(managed, from);
    const end = at < 0 ? -1 : endOfObjects(bytes, at + managed.length);
    if (end < 0) break;
    text += bytes.toString('utf8', from, at + managed.length - 1);
    from = end;
  }
  return from === 0 ? undefined : text + bytes.toString('utf8', from);
}

/** The next `]` that follows a `}`; a search for the two at once would stop at every `}`. */
function endOfObjects(bytes: Buffer, from: number): number {
  let end = bytes.indexOf(endOfList, from);
  while (end >= 0 && bytes[end - 1] !== endOfObject) end = bytes.indexOf(endOfList, end + 1);
  return end;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Cuts a stream of bytes into its lines. */
export class LineSplitter {
  #begun: Buffer[] = [];
  #length = 0;

  /** Bytes of a line whose end has not come. */
  get pending(): number {
    return this.#length;
  }

  /** The lines that end in a chunk, without their ends; those without a byte are left out. */
  *take(chunk: Buffer): Generator<Buffer> {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, end);
      from = end + 1;
      const line = this.#length === 0 ? last : Buffer.concat([...this.#begun, last]);
      this.#begun = [];
      this.#length = 0;
      if (line.length > 0) yield line;
    }
    if (from === chunk.length) return;
    this.#begun.push(chunk.subarray(from));
    this.#length += chunk.length - from;
  }
}
