// Rows into buckets: from raw points, or from the windows of a finer roll-up. Pure; the same rows in the same order give the same bits.
import { type Column, noNumbers } from './codec/chunk.ts';
import { SketchSum } from './codec/sketches.ts';
import type { Cut } from './cut.ts';
import { COUNT, columnKey, MAX, MIN, SKETCH, type Stat, SUM, VALUE } from './stats.ts';

/** One statistic of one field. */
export interface Wanted {
  readonly field: number;
  readonly stat: Stat;
}

/** Takes rows in the order of time and gives a row a bucket; buckets begin at whole multiples of their width, empty ones are left out. */
export class Buckets {
  readonly #bucketMs: number;
  readonly #starts: number[] = [];
  readonly #series: number[] = [];
  readonly #sums: readonly Sum[];

  constructor(wanted: readonly Wanted[], bucketMs: number) {
    this.#bucketMs = bucketMs;
    this.#sums = wanted.map((one) => (one.stat === SKETCH ? new SketchSums(one) : one.stat === VALUE ? new Last(one) : new Numbers(one)));
  }

  /** `isRolledUp`: the rows are windows with their statistics, not points. `series`: rows of several series, one after the other; each has buckets of its own. */
  add(cut: Cut, isRolledUp: boolean, series: Float64Array | null = null): void {
    const { at } = cut;
    if (at.length === 0) return;
    const bucketOf = new Uint32Array(at.length);
    let last = this.#starts.length - 1;
    for (let row = 0; row < at.length; row += 1) {
      const start = Math.floor((at[row] ?? 0) / this.#bucketMs) * this.#bucketMs;
      if (last < 0 || this.#starts[last] !== start || (series !== null && this.#series[last] !== series[row])) {
        this.#starts.push(start);
        if (series !== null) this.#series.push(series[row] ?? 0);
        last += 1;
      }
      bucketOf[row] = last;
    }
    const counted: Counted = new Map();
    for (const sum of this.#sums) sum.add(cut, bucketOf, isRolledUp, this.#starts.length, counted);
  }

  /** A column for each that was wanted, in their order; null where no bucket has one. `series` is empty where none were given. */
  finish(): { readonly series: Float64Array; readonly at: Float64Array; readonly columns: readonly (Column | null)[] } {
    const columns = this.#sums.map((sum) => sum.finish(this.#starts.length));
    return { series: new Float64Array(this.#series), at: new Float64Array(this.#starts), columns };
  }
}

/** Counts that another field has already: by the column that they were added up from, or, of points in every row, by the rows' buckets. */
type Counted = Map<Column | Uint32Array, Float64Array>;

interface Sum {
  /** `length`: so many buckets there are now. */
  add(cut: Cut, bucketOf: Uint32Array, isRolledUp: boolean, length: number, counted: Counted): void;
  finish(length: number): Column | null;
}

class Numbers implements Sum {
  readonly #wanted: Wanted;
  #values: Float64Array | null = null;
  #isOurs = true;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  add(cut: Cut, bucketOf: Uint32Array, isRolledUp: boolean, length: number, counted: Counted): void {
    const { field, stat } = this.#wanted;
    const column = cut.column(columnKey(field, isRolledUp ? stat : VALUE));
    if (column === null) return;
    // Most fields are there in every row, so that their counts are one column: counted once, and written once.
    if (stat === COUNT && this.#values === null) {
      const source = isRolledUp ? column : hasGaps(column) ? null : bucketOf;
      const known = source === null ? undefined : counted.get(source);
      this.#values = known ?? noNumbers(length);
      this.#isOurs = known === undefined;
      if (known !== undefined) return;
      if (isRolledUp) {
        if (column instanceof Float64Array) add(column, bucketOf, this.#values);
      } else countThose(column, bucketOf, this.#values);
      if (source !== null) {
        counted.set(source, this.#values);
        this.#isOurs = false;
      }
      return;
    }
    if (!(column instanceof Float64Array) && stat !== COUNT) return;
    if (this.#values === null && length === column.length && stat !== COUNT && column instanceof Float64Array) {
      this.#values = column; // a row a bucket: nothing to add up, and all the statistics are one column
      this.#isOurs = false;
      return;
    }
    const into = this.#room(length);
    if (stat === COUNT && !isRolledUp) countThose(column, bucketOf, into);
    else if (column instanceof Float64Array) STEPS[stat](column, bucketOf, into);
  }

  #room(length: number): Float64Array {
    if (this.#values !== null && this.#isOurs && this.#values.length >= length) return this.#values;
    const larger = noNumbers(Math.max(length, this.#values?.length ?? 0));
    if (this.#values !== null) larger.set(this.#values);
    this.#values = larger;
    this.#isOurs = true;
    return larger;
  }

  finish(length: number): Column | null {
    return this.#values === null || this.#values.length === length ? this.#values : this.#room(length);
  }
}

type Step = (column: Float64Array, bucketOf: Uint32Array, into: Float64Array) => void;

// One loop each, though they look alike: a loop that takes its step as an argument is several times slower.
const add: Step = (column, bucketOf, into) => {
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const bucket = bucketOf[row] ?? 0;
    const last = into[bucket] ?? Number.NaN;
    into[bucket] = Number.isNaN(last) ? value : last + value;
  }
};
const smallest: Step = (column, bucketOf, into) => {
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row] ?? Number.NaN;
    const bucket = bucketOf[row] ?? 0;
    if (!Number.isNaN(value) && !(value >= (into[bucket] ?? Number.NaN))) into[bucket] = value;
  }
};
const largest: Step = (column, bucketOf, into) => {
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row] ?? Number.NaN;
    const bucket = bucketOf[row] ?? 0;
    if (!Number.isNaN(value) && !(value <= (into[bucket] ?? Number.NaN))) into[bucket] = value;
  }
};
const latest: Step = (column, bucketOf, into) => {
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row] ?? Number.NaN;
    if (!Number.isNaN(value)) into[bucketOf[row] ?? 0] = value;
  }
};
const STEPS: Readonly<Record<Stat, Step>> = {
  [VALUE]: latest,
  [COUNT]: add,
  [SUM]: add,
  [MIN]: smallest,
  [MAX]: largest,
  [SKETCH]: () => {},
};

const hasGaps = (column: Column): boolean => {
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row] ?? null;
    if (value === null || Number.isNaN(value)) return true;
  }
  return false;
};

