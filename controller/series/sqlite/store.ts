// The embedded store: a row a round in one SQLite file. Values lie as an array in the order of a dictionary of fields, about 350 bytes a round.
import { type Db, type SqlValue, transaction } from '../../../protocol/database.ts';
import { type FieldValue, type Point, type Series, type SeriesQuery, type SeriesRow, type SeriesStore, TIERS } from '../store.ts';
import { bucketRows } from './aggregate.ts';
import { describeSeries } from './describe.ts';
import { openDictionary } from './dictionary.ts';
import { layOut } from './layout.ts';
import { openSeriesIndex } from './series-index.ts';

/** Values by the dictionary's numbers; null where the point has none. */
type Values = (FieldValue | null)[];

/** Over a Db that the caller closes. Synchronous inside: in production it runs in a worker (remote.ts). */
export const openSqliteStore = (db: Db): SeriesStore => {
  layOut(db);
  const dictionary = openDictionary(db);
  const index = openSeriesIndex(db);
  const insert = db.prepare('INSERT OR IGNORE INTO points (series, at, "values") VALUES (?, ?, ?)');
  const replace = db.prepare('UPDATE points SET "values" = ? WHERE series = ? AND at = ?');
  const one = db.prepare('SELECT "values" FROM points WHERE series = ? AND at = ?');
  // "+ 0": a bare "LIMIT ?" is prepared anew each time it is bound.
  const range = db.prepare('SELECT at, "values" FROM points WHERE series = ? AND at >= ? AND at < ? ORDER BY at LIMIT ? + 0');
  const page = db.prepare(
    'SELECT series, at, "values" FROM points WHERE at >= ? AND at < ? AND (series > ? OR (series = ? AND at > ?)) ORDER BY series, at LIMIT ? + 0',
  );
  const newest = db.prepare('SELECT at, "values" FROM points WHERE series = ? ORDER BY at DESC LIMIT 1');

  const writeOne = (point: Point): void => {
    const values: Values = [];
    for (const [field, value] of Object.entries(point.fields)) {
      const number = dictionary.number(point.measurement, field, value);
      while (values.length < number) values.push(null);
      values[number] = value;
    }
    const series = index.id(point.measurement, point.tags);
    if (Number(insert.run(series, point.at, JSON.stringify(values)).changes) === 1) return;
    const old = parse(one.get(series, point.at)?.['values']);
    const merged = Array.from({ length: Math.max(old.length, values.length) }, (_, i) => values[i] ?? old[i] ?? null);
    replace.run(JSON.stringify(merged), series, point.at);
  };

  const read = (id: number, query: SeriesQuery): SeriesRow[] => {
    const numbers = query.fields.map(({ field }) => dictionary.find(query.measurement, field));
    const buckets = query.bucketMs !== undefined && query.bucketMs > 0;
    const rows = range.all(id, Math.ceil(query.from), Math.ceil(query.to), buckets ? -1 : (query.limit ?? -1)).map((row): SeriesRow => {
      const values = parse(row['values']);
      return { at: Number(row['at']), values: numbers.map((number) => (number === null ? null : (values[number] ?? null))) };
    });
    if (query.bucketMs === undefined || !buckets) return rows.filter(hasAny);
    const bucketed = bucketRows(
      rows,
      query.fields.map(({ aggregate }) => aggregate),
      query.bucketMs,
    ).filter(hasAny);
    return query.limit === undefined ? bucketed : bucketed.slice(0, query.limit);
  };

  return {
    async write(points) {
      try {
        transaction(db, () => {
          for (const point of points) writeOne(point);
        });
      } catch (error) {
        dictionary.reload();
        index.reload();
        throw error;
      }
    },
    async query(query) {
      const { seriesOffset = 0, seriesLimit = Number.POSITIVE_INFINITY } = query;
      const found = index.matching(query.measurement, query.tags).slice(seriesOffset, seriesOffset + seriesLimit);
      return found.map(({ id, tags }): Series => ({ tags, rows: read(id, query) })).filter(({ rows }) => rows.length > 0);
    },
    async latest(measurement, wanted, fields) {
      return index.matching(measurement, wanted).flatMap(({ id, tags }): Point[] => {
        const row = newest.get(id);
        return row === undefined
          ? []
          : [{ measurement, tags, at: Number(row['at']), fields: only(dictionary.name(measurement, parse(row['values'])), fields) }];
      });
    },
    describe: async () => describeSeries(index.all(), dictionary.fields),
    async scan({ from, to, after, limit }) {
      const [series = -1, at = 0] = after === null ? [] : after.split(':').map(Number);
      const rows = page.all(from, to, series, series, at, limit);
      const points = rows.flatMap((row): Point[] => {
        const known = index.find(Number(row['series']));
        if (known === null) return [];
        const fields = dictionary.name(known.measurement, parse(row['values']));
        return [{ measurement: known.measurement, tags: known.tags, at: Number(row['at']), fields }];
      });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { points, next: last === undefined ? null : `${last['series']}:${last['at']}` };
    },
    async maintain({ now, retention }) {
      const rowsDeleted = transaction(db, () => index.deleteBefore(now - retention.raw));
      return { more: false, windowsRolledUp: 0, rowsDeleted };
    },
    async deleteBefore(before) {
      return transaction(db, () => index.deleteBefore(before));
    },
    async usage() {
      const raw = db.prepare('SELECT count(*) AS n, min(at) AS oldest, max(at) AS newest FROM points').get() ?? {};
      const moment = (value: SqlValue | undefined): number | null => (typeof value === 'number' ? value : null);
      const none = { bytes: 0, rows: 0, oldestAt: null, newestAt: null };
      const rows = { bytes: sizeOf(db), rows: Number(raw['n'] ?? 0), oldestAt: moment(raw['oldest']), newestAt: moment(raw['newest']) };
      return { bytes: sizeOf(db), tiers: TIERS.map((tier) => ({ tier, ...(tier === 'raw' ? rows : none) })), windowsWaiting: 0 };
    },
    sizeBytes: async () => sizeOf(db),
    async [Symbol.asyncDispose]() {},
  };
};

const parse = (text: SqlValue | undefined): Values => JSON.parse(typeof text === 'string' ? text : '[]') as Values; // Border: our own column, written above.
const sizeOf = (db: Db): number => {
  const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  return pragma('page_count') * pragma('page_size');
};
const only = (fields: Record<string, FieldValue>, names: readonly string[] | undefined): Record<string, FieldValue> =>
  names === undefined ? fields : Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
const hasAny = (row: SeriesRow): boolean => row.values.some((value) => value !== null);
