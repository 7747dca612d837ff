// One series' rows in a range, in the order of time and no two alike, from wherever they lie: chunks, the head, or several of them.
import { type Chunk, type Column, noNumbers, noTexts } from './codec/chunk.ts';
import { parseSketches, type SketchColumn, type SketchSum } from './codec/sketches.ts';
import type { Head, Place } from './head.ts';

export interface Cut {
  readonly at: Float64Array;
  /** Keys of columns that any row may have. */
  keys(): Set<number>;
  /** null when no row has a value. */
  column(key: number): Column | null;
  /** Adds the sketch of a row to a sum; nothing where there is none. */
  addSketch(key: number, row: number, sum: SketchSum): void;
}

/** Rows from ≤ row < to of a chunk: one series'. */
export const cutChunk = (chunk: Chunk, from: number, to: number): Cut => ({
  at: chunk.at.subarray(from, to),
  keys: () => new Set(chunk.keys),
  column(key) {
    const column = chunk.column(key);
    if (column === null || (from === 0 && to === chunk.length)) return column;
    return column instanceof Float64Array ? column.subarray(from, to) : column.slice(from, to);
  },
  addSketch(key, row, sum) {
    const sketches = chunk.sketches(key);
    if (sketches !== null) sum.add(sketches, from + row);
  },
});

/** Columns in memory, as a roll-up makes them. */
export const cutColumns = (at: Float64Array, columns: ReadonlyMap<number, Column>): Cut => {
  const sketches = new Map<number, SketchColumn | null>();
  return {
    at,
    keys: () => new Set(columns.keys()),
    column: (key) => columns.get(key) ?? null,
    addSketch(key, row, sum) {
      if (!sketches.has(key)) sketches.set(key, sketchesIn(columns.get(key) ?? null));
      const parsed = sketches.get(key) ?? null;
      if (parsed !== null) sum.add(parsed, row);
    },
  };
};

/** A series' rows of the head from ≤ at < to; what came later replaces by field. */
export const cutHead = (head: Head, series: number, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): Cut => {
  const rows = head.upwards(series, from, to);
  if (rows === null) return cutMixed(head, head.places(series), from, to);
  const { places, at } = rows;
  return cutPlaces(head, places, at, (key) => head.gather(places, key));
};

/** Places that came in another order than that of time, or more than once. */
const cutMixed = (head: Head, all: readonly Place[], from: number, to: number): Cut => {
  const places = all.filter((place) => head.at(place) >= from && head.at(place) < to);
  const sorted = places.toSorted((a, b) => head.at(a) - head.at(b) || a - b);
  const sortedTimes = head.times(sorted);
  if (isUpwards(sortedTimes)) return cutPlaces(head, sorted, sortedTimes, (key) => head.gather(sorted, key));
  const rows = alike(head, sorted);
  const times = Float64Array.from(rows, ([first = 0]) => head.at(first));
  return cutPlaces(head, places, times, (key) => columnOf(rows.map((same) => lastValue(same, (place) => head.value(place, key)))));
};

const cutPlaces = (head: Head, places: readonly Place[], at: Float64Array, make: (key: number) => Column | null): Cut => {
  const columns = new Map<number, Column | null>();
  const made = (key: number): Column | null => {
    const known = columns.get(key);
    if (known !== undefined) return known;
    const column = make(key);
    columns.set(key, column);
    return column;
  };
  const sketches = new Map<number, SketchColumn | null>();
  return {
    at,
    keys: () => head.keys(places),
    column: made,
    addSketch(key, row, sum) {
      if (!sketches.has(key)) sketches.set(key, sketchesIn(made(key)));
      const parsed = sketches.get(key) ?? null;
      if (parsed !== null) sum.add(parsed, row);
    },
  };
};

const isUpwards = (times: Float64Array): boolean => {
  for (let i = 1; i < times.length; i += 1) if ((times[i] ?? 0) <= (times[i - 1] ?? 0)) return false;
  return true;
};

/** The first place in from ≤ i < to whose value is not less; values there go upwards. */
export const lowerBound = (values: Float64Array, wanted: number, from: number, to: number): number => {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Places of the same time together. */
const alike = (head: Head, sorted: readonly Place[]): Place[][] => {
  const rows: Place[][] = [];
  for (const place of sorted) {
    const last = rows.at(-1);
    if (last !== undefined && head.at(last[0] ?? 0) === head.at(place)) last.push(place);
    else rows.push([place]);
  }
  return rows;
};

/** Cuts of one series in the order of writing: where two have the same time, the later one replaces by field. */
export const mergeCuts = (cuts: readonly Cut[]): Cut => {
  const filled = cuts.filter(({ at }) => at.length > 0);
  const [only] = filled;
  if (only === undefined) return EMPTY;
  if (filled.length === 1) return only;
  return joinApart(clusters(filled).map((cluster) => (cluster.length === 1 ? (cluster[0] ?? EMPTY) : mergeOverlapping(cluster))));
};

/** In the order of time, those that overlap together and in the order of writing. */
const clusters = (cuts: readonly Cut[]): Cut[][] => {
  const order = new Map(cuts.map((cut, i) => [cut, i]));
  const made: Cut[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const cut of cuts.toSorted((a, b) => (a.at[0] ?? 0) - (b.at[0] ?? 0))) {
    if ((cut.at[0] ?? 0) <= end) made.at(-1)?.push(cut);
    else made.push([cut]);
    end = Math.max(end, cut.at.at(-1) ?? end);
  }
  return made.map((cluster) => cluster.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)));
};

