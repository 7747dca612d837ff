// A store that refuses a whole write for one value of a wrong type, made to name the points: the others can then be written.
import { fieldType } from '../../protocol/metrics.ts';
import { PointsRefused, type RefusedPoint } from '../series/refused.ts';
import type { FieldValue, MeasurementView, Point, SeriesStore } from '../series/store.ts';

type StoredType = MeasurementView['fields'][number]['type'];

/** Looks for the culprits only after a write was refused, so that good writes cost nothing. */
export const namingRefused = (store: SeriesStore): SeriesStore => ({
  ...store,
  async write(points) {
    try {
      await store.write(points);
    } catch (error) {
      const refused = sift(points, await store.describe().catch(() => []));
      throw refused.length > 0 ? new PointsRefused(refused, false) : error;
    }
  },
});

/** The points that cannot be stored beside what is there and what stands before them. Pure. */
export const sift = (points: readonly Point[], views: readonly Pick<MeasurementView, 'measurement' | 'fields'>[]): RefusedPoint[] => {
  const types = new Map(views.map(({ measurement, fields }) => [measurement, new Map(fields.map(({ field, type }) => [field, type]))]));
  return points.flatMap((point): RefusedPoint[] => {
    const { measurement, integers = [] } = point;
    const known = types.get(measurement) ?? new Map<string, StoredType>();
    types.set(measurement, known);
    for (const [field, value] of Object.entries(point.fields)) {
      const type = known.get(field) ?? natural(measurement, field, value, integers);
      if (!fits(value, type))
        return [{ point, reason: `${measurement}.${field}: ${CAME[kindOf(value)]} is not ${WANTED[type]}, as the field is` }];
    }
    for (const [field, value] of Object.entries(point.fields))
      if (!known.has(field)) known.set(field, natural(measurement, field, value, integers));
    return [];
  });
};

const kindOf = (value: FieldValue): keyof typeof CAME =>
  typeof value === 'string'
    ? 'text'
    : typeof value === 'boolean'
      ? 'bool'
      : Number.isFinite(value)
        ? Number.isSafeInteger(value)
          ? 'whole'
          : 'fraction'
        : 'none';
const CAME = { text: 'a text', bool: 'true or false', whole: 'a number', fraction: 'a fraction', none: 'what is no number' } as const;
const WANTED: Readonly<Record<StoredType, string>> = { string: 'a text', bool: 'true or false', int: 'an integer', float: 'a number' };

const natural = (measurement: string, field: string, value: FieldValue, integers: readonly string[]): StoredType => {
  if (typeof value !== 'number') return typeof value === 'string' ? 'string' : 'bool';
  const known = fieldType(measurement, field);
  return known === 'int' || (known === undefined && integers.includes(field)) ? 'int' : 'float';
};

const fits = (value: FieldValue, type: StoredType): boolean => {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return Number.isSafeInteger(value);
    case 'float':
      return Number.isFinite(value);
    default:
      return type satisfies never;
  }
};
