// One series' answer to a query, as columns.
import type { Aggregate, SeriesQuery } from '../store.ts';
import type { AnswerPart } from './answer.ts';
import { Buckets, type Wanted } from './buckets.ts';
import type { Column } from './codec/chunk.ts';
import type { Field, StoredType } from './dictionary.ts';
import type { Ground } from './ground.ts';
import { planRange, RAW, withoutWaiting } from './plan.ts';
import type { Known } from './series-index.ts';
import { columnKey, STATS_OF } from './stats.ts';

/** The type of each of the query's values. */
export const typesOf = ({ fields, bucketMs = 0 }: SeriesQuery, stored: readonly (Field | null)[]): StoredType[] =>
  fields.map(({ aggregate }, i) => (bucketMs > 0 ? typeOfAggregate(aggregate, stored[i]?.type) : (stored[i]?.type ?? 'float')));

const typeOfAggregate = (aggregate: Aggregate, type: StoredType = 'float'): StoredType =>
  aggregate === 'last' ? type : aggregate === 'sketch' ? 'string' : aggregate === 'count' ? 'int' : 'float';

export const queryOne = (ground: Ground, known: Known, query: SeriesQuery, stored: readonly (Field | null)[]): AnswerPart => {
  const { from, to, bucketMs = 0, limit } = query;
  const { floors, reader, windows } = ground;
  const segments = planRange({ from, to, bucketMs }, floors);
  if (bucketMs === 0) {
    const [segment] = segments;
    const cut = segment === undefined ? null : reader.read(known, RAW, segment.from, segment.to);
    const columns = stored.map((field) => (field === null ? null : (cut?.column(columnKey(field.number)) ?? null)));
    return { ...known, ...filled(cut?.at ?? new Float64Array(0), columns, limit) };
  }
  const wanted = query.fields.flatMap(({ aggregate }, i): Wanted[] => {
    const field = stored[i];
    return field === undefined || field === null ? [] : STATS_OF[aggregate].map((stat) => ({ field: field.number, stat }));
  });
  const buckets = new Buckets(wanted, bucketMs);
  for (const segment of withoutWaiting(segments, windows.hoursOf(known.id), floors[RAW] ?? 0))
    buckets.add(reader.read(known, segment.tier, segment.from, segment.to), segment.tier !== RAW);
  const { at, columns } = buckets.finish();
  return { ...known, ...filled(at, aggregated(query, stored, columns), limit) };
};

/** The statistics of each field's aggregate made into its value. */
const aggregated = (query: SeriesQuery, stored: readonly (Field | null)[], columns: readonly (Column | null)[]): (Column | null)[] => {
  let next = 0;
  return query.fields.map(({ aggregate }, i) => {
    if (stored[i] === null) return null;
    const own = columns.slice(next, next + STATS_OF[aggregate].length);
    next += own.length;
    const [first = null, counts] = own;
    if (aggregate !== 'mean') return first;
    if (!(first instanceof Float64Array) || !(counts instanceof Float64Array)) return null;
    return quotients(first, counts);
  });
};

/** A loop: `map` of a typed array takes several times as long, and there is a column a series. */
const quotients = (sums: Float64Array, counts: Float64Array): Float64Array => {
  const means = new Float64Array(sums.length);
  for (let row = 0; row < sums.length; row += 1) means[row] = (sums[row] ?? Number.NaN) / (counts[row] ?? Number.NaN);
  return means;
};

/** Without the rows that have nothing, and no more than the limit. */
const filled = (
  at: Float64Array,
  columns: readonly (Column | null)[],
  limit = Number.POSITIVE_INFINITY,
): Pick<AnswerPart, 'at' | 'columns'> => {
  if (at.length <= limit && columns.some((column) => column !== null && isFull(column))) return { at, columns };
  const kept: number[] = [];
  for (let row = 0; row < at.length && kept.length < limit; row += 1) if (columns.some((column) => isThere(column?.[row]))) kept.push(row);
  if (kept.length === at.length) return { at, columns };
  return {
    at: Float64Array.from(kept, (row) => at[row] ?? 0),
    columns: columns.map((column) => {
      if (column === null) return null;
      return column instanceof Float64Array
        ? Float64Array.from(kept, (row) => column[row] ?? Number.NaN)
        : kept.map((row) => column[row] ?? null);
    }),
  };
};

const isFull = (column: Column): boolean => {
  for (let row = 0; row < column.length; row += 1) if (!isThere(column[row])) return false;
  return true;
};

const isThere = (value: number | string | null | undefined): boolean => value !== undefined && value !== null && !Number.isNaN(value);
