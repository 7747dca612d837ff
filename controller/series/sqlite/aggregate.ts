import { decodeSketch, encodeSketch, mergeSketches, type Sketch } from '../../../protocol/sketch.ts';
import type { Aggregate, FieldValue, SeriesRow } from '../store.ts';

/** Rows in the order of time into buckets that begin at whole multiples of the width; a bucket without rows is left out. */
export const bucketRows = (rows: readonly SeriesRow[], aggregates: readonly Aggregate[], bucketMs: number): SeriesRow[] => {
  const buckets: SeriesRow[] = [];
  let first = 0;
  while (first < rows.length) {
    const at = Math.floor((rows[first]?.at ?? 0) / bucketMs) * bucketMs;
    let end = first + 1;
    while (end < rows.length && (rows[end]?.at ?? 0) < at + bucketMs) end += 1;
    const inside = rows.slice(first, end);
    buckets.push({
      at,
      values: aggregates.map((aggregate, i) =>
        combine(
          aggregate,
          inside.map((row) => row.values[i] ?? null).filter((value) => value !== null),
        ),
      ),
    });
    first = end;
  }
  return buckets;
};

/** One value of those that are there, in the order of time; null when none is. A count of none is none, as in InfluxQL. */
export const combine = (aggregate: Aggregate, values: readonly FieldValue[]): FieldValue | null => {
  if (values.length === 0) return null;
  switch (aggregate) {
    case 'last':
      return values.at(-1) ?? null;
    case 'count':
      return values.length;
    case 'sketch':
      return encodeSketch(mergeSketches(values.flatMap(sketchOf)));
    case 'mean':
      return reduce(
        values,
        (a, b) => a + b,
        (sum, count) => sum / count,
      );
    case 'sum':
      return reduce(values, (a, b) => a + b);
    case 'min':
      return reduce(values, Math.min);
    case 'max':
      return reduce(values, Math.max);
    default:
      return aggregate satisfies never;
  }
};

/** Numbers only: InfluxQL has no sum of texts either. */
const reduce = (
  values: readonly FieldValue[],
  step: (a: number, b: number) => number,
  finish = (result: number, _count: number): number => result,
): number | null => {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === 0
    ? null
    : finish(
        numbers.reduce((a, b) => step(a, b)),
        numbers.length,
      );
};

/** A sketch that cannot be read (another version's) is left out rather than spoiling the bucket. */
const sketchOf = (value: FieldValue): Sketch[] => {
  const decoded = typeof value === 'string' ? decodeSketch(value) : null;
  return decoded?.ok ? [decoded.value] : [];
};