const mergeOverlapping = (cuts: readonly Cut[]): Cut => {
  const flat = cuts.flatMap((cut, from) => Array.from(cut.at, (at, row) => ({ at, from, row })));
  flat.sort((a, b) => a.at - b.at); // stable: the order of writing stays
  const rows: { at: number; alike: (readonly [from: number, row: number])[] }[] = [];
  for (const { at, from, row } of flat) {
    const last = rows.at(-1);
    if (last !== undefined && last.at === at) last.alike.push([from, row]);
    else rows.push({ at, alike: [[from, row]] });
  }
  return {
    at: Float64Array.from(rows, ({ at }) => at),
    keys: () => new Set(cuts.flatMap((cut) => [...cut.keys()])),
    column(key) {
      const columns = cuts.map((cut) => cut.column(key));
      return columnOf(rows.map(({ alike: same }) => lastValue(same, ([from, row]) => columns[from]?.[row] ?? null)));
    },
    addSketch(key, row, sum) {
      const found = rows[row]?.alike.findLast(([from, i]) => !isNone(cuts[from]?.column(key)?.[i]));
      if (found !== undefined) cuts[found[0]]?.addSketch(key, found[1], sum);
    },
  };
};

/** Cuts one after the other, none overlapping. */
const joinApart = (cuts: readonly Cut[]): Cut => {
  const [only] = cuts;
  if (only !== undefined && cuts.length === 1) return only;
  const starts = [0];
  for (const { at } of cuts) starts.push((starts.at(-1) ?? 0) + at.length);
  const length = starts.at(-1) ?? 0;
  const numbers = (columns: readonly (Column | null)[]): Float64Array => {
    const joined = noNumbers(length);
    for (const [i, column] of columns.entries()) if (column instanceof Float64Array) joined.set(column, starts[i] ?? 0);
    return joined;
  };
  let cursor = 0;
  return {
    at: numbers(cuts.map(({ at }) => at)),
    keys: () => new Set(cuts.flatMap((cut) => [...cut.keys()])),
    column(key) {
      const columns = cuts.map((cut) => cut.column(key));
      const first = columns.find((column) => column !== null);
      if (first === undefined || first === null) return null;
      if (first instanceof Float64Array) return numbers(columns);
      return cuts.flatMap(({ at }, i) => textsOf(columns[i] ?? null, at.length));
    },
    addSketch(key, row, sum) {
      // Rows are asked for in their order, so the last one's cut is the first guess.
      while (cursor > 0 && row < (starts[cursor] ?? 0)) cursor -= 1;
      while (cursor + 1 < cuts.length && row >= (starts[cursor + 1] ?? 0)) cursor += 1;
      cuts[cursor]?.addSketch(key, row - (starts[cursor] ?? 0), sum);
    },
  };
};

const textsOf = (column: Column | null, length: number): readonly (string | null)[] =>
  column === null || column instanceof Float64Array ? noTexts(length) : column;

const EMPTY: Cut = { at: new Float64Array(0), keys: () => new Set(), column: () => null, addSketch: () => {} };

const lastValue = <T>(alike: readonly T[], read: (one: T) => number | string | null): number | string | null => {
  for (let i = alike.length - 1; i >= 0; i -= 1) {
    const one = alike[i];
    const value = one === undefined ? null : read(one);
    if (value !== null && !Number.isNaN(value)) return value;
  }
  return null;
};

const isNone = (value: number | string | null | undefined): boolean => value === undefined || value === null || Number.isNaN(value);

/** A field's values are all numbers or all texts: its type never changes. */
const columnOf = (values: readonly (number | string | null)[]): Column | null => {
  const first = values.find((value) => value !== null);
  if (first === undefined || first === null) return null;
  return typeof first === 'number'
    ? Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN))
    : values.map((value) => (typeof value === 'string' ? value : null));
};

const sketchesIn = (column: Column | null): SketchColumn | null => {
  if (column === null || column instanceof Float64Array) return null;
  const dense = parseSketches(column.filter((text) => text !== null));
  if (dense === null) return null;
  const starts = new Uint32Array(column.length + 1);
  let next = 0;
  for (const [i, text] of column.entries()) {
    if (text !== null) next += 1;
    starts[i + 1] = dense.starts[next] ?? 0;
  }
  return { ...dense, starts };
};
