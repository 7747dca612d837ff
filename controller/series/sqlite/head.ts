// What the log holds, in memory as columns: blocks of rows in the order of arrival, and for each series where its rows are.
import { type Column, noNumbers, noTexts } from './codec/chunk.ts';
import { columnKey } from './stats.ts';

const BLOCK_ROWS = 1_024;
/** A place's block and row without a division. */
const BLOCK_BITS = 10;
const ROW_MASK = BLOCK_ROWS - 1;

interface Block {
  /** The place of its first row. */
  first: Place;
  readonly series: Float64Array;
  readonly at: Float64Array;
  readonly columns: Map<number, Float64Array | (string | null)[]>;
  length: number;
}

/** Rows that were written and not yet sealed. `columns` by the fields' numbers. */
export interface Batch {
  readonly group: (row: number) => number;
  readonly measurement: string;
  readonly series: Float64Array;
  readonly at: Float64Array;
  readonly columns: readonly (readonly [field: number, values: Column])[];
}

/** Where a row is: block · BLOCK_ROWS + row. */
export type Place = number;

/** One series' rows in the order of arrival. Their times once more: those of a block are those of all series. */
interface Arrived {
  readonly places: Place[];
  readonly at: number[];
  /** In the order of time, no two alike. */
  isUpwards: boolean;
}

export class Head {
  #blocks: Block[] = [];
  #open = new Map<string, Block>();
  #arrived = new Map<number, Arrived>();
  #groups = new Map<number, Set<number>>();
  #rows = 0;
  #span: { readonly from: number; readonly to: number } | null = null;

