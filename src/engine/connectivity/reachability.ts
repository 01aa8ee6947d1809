import { addBoth, addTo, type Bits, bitsBetween, bitsOf, eachMember, either, minus, noBits } from './bits.ts';
import type { ConnectivityMatrix } from './matrix.ts';
import type { Row } from './row.ts';

/** Rows kept at once, in bytes; beyond, the oldest are computed again when they are asked for. */
const mostBytes = 64_000_000;

/** Destinations whose policies admit the same sources on the same ports. */
interface Admission {
  /** Who is admitted. */
  readonly sources: Bits;
  /** An id of the matrix's port sets. */
  readonly ports: number;
  /** Whose policies say so. */
  destinations: Bits;
}

/**
 * Which classes of pods may reach which, on any port: a row of bits a class, one array for all classes whose rows are
 * equal. Most are: at 150,000 pods a third of the rows are distinct.
 */
export class Reachability {
  readonly #matrix: ConnectivityMatrix;
  readonly #admissions: readonly Admission[];
  /** Which admissions each class is a source of. */
  readonly #ofClass: readonly (readonly number[])[];
  readonly #signatures = new Map<number, string>();
  readonly #rows = new Map<string, Uint32Array>();
  readonly #egressIds = new Map<Row, number>();
  readonly #bytesPerRow: number;

  constructor(matrix: ConnectivityMatrix) {
    this.#matrix = matrix;
    const { classes } = matrix.classes;
    this.#bytesPerRow = Math.ceil(classes.length / 32) * 4;
    this.#admissions = this.#admit();
    const ofClass: number[][] = classes.map(() => []);
    for (const [id, { sources }] of this.#admissions.entries()) {
      eachMember(sources, (index) => ofClass[index]?.push(id));
    }
    this.#ofClass = ofClass;
  }

  /** The same, yielding while the matrix's rows are made, which is most of it. */
  static *of(matrix: ConnectivityMatrix): Generator<undefined, Reachability> {
    for (const one of matrix.classes.classes) {
      matrix.row(one, 'ingress');
      matrix.row(one, 'egress');
      if ((one.index & 63) === 0) yield;
    }
    return new Reachability(matrix);
  }

  /** How many words of 32 classes a row has. */
  get words(): number {
    return this.#bytesPerRow / 4;
  }

  /** The classes that a class may reach on some port, as words of 32 from class 0 on. */
  row(index: number): Uint32Array {
    const signature = this.#signature(index);
    let row = this.#rows.get(signature);
    if (row === undefined) {
      row = this.#compute(index);
      if ((this.#rows.size + 1) * this.#bytesPerRow > mostBytes) {
        const [oldest] = this.#rows.keys();
        if (oldest !== undefined) this.#rows.delete(oldest);
      }
      this.#rows.set(signature, row);
    }
    return row;
  }

  /** Distinct rows kept, and their bytes. */
  get kept(): { readonly rows: number; readonly bytes: number } {
    return { rows: this.#rows.size, bytes: this.#rows.size * this.#bytesPerRow };
  }

  /** Equal rows have equal signatures: what the source may send, and who admits it. */
  #signature(index: number): string {
    let signature = this.#signatures.get(index);
    if (signature === undefined) {
      const egress = this.#egressOf(index);
      let id = this.#egressIds.get(egress);
      if (id === undefined) {
        id = this.#egressIds.size;
        this.#egressIds.set(egress, id);
      }
      signature = `${id} ${this.#ofClass[index]?.join() ?? ''}`;
      this.#signatures.set(index, signature);
    }
    return signature;
  }

  #egressOf(index: number): Row {
    const podClass = this.#matrix.classes.classes[index];
    if (podClass === undefined) throw new RangeError(`no class ${index}`);
    return this.#matrix.row(podClass, 'egress');
  }

  #compute(index: number): Uint32Array {
    const { ports } = this.#matrix;
    const row = new Uint32Array(this.#bytesPerRow / 4);
    const { cells, others } = this.#egressOf(index);
    for (const id of this.#ofClass[index] ?? []) {
      const admission = this.#admissions[id];
      if (admission === undefined) continue;
      const meets = (set: number): boolean => ports.intersection(set, admission.ports) !== ports.none;
      const words = admission.destinations;
      if (meets(others.allowed)) {
        addTo(
          row,
          cells.reduce((rest, { bits, passage }) => (meets(passage.allowed) ? rest : minus(rest, bits)), words),
        );
      } else {
        for (const { bits, passage } of cells) if (meets(passage.allowed)) addBoth(row, bits, words);
      }
    }
    return row;
  }

  /** Ingress rows by whom they admit: most policies of a cluster admit one of few sets of sources. */
  #admit(): readonly Admission[] {
    const { classes } = this.#matrix.classes;
    const all = bitsBetween(0, classes.length);
    const byRow = Map.groupBy(classes, (one) => this.#matrix.row(one, 'ingress'));
    const found = new Map<string, Admission>();
    for (const [{ cells, others }, own] of byRow) {
      const destinations = bitsOf(own.map(({ index }) => index));
      const rest = cells.reduce(
        (bits, cell) => minus(bits, cell.bits),
        others.allowed === this.#matrix.ports.none ? noBits : all,
      );
      for (const [sources, ports] of [
        ...cells.map((one) => [one.bits, one.passage.allowed] as const),
        [rest, others.allowed] as const,
      ]) {
        if (ports === this.#matrix.ports.none) continue;
        const key = `${ports} ${sources.lo} ${sources.words.join()}`;
        const known = found.get(key);
        if (known === undefined) found.set(key, { sources, ports, destinations });
        else known.destinations = either(known.destinations, destinations);
      }
    }
    return [...found.values()];
  }
}
