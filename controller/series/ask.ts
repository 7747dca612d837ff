// A page of an answer over any store.
import type { Ask, Asked } from '../../protocol/ask.ts';
import type { Parsed } from '../../protocol/labels.ts';
import { type FieldTypes, first, type Selected, select } from './select.ts';
import { ratesIn } from './rates.ts';
import type { Series, SeriesRow, SeriesStore } from './store.ts';

/** Series that are asked for at once: so many that about this many rows come, where that is known beforehand. */
const ROWS_AT_ONCE = 50_000;
const SERIES_AT_ONCE = 25;
const SERIES_AT_MOST = 1_000;
/** So far before its first bucket a rate finds what its counter rose from, also where a bucket is shorter than the time between two readings. */
const RISE_MS = 900_000;

export interface Page {
  /** Rows on one page. */
  readonly limit: number;
  /** `next` of the page before; null for the first. */
  readonly after: string | null;
}

/** Selects what is asked for; every reason at once when something is not right. */
export const selectAll = (ask: Ask, types?: FieldTypes): Parsed<readonly Selected[]> => {
  const parsed = ask.select.map((text) => select(text, ask.measurement, ask.bucketMs > 0, types));
  const reasons = parsed.flatMap((one) => (one.ok ? [] : [one.reason]));
  if (reasons.length > 0) return { ok: false, reason: reasons.join('; ') };
  return { ok: true, value: parsed.flatMap((one) => (one.ok ? [one.value] : [])) };
};

/** Series in the order of their tags, rows in the order of time; a page may end in the middle of a series. Rejects as the store does. */
export const askPage = async (store: SeriesStore, ask: Ask, columns: readonly Selected[], page: Page): Promise<Asked> => {
  const start = page.after === null ? { key: '', from: ask.from } : readCursor(page.after);
  const all = (await store.listSeries(ask.measurement, ask.tags))
    .map((tags) => ({ tags, key: keyOf(tags) }))
    .filter(({ key }) => key >= start.key);
  const atOnce = ask.bucketMs === 0 ? SERIES_AT_ONCE : seriesFor((ask.to - ask.from) / ask.bucketMs);
  const cellsIn = cellsOf(columns);
  const lead = Math.ceil(RISE_MS / Math.max(1, ask.bucketMs));
  const rates = columns.flatMap(({ isRate }, column) => (isRate ? [column + 1] : []));
  const series: Asked['series'] = [];
  let left = page.limit;
  let next: string | null = null;
  for (let index = 0; index < all.length && next === null; ) {
    const resumed = all[index]?.key === start.key && start.from > ask.from;
    const batch = all.slice(index, index + (resumed ? 1 : atOnce));
    index += batch.length;
    const from = resumed ? start.from : ask.from;
    const found = await askStore(
      store,
      ask,
      columns,
      batch.map(({ tags }) => tags),
      rates.length === 0 ? { from, rows: left + 1 } : { from: bucketAt(from, ask.bucketMs) - lead * ask.bucketMs, rows: left + 1 + lead }, // what the first one rose from lies before it
    );
    const byKey = new Map(found.map((one) => [keyOf(one.tags), one]));
    for (const { key, tags } of batch) {
      const stored = byKey.get(key)?.rows ?? [];
      const rows = rates.length === 0 ? stored : ratesIn(cellsIn(stored.slice()), rates, bucketAt(from, ask.bucketMs));
      const taken = rows.slice(0, left);
      if (taken.length > 0) series.push({ tags: { ...tags }, rows: rates.length === 0 ? cellsIn(taken) : taken });
      left -= taken.length;
      const rest = rows[taken.length];
      if (rest === undefined) continue;
      next = writeCursor(key, rest[0]);
      break;
    }
  }
  const { measurement, from, to, bucketMs } = ask;
  return { measurement, from, to, bucketMs, columns: columns.map(({ name, unit }) => ({ name, unit })), series, next };
};

const bucketAt = (at: number, bucketMs: number): number => Math.floor(at / bucketMs) * bucketMs;

const seriesFor = (rowsEach: number): number =>
  Math.max(SERIES_AT_ONCE, Math.min(SERIES_AT_MOST, Math.floor(ROWS_AT_ONCE / Math.max(1, rowsEach))));

/** These series, and perhaps some that share their tags. */
const askStore = (
  store: SeriesStore,
  ask: Ask,
  columns: readonly Selected[],
  batch: readonly Readonly<Record<string, string>>[],
  part: { readonly from: number; readonly rows: number },
): Promise<readonly Series[]> => {
  const common = Object.keys(batch[0] ?? {}).filter((key) => batch.every((tags) => tags[key] !== undefined));
  const keys = common.includes('agent') && common.includes('task') ? ['agent', 'task'] : common; // these two tell most series apart
  const shared = Object.fromEntries(keys.map((key) => [key, [...new Set(batch.map((tags) => tags[key] ?? ''))]]));
  return store.query({
    measurement: ask.measurement,
    tags: { ...ask.tags, ...shared },
    fields: columns.flatMap(({ needs }) => needs),
    from: part.from,
    to: ask.to,
    limit: part.rows,
    ...(ask.bucketMs > 0 ? { bucketMs: ask.bucketMs } : {}),
  });
};

/** An answer's rows, from rows of the store. Tens of thousands are read at once, and most are the same. */
const cellsOf = (columns: readonly Selected[]): ((rows: SeriesRow[]) => SeriesRow[]) => {
  if (columns.every(({ value }) => value === first)) return (rows) => rows;
  let next = 1;
  const places = columns.map(({ needs, value }) => {
    const from = next;
    next += needs.length;
    return { from, to: next, value };
  });
  return (rows) => rows.map((row): SeriesRow => [row[0], ...places.map(({ from, to, value }) => value(row.slice(from, to)))]);
};

/** A store gives the tags of one series as the same object each time. */
const keys = new WeakMap<object, string>();
const keyOf = (tags: Readonly<Record<string, string>>): string => {
  const known = keys.get(tags);
  if (known !== undefined) return known;
  const key = JSON.stringify(Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
  keys.set(tags, key);
  return key;
};

/** Opaque to who gets it: the series that goes on, and from when. */
const writeCursor = (key: string, from: number): string => Buffer.from(`${from} ${key}`).toString('base64url');

/** Throws a RangeError for what is no cursor of ours. */
export const readCursor = (text: string): { readonly key: string; readonly from: number } => {
  const [, from = '', key = ''] = /^(\d+) (\{.*\})$/s.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (key === '') throw new RangeError('after: give back the "next" of the page before, as it was');
  return { key, from: Number(from) };
};
