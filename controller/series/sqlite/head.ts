// What the log holds, in memory as columns: blocks of rows in the order of arrival, and for each series where its rows are.
import { type Column, noNumbers, noTexts } from './codec/chunk.ts';
import { columnKey } from './stats.ts';

const BLOCK_ROWS = 1_024;

interface Block {
  /** The place of its first row. */
  readonly first: Place;
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

/** Where a row is: block · BLOCK_ROWS + row, blocks counted since the head was last empty. */
export type Place = number;

export class Head {
  #blocks: Block[] = [];
  /** Blocks that are gone. */
  #freed = 0;
  #open = new Map<string, Block>();
  #places = new Map<number, Place[]>();
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
    return this.#freed + this.#blocks.length;
  }

  /** The rows of this group are elsewhere now. Their memory is free when all rows of their blocks are. */
  drop(group: number): void {
    for (const series of this.#groups.get(group) ?? []) {
      this.#rows -= this.places(series).length;
      this.#places.delete(series);
    }
    this.#groups.delete(group);
  }

  /** Frees the blocks up to there, as `closeBlocks` counted them: none of their rows is here any more. */
  freeBlocks(upTo: number): void {
    if (this.#rows === 0) {
      this.clear();
      return;
    }
    this.#blocks.splice(0, upTo - this.#freed);
    this.#freed = upTo;
    this.#span = null;
    for (const { at, length } of this.#blocks) this.#widen(at.subarray(0, length));
  }

  clear(): void {
    this.#blocks = [];
    this.#freed = 0;
    this.#open = new Map();
    this.#places = new Map();
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
      for (let row = from; row < to; row += 1) this.#remember(series[row] ?? 0, group(row), block.first + block.length + row - from);
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
    return this.#places.get(series) ?? [];
  }

  at(place: Place): number {
    return this.#block(Math.floor(place / BLOCK_ROWS))?.at[place % BLOCK_ROWS] ?? 0;
  }

  /** The times of these rows. */
  times(places: readonly Place[]): Float64Array {
    const times = new Float64Array(places.length);
    let own: Float64Array | undefined;
    let block = -1;
    for (let i = 0; i < places.length; i += 1) {
      const place = places[i] ?? 0;
      const of = Math.floor(place / BLOCK_ROWS);
      if (of !== block) {
        block = of;
        own = this.#block(of)?.at;
      }
      times[i] = own?.[place - of * BLOCK_ROWS] ?? 0;
    }
    return times;
  }

  value(place: Place, key: number): number | string | null {
    const column = this.#block(Math.floor(place / BLOCK_ROWS))?.columns.get(key);
    const value = column?.[place % BLOCK_ROWS];
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
      const own = Math.floor(place / BLOCK_ROWS);
      if (own !== block) {
        block = own;
        column = this.#block(own)?.columns.get(key);
      }
      const value = column?.[place - own * BLOCK_ROWS];
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
      const column = this.#block(block)?.columns.get(key);
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
      const block = Math.floor(place / BLOCK_ROWS);
      if (block === last) continue;
      last = block;
      for (const key of this.#block(block)?.columns.keys() ?? []) keys.add(key);
    }
    return keys;
  }

  #block(number: number): Block | undefined {
    return this.#blocks[number - this.#freed];
  }

  #remember(series: number, group: number, place: Place): void {
    const places = this.#places.get(series);
    if (places === undefined) this.#places.set(series, [place]);
    else places.push(place);
    const members = this.#groups.get(group);
    if (members === undefined) this.#groups.set(group, new Set([series]));
    else members.add(series);
  }

  #blockFor(measurement: string): Block {
    const open = this.#open.get(measurement);
    if (open !== undefined && open.length < BLOCK_ROWS) return open;
    const first = (this.#freed + this.#blocks.length) * BLOCK_ROWS;
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
