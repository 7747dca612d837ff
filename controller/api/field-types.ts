import type { Ask } from '../../protocol/ask.ts';
import type { Clock } from '../../protocol/time.ts';
import { type FieldTypes, isMetric } from '../series/select.ts';
import type { SeriesStore } from '../series/store.ts';

/** To describe an InfluxDB takes it many questions, and a field keeps its type. */
const FRESH_MS = 60_000;

/** Whether the types of fields matter to a question: the catalogue knows its own, and points come as they were written. */
export const needsTypes = ({ select, bucketMs }: Ask): boolean => bucketMs > 0 && !select.every(isMetric);

/** The types of a measurement's fields, at most a minute old. */
export const openFieldTypes = (store: SeriesStore, clock: Pick<Clock, 'monotonic'>): ((measurement: string) => Promise<FieldTypes>) => {
  let read: { readonly at: number; readonly views: ReturnType<SeriesStore['describe']> } | null = null;
  return async (measurement) => {
    const now = clock.monotonic();
    if (read === null || now - read.at >= FRESH_MS) {
      const views = store.describe();
      views.catch(() => {
        read = null; // an error is not kept: the next one asks again
      });
      read = { at: now, views };
    }
    const found = (await read.views).find((one) => one.measurement === measurement);
    return new Map(found?.fields.map(({ field, type }) => [field, type]));
  };
};
