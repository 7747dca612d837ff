// Rows of several series put under each other, as a chunk takes them.
import { type Column, noNumbers, noTexts, type Rows } from './codec/chunk.ts';
import type { Cut } from './cut.ts';

/** Series with their cuts, in the order of the series' numbers; null when there is no row. */
export const stack = (parts: readonly { readonly series: number; readonly cut: Cut }[]): Rows | null => {
  const filled = parts.filter(({ cut }) => cut.at.length > 0);
  const length = filled.reduce((sum, { cut }) => sum + cut.at.length, 0);
  if (length === 0) return null;
  const [first] = filled;
  if (first !== undefined && filled.length === 1) return alone(first.series, first.cut);
  const series = new Float64Array(length);
  const at = new Float64Array(length);
  const columns = new Map<number, Float64Array | (string | null)[]>();
  let from = 0;
  for (const { series: id, cut } of filled) {
    series.fill(id, from, from + cut.at.length);
    at.set(cut.at, from);
    for (const key of cut.keys()) {
      const column = cut.column(key);
      if (column !== null) place(columns, key, column, from, length);
    }
    from += cut.at.length;
  }
  return { series, at, columns };
};

/** One series' columns are as they should be. */
const alone = (series: number, cut: Cut): Rows => {
  const columns = new Map<number, Column>();
  for (const key of cut.keys()) {
    const column = cut.column(key);
    if (column !== null) columns.set(key, column);
  }
  return { series: new Float64Array(cut.at.length).fill(series), at: cut.at, columns };
};

const place = (columns: Map<number, Float64Array | (string | null)[]>, key: number, column: Column, from: number, length: number): void => {
  let into = columns.get(key);
  if (into === undefined) {
    into = column instanceof Float64Array ? noNumbers(length) : noTexts(length);
    columns.set(key, into);
  }
  if (into instanceof Float64Array) {
    if (column instanceof Float64Array) into.set(column, from);
  } else if (!(column instanceof Float64Array)) for (const [i, text] of column.entries()) into[from + i] = text;
};

/** A part of rows, from ≤ row < to. */
export const sliceRows = ({ series, at, columns }: Rows, from: number, to: number): Rows => ({
  series: series.subarray(from, to),
  at: at.subarray(from, to),
  columns: new Map(
    [...columns].map(([key, column]) => [key, column instanceof Float64Array ? column.subarray(from, to) : column.slice(from, to)]),
  ),
});
