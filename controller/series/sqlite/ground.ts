// What the parts of the embedded store stand on: the file and what of it is in memory.
import type { Db, SqlValue } from '../../../protocol/database.ts';
import { TIERS } from '../store.ts';
import { BY_GROUP, type Chunks, openChunks } from './chunks.ts';
import { Chunk } from './codec/chunk.ts';
import { type Dictionary, openDictionary } from './dictionary.ts';
import { Head } from './head.ts';
import { RAW } from './plan.ts';
import { openReader, type Reader } from './reader.ts';
import { openSeriesIndex, type SeriesIndex } from './series-index.ts';
import type { Sealing } from './seal.ts';
import { fieldOfKey } from './stats.ts';
import { openWindows, type Windows } from './windows.ts';

export interface Ground {
  readonly db: Db;
  readonly dictionary: Dictionary;
  readonly index: SeriesIndex;
  readonly chunks: Chunks;
  readonly head: Head;
  /** null: nothing of the head is on its way to chunks. */
  sealing: Sealing | null;
  readonly reader: Reader;
  readonly windows: Windows;
  /** The newest point's time of each series that has points. */
  readonly newest: Map<number, number>;
  /** Up to when chunks have points of a series; what is newer is in the head alone. */
  readonly sealedTo: Map<number, number>;
  /** By tier: nothing before it is given out, and sooner or later it is deleted. */
  readonly floors: number[];
}

/** A write may be large, so few of them are in memory beside what they become. */
const LOG_ROWS = 16;

/** Over a file that is laid out. */
export const openGround = (db: Db): Ground => {
  const dictionary = openDictionary(db);
  const index = openSeriesIndex(db);
  const chunks = openChunks(db);
  const head = new Head();
  const sealedTo = new Map<number, number>();
  const ground: Ground = {
    db,
    dictionary,
    index,
    chunks,
    head,
    sealing: null,
    reader: openReader(chunks, head, sealedTo),
    windows: openWindows(db),
    newest: new Map(),
    sealedTo,
    floors: TIERS.map(() => 0),
  };
  for (const row of db.prepare('SELECT tier, at FROM floors').all()) ground.floors[Number(row['tier'])] = Number(row['at']);
  readLog(ground);
  readNewest(ground);
  return ground;
};

/** After a transaction that was rolled back: memory may know what the file does not. */
export const rereadGround = (ground: Ground): void => {
  ground.dictionary.reload();
  ground.index.reload();
  ground.windows.reload();
  ground.chunks.forgetOpened();
};

const readLog = (ground: Ground): void => {
  const next = ground.db.prepare(`SELECT id, measurement, body FROM log WHERE id > ? ORDER BY id LIMIT ${LOG_ROWS}`);
  for (let rows = next.all(0); rows.length > 0; rows = next.all(Number(rows.at(-1)?.['id'])))
    for (const row of rows) readLogged(ground, String(row['measurement']), row['body']);
};

const readLogged = ({ head, index }: Ground, measurement: string, body: SqlValue | undefined): void => {
  if (!(body instanceof Uint8Array)) return;
  const chunk = new Chunk(body);
  head.add({
    measurement,
    series: chunk.series,
    at: chunk.at,
    group: (at) => index.find(chunk.series[at] ?? 0)?.group ?? 0,
    columns: [...chunk.keys].flatMap((key) => {
      const column = chunk.column(key);
      return column === null ? [] : [[fieldOfKey(key), column] as const];
    }),
  });
};

/** Also after a deletion. */
export const readNewest = ({ db, head, chunks, index, newest, sealedTo, floors }: Ground): void => {
  newest.clear();
  sealedTo.clear();
  const note = (series: number, at: number): void => {
    if (at >= (floors[RAW] ?? 0) && at > (newest.get(series) ?? Number.NEGATIVE_INFINITY)) newest.set(series, at);
  };
  for (const row of db.prepare('SELECT owner, max(to_at) AS at FROM chunks WHERE level = 1 AND tier = 0 GROUP BY owner').all())
    note(Number(row['owner']), Number(row['at']));
  for (const row of db.prepare('SELECT id FROM chunks WHERE level = ? AND tier = 0').all(BY_GROUP)) {
    const chunk = chunks.open(Number(row['id']));
    for (let i = 0; i < chunk.length; i += 1) note(chunk.series[i] ?? 0, chunk.at[i] ?? 0);
  }
  for (const [series, at] of newest) sealedTo.set(series, at);
  for (const { id } of index.all()) for (const place of head.places(id)) note(id, head.at(place));
};