const countThose = (column: Column, bucketOf: Uint32Array, into: Float64Array): void => {
  for (let row = 0; row < column.length; row += 1) {
    const value = column[row] ?? null;
    if (value === null || Number.isNaN(value)) continue;
    const bucket = bucketOf[row] ?? 0;
    const last = into[bucket] ?? Number.NaN;
    into[bucket] = Number.isNaN(last) ? 1 : last + 1;
  }
};

class Last implements Sum {
  readonly #field: number;
  #values: Float64Array | (string | null)[] | null = null;

  constructor({ field }: Wanted) {
    this.#field = field;
  }

  add(cut: Cut, bucketOf: Uint32Array, _isRolledUp: boolean, length: number): void {
    const column = cut.column(columnKey(this.#field, VALUE));
    if (column === null) return;
    if (column instanceof Float64Array && this.#values === null && length === column.length) {
      this.#values = column;
      return;
    }
    if (column instanceof Float64Array) {
      const known = this.#values instanceof Float64Array ? this.#values : null;
      const into = noNumbers(length);
      if (known !== null) into.set(known);
      STEPS[VALUE](column, bucketOf, into);
      this.#values = into;
      return;
    }
    const texts = this.#values === null || this.#values instanceof Float64Array ? [] : this.#values;
    while (texts.length < length) texts.push(null);
    for (let row = 0; row < column.length; row += 1) {
      const text = column[row] ?? null;
      if (text !== null) texts[bucketOf[row] ?? 0] = text;
    }
    this.#values = texts;
  }

  finish(length: number): Column | null {
    const values = this.#values;
    if (values === null) return null;
    if (!(values instanceof Float64Array)) {
      while (values.length < length) values.push(null);
      return values;
    }
    if (values.length === length) return values;
    const padded = noNumbers(length);
    padded.set(values);
    return padded;
  }
}

class SketchSums implements Sum {
  readonly #field: number;
  readonly #texts: string[] = [];
  readonly #sum = new SketchSum();
  #bucket = 0;

  constructor({ field }: Wanted) {
    this.#field = field;
  }

  add(cut: Cut, bucketOf: Uint32Array, isRolledUp: boolean): void {
    const key = columnKey(this.#field, isRolledUp ? SKETCH : VALUE);
    for (let row = 0; row < bucketOf.length; row += 1) {
      const bucket = bucketOf[row] ?? 0;
      if (bucket !== this.#bucket) this.#flush(bucket);
      cut.addSketch(key, row, this.#sum);
    }
  }

  #flush(next: number): void {
    this.#texts[this.#bucket] = this.#sum.take();
    this.#bucket = next;
  }

  finish(length: number): Column | null {
    this.#flush(length);
    const texts = Array.from({ length }, (_, bucket) => this.#texts[bucket] || null);
    return texts.some((text) => text !== null) ? texts : null;
  }
}
