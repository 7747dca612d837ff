import { fieldType } from '../../../protocol/metrics.ts';
import { valueOf } from './dictionary.ts';
import type { FieldValue, Point } from '../store.ts';
import type { Ground } from './ground.ts';
import { RAW } from './plan.ts';
import { columnKey } from './stats.ts';

export interface Scanned {
  readonly points: readonly Point[];
  readonly next: string | null;
}

/** Series by their numbers, each in the order of time; `after` is `series:at` of the last point that was given. */
export const scanSome = (
  { index, reader, dictionary, floors }: Ground,
  range: { readonly from: number; readonly to: number; readonly after: string | null; readonly limit: number },
): Scanned => {
  const [lastSeries = -1, lastAt = 0] = range.after === null ? [] : range.after.split(':').map(Number);
  const from = Math.max(range.from, floors[RAW] ?? 0);
  const points: Point[] = [];
  for (const known of [...index.all()].sort((a, b) => a.id - b.id)) {
    if (known.id < lastSeries) continue;
    const cut = reader.read(known, RAW, known.id === lastSeries ? Math.max(from, lastAt + 1) : from, range.to);
    if (cut.at.length === 0) continue;
    const columns = dictionary.fields(known.measurement).flatMap(({ field, number, type }) => {
      const column = cut.column(columnKey(number));
      return column === null ? [] : [{ field, type, column }];
    });
    const integers = columns
      .filter(({ field, type }) => type === 'int' && fieldType(known.measurement, field) === undefined)
      .map(({ field }) => field);
    const ofElsewhere = integers.length > 0 ? { integers } : {};
    for (const [row, at] of cut.at.entries()) {
      const fields: Record<string, FieldValue> = {};
      for (const { field, type, column } of columns) {
        const value = valueOf(type, column[row] ?? null);
        if (value !== null && !Number.isNaN(value)) fields[field] = value;
      }
      points.push({ measurement: known.measurement, tags: known.tags, at, fields, ...ofElsewhere });
      if (points.length === range.limit) return { points, next: `${known.id}:${at}` };
    }
  }
  return { points, next: null };
};
