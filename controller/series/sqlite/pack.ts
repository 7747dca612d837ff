// Points on their way into the store as columns, so that the thread that has them spends little and the other one no time on names.
import type { FieldValue, Point } from '../store.ts';
import { noNumbers, noTexts } from './codec/chunk.ts';

type Tags = Readonly<Record<string, string>>;

/** One measurement's points of a write, in their order. Columns: NaN and null are "none"; a bool is 0 or 1. */
export interface PackedPoints {
  readonly measurement: string;
  /** The packer's own numbers for series. */
  readonly series: Float64Array;
  readonly at: Float64Array;
  readonly columns: readonly PackedColumn[];
}
export interface PackedColumn {
  readonly field: string;
  readonly kind: 'number' | 'string' | 'boolean';
  readonly values: Float64Array | (string | null)[];
  /** Whoever sent these numbers says of each that it is an integer. */
  isWhole: boolean;
}
export interface PackedWrite {
  /** Series that this packer has not named before. */
  readonly fresh: readonly { readonly number: number; readonly measurement: string; readonly tags: Tags }[];
  /** True when all numbers named before are over. */
  readonly anew: boolean;
  readonly parts: readonly PackedPoints[];
}

/** So many series are remembered; then all are named anew. */
const REMEMBERED = 200_000;

export interface Packer {
  /** Throws a TypeError that names the field which cannot be stored. */
  pack(points: readonly Point[]): PackedWrite;
  /** The other side has forgotten everything. */
  reset(): void;
}

export const makePacker = (): Packer => {
  const numbers = new Map<string, number>();
  let next = 0;
  let anew = true;
  return {
    pack(points) {
      if (numbers.size > REMEMBERED) {
        numbers.clear();
        anew = true;
      }
      const fresh: { number: number; measurement: string; tags: Tags }[] = [];
      const numberOf = (point: Point): number => {
        const key = keyOf(point);
        const known = numbers.get(key);
        if (known !== undefined) return known;
        const number = next++;
        numbers.set(key, number);
        fresh.push({ number, measurement: point.measurement, tags: point.tags });
        return number;
      };
      try {
        const parts = [...Map.groupBy(points, ({ measurement }) => measurement)].map(([measurement, own]) =>
          packPart(measurement, own, numberOf),
        );
        const write: PackedWrite = { fresh, anew, parts };
        anew = false;
        return write;
      } catch (error) {
        // This write does not go out, so the other side never hears these names.
        for (const point of fresh) numbers.delete(keyOf(point));
        throw error;
      }
    },
    reset() {
      numbers.clear();
      anew = true;
    },
  };
};

/** Tags in another order are the same series under another number: harmless. */
const keyOf = ({ measurement, tags }: Pick<Point, 'measurement' | 'tags'>): string => {
  let key = measurement;
  for (const tag in tags) key += `\u0000${tag}\u0001${tags[tag] ?? ''}`;
  return key;
};

const packPart = (measurement: string, points: readonly Point[], numberOf: (point: Point) => number): PackedPoints => {
  const count = points.length;
  const series = new Float64Array(count);
  const at = new Float64Array(count);
  const columns = new Map<string, PackedColumn>();
  const ordered: PackedColumn[] = [];
  for (const [row, point] of points.entries()) {
    if (!Number.isSafeInteger(point.at)) throw new TypeError(`${measurement}: the time ${point.at} is not a whole number of ms`);
    series[row] = numberOf(point);
    at[row] = point.at;
    let next = 0;
    for (const field in point.fields) {
      const value = point.fields[field];
      if (value === undefined) continue;
      // Points of one kind have their fields in one order, so the next one is mostly the next column.
      let column = ordered[next++];
      if (column?.field !== field) {
        column = columns.get(field) ?? makeColumn(field, value, count, point.integers !== undefined);
        if (!columns.has(field)) ordered.push(column);
        columns.set(field, column);
      }
      if (column.isWhole && !point.integers?.includes(field)) column.isWhole = false;
      put(measurement, column, row, value);
    }
  }
  return { measurement, series, at, columns: [...columns.values()] };
};

const makeColumn = (field: string, value: FieldValue, count: number, isWhole: boolean): PackedColumn => {
  const kind = typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'number';
  return {
    field,
    kind,
    values: kind === 'string' ? noTexts(count) : noNumbers(count),
    isWhole,
  };
};

const put = (measurement: string, { field, kind, values }: PackedColumn, row: number, value: FieldValue): void => {
  if (typeof value !== kind) throw new TypeError(`${measurement}.${field}: ${typeof value} and ${kind} in one write`);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${measurement}.${field}: ${value} cannot be stored`);
  values[row] = typeof value === 'boolean' ? Number(value) : value;
};
