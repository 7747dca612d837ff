// A file of the older layout, a row a round: series by series into chunks, each series in one transaction, so that it may be cut off and go on.
import { type Db, type SqlRow, transaction } from '../../../protocol/database.ts';
import type { FieldValue } from '../store.ts';
import { BY_SERIES, openChunks } from './chunks.ts';
import type { Column } from './codec/chunk.ts';
import { HOUR_MS, RAW } from './plan.ts';
import { SPAN_MS } from './seal.ts';
import { openSeriesIndex, type SeriesIndex } from './series-index.ts';
import { columnKey } from './stats.ts';

/** Nothing to do for a file that began with chunks. Returns how many points were moved. */
export const migrateRows = (db: Db): number => {
  const isOld = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'old_series'").get() !== undefined;
  if (!isOld) return 0;
  const index = openSeriesIndex(db);
  const moveOne = makeMove(db, index);
  const next = db.prepare('SELECT id, measurement, tags FROM old_series LIMIT 1');
  let moved = 0;
  for (let row = next.get(); row !== undefined; row = next.get()) moved += moveOne(row);
  transaction(db, () => db.exec('DROP TABLE points; DROP TABLE old_series'));
  return moved;
};

const makeMove = (db: Db, index: SeriesIndex): ((row: SqlRow) => number) => {
  const chunks = openChunks(db);
  const ofDay = db.prepare('SELECT at, "values" FROM points WHERE series = ? AND at >= ? AND at < ? ORDER BY at');
  const first = db.prepare('SELECT at FROM points WHERE series = ? AND at >= ? ORDER BY at LIMIT 1');
  const window = db.prepare('INSERT OR IGNORE INTO windows (series, hour) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM points WHERE series = ?');
  const removeSeries = db.prepare('DELETE FROM old_series WHERE id = ?');
  const spanMs = SPAN_MS[RAW] ?? 0;
  return (old) => {
    const id = Number(old['id']);
    let moved = 0;
    transaction(db, () => {
      const tags = JSON.parse(String(old['tags'])) as Record<string, string>; // Border: our own column.
      const series = index.take(String(old['measurement']), tags).id;
      let from = 0;
      for (let point = first.get(id, from); point !== undefined; point = first.get(id, from)) {
        const start = Math.floor(Number(point['at']) / spanMs) * spanMs;
        from = start + spanMs;
        const rows = ofDay.all(id, start, from);
        const at = Float64Array.from(rows, (row) => Number(row['at']));
        chunks.insert(BY_SERIES, RAW, series, { series: new Float64Array(at.length).fill(series), at, columns: columnsOf(rows) });
        for (const hour of new Set(Array.from(at, (one) => Math.floor(one / HOUR_MS)))) window.run(series, hour);
        moved += at.length;
      }
      remove.run(id);
      removeSeries.run(id);
    });
    return moved;
  };
};

/** The values of a row lie in the order of the fields' numbers. */
const columnsOf = (rows: readonly SqlRow[]): Map<number, Column> => {
  const values = rows.map((row) => JSON.parse(String(row['values'])) as (FieldValue | null)[]); // Border: our own column.
  const columns = new Map<number, Column>();
  for (let field = 0; field < Math.max(0, ...values.map(({ length }) => length)); field += 1) {
    const own = values.map((row) => row[field] ?? null);
    const one = own.find((value) => value !== null);
    if (one === undefined || one === null) continue;
    const column =
      typeof one === 'string'
        ? own.map((value) => (typeof value === 'string' ? value : null))
        : Float64Array.from(own, (value) => (value === null ? Number.NaN : Number(value)));
    columns.set(columnKey(field), column);
  }
  return columns;
};
