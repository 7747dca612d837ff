// The chunks of the file: written, found, opened, thrown away. Opened ones are kept while there is room.
import type { Db } from '../../../protocol/database.ts';
import { TIERS } from '../store.ts';
import { Chunk, encodeChunk, type Rows } from './codec/chunk.ts';

/** By group: rows of many series, as they were sealed. By series: what queries like. */
export const BY_GROUP = 0;
export const BY_SERIES = 1;
export type Level = typeof BY_GROUP | typeof BY_SERIES;

export interface ChunkPlace {
  readonly id: number;
  readonly rows: number;
}

export interface Chunks {
  /** Rows must not be empty. Inside a transaction. */
  insert(level: Level, tier: number, owner: number, rows: Rows): void;
  /** Those with rows in from ≤ at < to, in the order of writing. */
  list(level: Level, tier: number, owner: number, from: number, to: number): readonly ChunkPlace[];
  open(id: number): Chunk;
  remove(ids: readonly number[]): void;
  /** After a transaction that was rolled back. */
  forgetOpened(): void;
}

/** Lists of chunks that are remembered. */
const LISTED = 1_000;
/** About what opened chunks may take in memory, bytes. */
const KEPT_BYTES = 64 * 1024 * 1024;

export const openChunks = (db: Db): Chunks => {
  const insert = db.prepare('INSERT INTO chunks (level, tier, owner, from_at, to_at, rows, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const overlapping = db.prepare(
    'SELECT id, rows FROM chunks WHERE level = ? AND tier = ? AND owner = ? AND from_at < ? AND to_at >= ? ORDER BY id',
  );
  // The plus keeps SQLite to the owner's few chunks: it would walk back through all of the tier by age until one is this owner's.
  const newest = db.prepare('SELECT max(+to_at) AS at FROM chunks WHERE level = ? AND tier = ? AND owner = ?');
  const body = db.prepare('SELECT body FROM chunks WHERE id = ?');
  const remove = db.prepare('DELETE FROM chunks WHERE id = ?');
  const opened = new Map<number, Chunk>();
  /** A question about many series asks for the chunks of their group once each. */
  const listed = new Map<string, readonly ChunkPlace[]>();
  /** Until when a series has chunks of its own; later than that when one was removed: a question about the last hours of many need not look for them. */
  const ends = new Map<number, number>();
  const endOf = (tier: number, owner: number): number => {
    const key = owner * TIERS.length + tier;
    const known = ends.get(key);
    if (known !== undefined) return known;
    const end = Number(newest.get(BY_SERIES, tier, owner)?.['at'] ?? Number.NEGATIVE_INFINITY);
    ends.set(key, end);
    return end;
  };
  let kept = 0;
  const evict = (): void => {
    kept = 0;
    for (const chunk of opened.values()) kept += chunk.cost;
    for (const [id, chunk] of opened) {
      if (kept <= KEPT_BYTES / 2) return;
      kept -= chunk.cost;
      opened.delete(id);
    }
  };
  return {
    insert(level, tier, owner, rows) {
      const bytes = encodeChunk(rows);
      let [from = 0] = rows.at;
      let to = from;
      for (const at of rows.at) {
        if (at < from) from = at;
        if (at > to) to = at;
      }
      insert.run(level, tier, owner, from, to, rows.at.length, bytes.length, bytes);
      if (level === BY_SERIES) ends.set(owner * TIERS.length + tier, Math.max(to, endOf(tier, owner)));
      listed.clear();
    },
    list(level, tier, owner, from, to) {
      if (level === BY_SERIES && from > endOf(tier, owner)) return [];
      const key = level === BY_GROUP ? `${tier} ${owner} ${from} ${to}` : null;
      const known = key === null ? undefined : listed.get(key);
      if (known !== undefined) return known;
      const places = overlapping.all(level, tier, owner, to, from).map((row) => ({ id: Number(row['id']), rows: Number(row['rows']) }));
      if (listed.size > LISTED) listed.clear();
      if (key !== null) listed.set(key, places);
      return places;
    },
    open(id) {
      const known = opened.get(id);
      if (known !== undefined) {
        opened.delete(id); // the last one asked for goes last
        opened.set(id, known);
        return known;
      }
      const bytes = body.get(id)?.['body'];
      if (!(bytes instanceof Uint8Array)) throw new Error(`chunk ${id} is not there`);
      const chunk = new Chunk(bytes);
      opened.set(id, chunk);
      kept += bytes.length + 200 * chunk.length;
      if (kept > KEPT_BYTES) evict();
      return chunk;
    },
    remove(ids) {
      listed.clear();
      for (const id of ids) {
        remove.run(id);
        opened.delete(id);
      }
    },
    forgetOpened() {
      opened.clear();
      listed.clear();
      kept = 0;
    },
  };
};