  /** The oldest and the newest time; null when empty. */
  get span(): { readonly from: number; readonly to: number } | null {
    return this.#span;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Groups with rows, and the series in each. */
  get groups(): ReadonlyMap<number, ReadonlySet<number>> {
    return this.#groups;
  }

  /** From now on rows go to new blocks; how many blocks there are until here. */
  closeBlocks(): number {
    this.#open = new Map();
    return this.#blocks.length;
  }

  /** The rows of this group are elsewhere now. Their memory is free when all rows of their blocks are. */
  drop(group: number): void {
    for (const series of this.#groups.get(group) ?? []) {
      this.#rows -= this.places(series).length;
      this.#arrived.delete(series);
    }
    this.#groups.delete(group);
  }

  /** Frees the first blocks, none of whose rows is here any more. All places are others after this. */
  freeBlocks(count: number): void {
    if (this.#rows === 0) {
      this.clear();
      return;
    }
    const rows = count * BLOCK_ROWS;
    this.#blocks.splice(0, count);
    this.#span = null;
    for (const block of this.#blocks) {
      block.first -= rows;
      this.#widen(block.at.subarray(0, block.length));
    }
    for (const { places } of this.#arrived.values()) for (let i = 0; i < places.length; i += 1) places[i] = (places[i] ?? 0) - rows;
  }

  clear(): void {
    this.#blocks = [];
    this.#open = new Map();
    this.#arrived = new Map();
    this.#groups = new Map();
    this.#rows = 0;
    this.#span = null;
  }

  add({ group, measurement, series, at, columns }: Batch): void {
    for (let from = 0; from < at.length; ) {
      const block = this.#blockFor(measurement);
      const to = Math.min(at.length, from + BLOCK_ROWS - block.length);
      block.series.set(series.subarray(from, to), block.length);
      block.at.set(at.subarray(from, to), block.length);
      for (const [field, values] of columns) copy(block, columnKey(field), values, from, to);
      for (let row = from; row < to; row += 1)
        this.#remember(series[row] ?? 0, group(row), block.first + block.length + row - from, at[row] ?? 0);
      block.length += to - from;
      from = to;
    }
    this.#rows += at.length;
    this.#widen(at);
  }

  #widen(at: Float64Array): void {
    let { from, to } = this.#span ?? { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
    for (const one of at) {
      if (one < from) from = one;
      if (one > to) to = one;
    }
    if (at.length > 0) this.#span = { from, to };
  }

  /** A series' rows in the order of arrival. */
  places(series: number): readonly Place[] {
    return this.#arrived.get(series)?.places ?? [];
  }

  /** A series' rows from ≤ at < to with their times; null when they came in another order than that of time. */
  upwards(series: number, from: number, to: number): { readonly places: readonly Place[]; readonly at: Float64Array } | null {
    const arrived = this.#arrived.get(series);
    if (arrived === undefined) return { places: [], at: new Float64Array(0) };
    if (!arrived.isUpwards) return null;
    const { places, at } = arrived;
    let [first, end] = [0, at.length];
    while (first < end && (at[first] ?? 0) < from) first += 1;
    while (end > first && (at[end - 1] ?? 0) >= to) end -= 1;
    const times = new Float64Array(end - first);
    for (let i = first; i < end; i += 1) times[i - first] = at[i] ?? 0;
    return { places: end - first === places.length ? places : places.slice(first, end), at: times };
  }

  at(place: Place): number {
    return this.#blocks[place >>> BLOCK_BITS]?.at[place & ROW_MASK] ?? 0;
  }

  /** The times of these rows. */
  times(places: readonly Place[]): Float64Array {
    const times = new Float64Array(places.length);
    let own: Float64Array | undefined;
    let block = -1;
    for (let i = 0; i < places.length; i += 1) {
      const place = places[i] ?? 0;
      const of = place >>> BLOCK_BITS;
      if (of !== block) {
        block = of;
        own = this.#blocks[of]?.at;
      }
      times[i] = own?.[place & ROW_MASK] ?? 0;
    }
    return times;
  }

  value(place: Place, key: number): number | string | null {
    const column = this.#blocks[place >>> BLOCK_BITS]?.columns.get(key);
    const value = column?.[place & ROW_MASK];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** A column of these rows, in their order; null when none has a value. */
  gather(places: readonly Place[], key: number): Column | null {
    let numbers: Float64Array | null = null;
    let texts: (string | null)[] | null = null;
    let column: Float64Array | (string | null)[] | undefined;
    let block = -1;
    for (let i = 0; i < places.length; i += 1) {
      const place = places[i] ?? 0;
      const own = place >>> BLOCK_BITS;
      if (own !== block) {
        block = own;
        column = this.#blocks[own]?.columns.get(key);
      }
      const value = column?.[place & ROW_MASK];
      if (value === undefined || value === null || Number.isNaN(value)) continue;
      if (typeof value === 'number') {
        numbers ??= noNumbers(places.length);
        numbers[i] = value;
      } else {
        texts ??= noTexts(places.length);
        texts[i] = value;
      }
    }
    return numbers ?? texts;
  }

  /** A column with each place's value where `target` says; null when none has one. Quick when the places go upwards: they lie as they came. */
  scatter(places: Float64Array, target: Uint32Array, key: number): Column | null {
    let numbers: Float64Array | null = null;
    let texts: (string | null)[] | null = null;
    for (let from = 0; from < places.length; ) {
      const block = Math.floor((places[from] ?? 0) / BLOCK_ROWS);
      const first = block * BLOCK_ROWS;
      let to = from + 1;
      while (to < places.length && (places[to] ?? 0) < first + BLOCK_ROWS) to += 1;
      const column = this.#blocks[block]?.columns.get(key);
      if (column instanceof Float64Array) {
        numbers ??= noNumbers(places.length);
        for (let i = from; i < to; i += 1) numbers[target[i] ?? 0] = column[(places[i] ?? 0) - first] ?? Number.NaN;
      } else if (column !== undefined) {
        texts ??= noTexts(places.length);
        for (let i = from; i < to; i += 1) texts[target[i] ?? 0] = column[(places[i] ?? 0) - first] ?? null;
      }
      from = to;
    }
    return numbers ?? texts;
  }

  /** Column keys that any of these rows may have. */
  keys(places: readonly Place[]): Set<number> {
    const keys = new Set<number>();
    let last = -1;
    for (const place of places) {
      const block = place >>> BLOCK_BITS;
      if (block === last) continue;
      last = block;
      for (const key of this.#blocks[block]?.columns.keys() ?? []) keys.add(key);
    }
    return keys;
  }

  #remember(series: number, group: number, place: Place, at: number): void {
    const arrived = this.#arrived.get(series);
    if (arrived === undefined) this.#arrived.set(series, { places: [place], at: [at], isUpwards: true });
    else {
      if (at <= (arrived.at.at(-1) ?? at)) arrived.isUpwards = false;
      arrived.places.push(place);
      arrived.at.push(at);
    }
    const members = this.#groups.get(group);
    if (members === undefined) this.#groups.set(group, new Set([series]));
    else members.add(series);
  }

  #blockFor(measurement: string): Block {
    const open = this.#open.get(measurement);
    if (open !== undefined && open.length < BLOCK_ROWS) return open;
    const first = this.#blocks.length * BLOCK_ROWS;
    const block: Block = { first, series: new Float64Array(BLOCK_ROWS), at: new Float64Array(BLOCK_ROWS), columns: new Map(), length: 0 };
    this.#blocks.push(block);
    this.#open.set(measurement, block);
    return block;
  }
}

const copy = (block: Block, key: number, values: Column, from: number, to: number): void => {
  const isNumbers = values instanceof Float64Array;
  let column = block.columns.get(key);
  if (column === undefined) {
    column = isNumbers ? noNumbers(BLOCK_ROWS) : noTexts(BLOCK_ROWS);
    block.columns.set(key, column);
  }
  if (column instanceof Float64Array) {
    if (isNumbers) column.set(values.subarray(from, to), block.length);
  } else if (!isNumbers) for (let row = from; row < to; row += 1) column[block.length + row - from] = values[row] ?? null;
};
