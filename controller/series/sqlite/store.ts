// The embedded store: a row a round in one SQLite file. Values lie as an array in the order of a dictionary of fields, about 350 bytes a round.
import { type Db, type SqlValue, transaction } from '../../../protocol/database.ts';
import type { FieldValue, Point, Series, SeriesQuery, SeriesRow, SeriesStore } from '../store.ts';
import { bucketRows } from './aggregate.ts';
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
      const found = index.matching(query.measurement, query.tags);
      return found.map(({ id, tags }): Series => ({ tags, rows: read(id, query) })).filter(({ rows }) => rows.length > 0);
    },
    async latest(measurement, wanted) {
      return index.matching(measurement, wanted).flatMap(({ id, tags }): Point[] => {
        const row = newest.get(id);
        return row === undefined
          ? []
          : [{ measurement, tags, at: Number(row['at']), fields: dictionary.name(measurement, parse(row['values'])) }];
      });
    },
    async deleteBefore(before) {
      return transaction(db, () => index.deleteBefore(before));
    },
    async sizeBytes() {
      const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
      return pragma('page_count') * pragma('page_size');
    },
    async [Symbol.asyncDispose]() {},
  };
};

const parse = (text: SqlValue | undefined): Values => JSON.parse(typeof text === 'string' ? text : '[]') as Values; // Border: our own column, written above.
const hasAny = (row: SeriesRow): boolean => row.values.some((value) => value !== null);
