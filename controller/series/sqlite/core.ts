// The embedded store itself, synchronous, over one SQLite file: what is written goes to a log, from there to chunks (seal.ts), and is
// rolled up (upkeep.ts). A row a round took 10 bytes a value; columns of some hundreds of rounds take about one.
import { type Db, transaction } from '../../../protocol/database.ts';
import { type MeasurementView, type SeriesQuery, type SeriesStore, type StoreUsage, type TagFilter, TIERS } from '../store.ts';
import { type PackedAnswer, type PackedNames, packAnswer, packNames } from './answer.ts';
import { encodeChunk, type Column } from './codec/chunk.ts';
import { deleteRaw } from './delete.ts';
import { describeSeries } from './describe.ts';
import type { Field } from './dictionary.ts';
import { type Ground, openGround, rereadGround } from './ground.ts';
import { newestOf } from './latest.ts';
import { layOut } from './layout.ts';
import { migrateRows } from './migrate.ts';
import type { PackedPoints, PackedWrite } from './pack.ts';
import { HOUR_MS } from './plan.ts';
import { queryOne, typesOf } from './query.ts';
import { type Scanned, scanSome } from './scan.ts';
import { sealSome } from './seal.ts';
import type { Known } from './series-index.ts';
import { columnKey } from './stats.ts';
import { openUpkeep } from './upkeep.ts';

/** More than this is sealed, about 40 MB in memory; in a large fleet when there are some rows of each agent, for the sake of the chunks. */
const HEAD_ROWS = 100_000;
const HEAD_ROWS_A_GROUP = 25;
const MOST_HEAD_ROWS = 250_000;
/** With each write so many times its rows are sealed, so that no write waits for all of it. */
const SEALED_A_ROW = 3;

type Maintain = SeriesStore['maintain'];
export interface Core {
  write(write: PackedWrite): void;
  query(query: SeriesQuery): PackedAnswer;
  latest(
    measurement: string,
    tags: TagFilter,
    fields: readonly string[] | undefined,
  ): { readonly names: readonly string[]; readonly answer: PackedAnswer };
  listSeries(measurement: string, tags: TagFilter): PackedNames;
  describe(): readonly MeasurementView[];
  scan(range: Parameters<SeriesStore['scan']>[0]): Scanned;
  maintain(options: Parameters<Maintain>[0]): Awaited<ReturnType<Maintain>>;
  deleteBefore(before: number): number;
  usage(): StoreUsage;
  sizeBytes(): number;
}

/** Over a Db that the caller closes. */
export const openCore = (db: Db): Core => {
  layOut(db);
  migrateRows(db);
  const ground = openGround(db);
  const upkeep = openUpkeep(ground);
  const told = new Set<number>();
  const write = makeWrite(ground);
  const matching = (measurement: string, tags: TagFilter, offset = 0, limit = Number.POSITIVE_INFINITY): readonly Known[] => {
    const found = ground.index.matching(measurement, tags);
    return offset === 0 && limit >= found.length ? found : found.slice(offset, offset + limit);
  };
  return {
    write,
    query(query) {
      const { measurement, tags, fields, seriesOffset, seriesLimit } = query;
      const stored = fields.map(({ field }) => ground.dictionary.find(measurement, field));
      const parts = matching(measurement, tags, seriesOffset, seriesLimit)
        .map((known) => queryOne(ground, known, query, stored))
        .filter(({ at }) => at.length > 0);
      return packAnswer(typesOf(query, stored), parts, told);
    },
    latest(measurement, tags, wanted) {
      const fields = ground.dictionary.fields(measurement).filter(({ field }) => wanted === undefined || wanted.includes(field));
      return { names: fields.map(({ field }) => field), answer: newestOf(ground, matching(measurement, tags), fields, told) };
    },
    listSeries: (measurement, tags) => packNames(matching(measurement, tags), told),
    describe: () =>
      describeSeries([...ground.index.all()], (measurement) =>
        ground.dictionary.fields(measurement).map(({ field, type }) => ({ field, type })),
      ),
    scan: (range) => scanSome(ground, range),
    maintain: ({ now, retention }) => upkeep.piece(now, retention),
    deleteBefore: (before) => deleteRaw(ground, before),
    usage: () => usageOf(ground),
    sizeBytes: () => sizeOf(db),
  };
};

