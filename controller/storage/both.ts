// Two stores as one while the older is copied into the newer, and afterwards for what cannot be copied: what lies before the border is read from the older.
import type { Point, Series, SeriesQuery, SeriesStore } from '../series/store.ts';

export interface Border {
  /** Everything from then on is in the newer store. */
  readonly at: number;
  /** Everything before is in the older store too, as far as it keeps it. */
  readonly until: number;
  /** Not for good: there is more to come over. */
  readonly isCopying: boolean;
}

/** `border` null: all of it is in the newer store. */
export const readBoth = (older: SeriesStore, newer: SeriesStore, border: () => Border | null): SeriesStore => ({
  write: (points) => newer.write(points),
  async query(query) {
    const now = border();
    if (now === null || now.at <= query.from) return newer.query(query);
    const cut = Math.max(query.from, Math.min(query.to, bucketStart(query, now)));
    const rest = { ...query, from: cut };
    const [old, fresh] = await Promise.all([
      cut > query.from ? older.query({ ...query, to: cut }) : [],
      cut < query.to ? newer.query(rest) : [],
    ]);
    return joined(old, fresh, query.limit);
  },
  async latest(measurement, tags, fields) {
    if (border() === null) return newer.latest(measurement, tags, fields);
    const [old, fresh] = await Promise.all([older.latest(measurement, tags, fields), newer.latest(measurement, tags, fields)]);
    const byTags = new Map<string, Point>();
    for (const point of [...old, ...fresh]) {
      const known = byTags.get(keyOf(point.tags));
      if (known === undefined || known.at <= point.at) byTags.set(keyOf(point.tags), point);
    }
    return [...byTags].toSorted(([a], [b]) => compare(a, b)).map(([, point]) => point);
  },
  async listSeries(measurement, tags) {
    if (border() === null) return newer.listSeries(measurement, tags);
    const [old, fresh] = await Promise.all([older.listSeries(measurement, tags), newer.listSeries(measurement, tags)]);
    return [...new Map([...old, ...fresh].map((one) => [keyOf(one), one]))].toSorted(([a], [b]) => compare(a, b)).map(([, one]) => one);
  },
  describe: () => (border()?.isCopying ? older : newer).describe(),
  scan: (range) => newer.scan(range),
  async maintain(options) {
    const [old, fresh] = [await older.maintain(options), await newer.maintain(options)];
    return {
      more: old.more || fresh.more,
      windowsRolledUp: old.windowsRolledUp + fresh.windowsRolledUp,
      rowsDeleted: old.rowsDeleted + fresh.rowsDeleted,
    };
  },
  deleteBefore: async (before) => (await older.deleteBefore(before)) + (await newer.deleteBefore(before)),
  usage: () => newer.usage(),
  sizeBytes: () => newer.sizeBytes(),
  [Symbol.asyncDispose]: async () => {},
});

/** A bucket is asked for as a whole: the one with the border in it is the older store's while more is to come over or if that has all of it, else the newer one's. */
const bucketStart = ({ bucketMs }: SeriesQuery, { at, until, isCopying }: Border): number => {
  if (bucketMs === undefined || bucketMs <= 0) return at;
  const next = Math.ceil(at / bucketMs) * bucketMs;
  return isCopying || next <= until ? next : Math.floor(at / bucketMs) * bucketMs;
};

const joined = (old: readonly Series[], fresh: readonly Series[], limit: number | undefined): Series[] => {
  const byTags = new Map<string, Series>();
  for (const series of [...old, ...fresh]) {
    const known = byTags.get(keyOf(series.tags));
    const rows = known === undefined ? series.rows : [...known.rows, ...series.rows];
    byTags.set(keyOf(series.tags), { tags: series.tags, rows: limit === undefined ? rows : rows.slice(0, limit) });
  }
  return [...byTags].toSorted(([a], [b]) => compare(a, b)).map(([, series]) => series);
};

const keyOf = (tags: Series['tags']): string => JSON.stringify(Object.entries(tags).toSorted(([a], [b]) => compare(a, b)));
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