/** Logs, then remembers; what is refused or fails has not happened. */
const makeWrite = (ground: Ground): Core['write'] => {
  const { db, dictionary, index, head, windows, newest } = ground;
  const append = db.prepare('INSERT INTO log (measurement, body) VALUES (?, ?)');
  const named = new Map<number, { readonly measurement: string; readonly tags: Known['tags']; known: Known | null; generation: number }>();
  const resolve = (number: number): Known => {
    const entry = named.get(number);
    if (entry === undefined) throw new Error(`series ${number} was never named`);
    if (entry.known === null || entry.generation !== index.generation()) {
      entry.known = index.take(entry.measurement, entry.tags);
      entry.generation = index.generation();
    }
    return entry.known;
  };
  const log = (part: PackedPoints): Logged => {
    const known = Array.from(part.series, resolve);
    const fields = part.columns.map((column) => dictionary.take(part.measurement, column));
    const series = Float64Array.from(known, ({ id }) => id);
    const columns = new Map<number, Column>(fields.map(({ number }, i) => [columnKey(number), part.columns[i]?.values ?? []]));
    append.run(part.measurement, encodeChunk({ series, at: part.at, columns }, true));
    const fresh: [number, number][] = [];
    for (const [row, id] of series.entries()) {
      const hour = Math.floor((part.at[row] ?? 0) / HOUR_MS);
      if (windows.has(id, hour)) continue;
      windows.mark(id, hour);
      fresh.push([id, hour]);
    }
    return { part, known, series, fields, fresh };
  };
  return ({ fresh, anew, parts }) => {
    if (anew) named.clear();
    for (const { number, measurement, tags } of fresh) named.set(number, { measurement, tags, known: null, generation: -1 });
    let logged: readonly Logged[];
    try {
      logged = transaction(db, () => parts.map(log));
    } catch (error) {
      rereadGround(ground);
      throw error;
    }
    for (const { part, known, series, fields, fresh: marked } of logged) {
      const columns = fields.map(({ number }, i) => [number, part.columns[i]?.values ?? []] as const);
      head.add({ measurement: part.measurement, series, at: part.at, columns, group: (row) => known[row]?.group ?? 0 });
      for (const [row, id] of series.entries()) newest.set(id, Math.max(newest.get(id) ?? Number.NEGATIVE_INFINITY, part.at[row] ?? 0));
      for (const [id, hour] of marked) windows.noteMarked(id, hour);
    }
    const isFull = head.rows >= Math.min(MOST_HEAD_ROWS, Math.max(HEAD_ROWS, HEAD_ROWS_A_GROUP * head.groups.size));
    if (isFull || ground.sealing !== null) sealSoon(ground, SEALED_A_ROW * parts.reduce((sum, { at }) => sum + at.length, 0));
  };
};

interface Logged {
  readonly part: PackedPoints;
  readonly known: readonly Known[];
  readonly series: Float64Array;
  readonly fields: readonly Field[];
  readonly fresh: readonly (readonly [series: number, hour: number])[];
}

/** The write is durable already, so a disk that is full for the chunks is no reason to refuse it; maintain tries again, and tells. */
const sealSoon = (ground: Ground, aboutRows: number): void => {
  try {
    sealSome(ground, aboutRows);
  } catch {
    ground.chunks.forgetOpened();
  }
};

const sizeOf = (db: Db): number => {
  const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
};

const usageOf = ({ db, head, windows, floors }: Ground): StoreUsage => {
  const sql = 'SELECT tier, sum(bytes) AS bytes, sum(rows) AS n, min(from_at) AS oldest, max(to_at) AS newest FROM chunks GROUP BY tier';
  const byTier = new Map(
    db
      .prepare(sql)
      .all()
      .map((row) => [Number(row['tier']), row]),
  );
  const logged = Number(db.prepare('SELECT coalesce(sum(length(body)), 0) AS bytes FROM log').get()?.['bytes'] ?? 0);
  const tiers = TIERS.map((tier, i) => {
    const row = byTier.get(i);
    const bytes = Number(row?.['bytes'] ?? 0) + (i === 0 ? logged : 0);
    const rows = Number(row?.['n'] ?? 0) + (i === 0 ? head.rows : 0);
    const times = [row?.['oldest'], row?.['newest'], ...(i === 0 ? [head.span?.from, head.span?.to] : [])].filter(
      (at) => typeof at === 'number',
    );
    const oldestAt = times.length === 0 ? null : Math.max(floors[i] ?? 0, Math.min(...times));
    return { tier, bytes, rows, oldestAt, newestAt: times.length === 0 ? null : Math.max(...times) };
  });
  return { bytes: sizeOf(db), tiers, windowsWaiting: windows.count };
};
