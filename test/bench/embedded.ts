// The embedded store fed as fast as it takes points: its rate, each write durable before the next, and what a value takes once it is sealed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { METRICS } from '../../protocol/metrics.ts';
import { SERIES_STORES } from '../../controller/series/index.ts';
import { Chunk } from '../../controller/series/sqlite/codec/chunk.ts';
import { fieldOfKey } from '../../controller/series/sqlite/stats.ts';
import type { Point, Retention, SeriesStore } from '../../controller/series/store.ts';
import { type Bench, atMost } from './bench.ts';
import { type FleetShape, heavyRounds } from './heavy-rounds.ts';

export const FOR_EVER: Retention = { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 };
export const DAY_MS = 86_400_000;
export const START = 1_799_971_200_000; // a midnight

export interface EmbeddedRun {
  readonly points: number;
  readonly pointsPerSecond: number;
  /** Sealing what is left, roll-ups, sorting, joining: the store's thread, for each point. */
  readonly upkeepUsPerPoint: number;
  readonly valuesPerPoint: number;
  /** Of the raw points, sketches apart. */
  readonly bytesPerValue: number;
  readonly sketchBytesPerPoint: number;
  /** The whole file with every roll-up. */
  readonly fileBytesPerPoint: number;
}

/** Rounds again and again, each pass later by its own length: the same values, other times. */
export function* repeated(shape: FleetShape, passes: number, roundsAtOnce: number): Generator<Point[]> {
  const rounds = [...heavyRounds(shape)];
  for (let pass = 0; pass < passes; pass += 1)
    for (let first = 0; first < rounds.length; first += roundsAtOnce) {
      const shiftMs = pass * shape.rounds * shape.intervalMs;
      yield rounds
        .slice(first, first + roundsAtOnce)
        .flat()
        .map((point) => ({ ...point, at: point.at + shiftMs }));
    }
}

/** Writes the batches into a new file in this directory, then lets the store do all that it has to do. */
export const ingestEmbedded = async (batches: Iterable<readonly Point[]>, directory: string): Promise<EmbeddedRun> => {
  const path = join(directory, 'series.db');
  let points = 0;
  let newest = 0;
  let writeMs = 0;
  let upkeepMs = 0;
  {
    await using store = await SERIES_STORES.sqlite({ path });
    for (const batch of batches) {
      const from = performance.now();
      await store.write(batch);
      writeMs += performance.now() - from;
      points += batch.length;
      newest = Math.max(newest, batch.at(-1)?.at ?? 0);
    }
    const from = performance.now();
    await settleStore(store, newest);
    upkeepMs = performance.now() - from;
  }
  const sizes = sizesOf(path);
  return {
    points,
    pointsPerSecond: (1_000 * points) / writeMs,
    upkeepUsPerPoint: (1_000 * upkeepMs) / points,
    valuesPerPoint: sizes.values / sizes.rows,
    bytesPerValue: (sizes.bytes - sizes.sketchBytes) / sizes.values,
    sketchBytesPerPoint: sizes.sketchBytes / sizes.rows,
    fileBytesPerPoint: sizes.fileBytes / sizes.rows,
  };
};

/** As if a day had gone by without a new point. */
export const settleStore = async (store: SeriesStore, newest: number): Promise<void> => {
  for (const now of [newest + 2 * DAY_MS, newest + 3 * DAY_MS]) while ((await store.maintain({ now, retention: FOR_EVER })).more);
};

interface Sizes {
  readonly rows: number;
  readonly values: number;
  readonly bytes: number;
  readonly sketchBytes: number;
  readonly fileBytes: number;
}

/** What the raw chunks of a file hold. */
const sizesOf = (path: string): Sizes => {
  const db = new DatabaseSync(path, { readOnly: true });
  const names = new Map(
    db
      .prepare('SELECT number, field FROM fields')
      .all()
      .map((row) => [Number(row['number']), String(row['field'])]),
  );
  const sum = { rows: 0, values: 0, bytes: 0, sketchBytes: 0 };
  for (const { body } of db.prepare('SELECT body FROM chunks WHERE tier = 0').iterate()) {
    if (!(body instanceof Uint8Array)) continue;
    const chunk = new Chunk(body);
    sum.rows += chunk.length;
    sum.bytes += body.length;
    for (const key of chunk.keys) {
      const isSketch = names.get(fieldOfKey(key)) === METRICS.rtt_sketch.field;
      if (isSketch) sum.sketchBytes += chunk.sizeOf(key);
      else for (const value of chunk.column(key) ?? []) if (value !== null && !Number.isNaN(value)) sum.values += 1;
    }
  }
  const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  const fileBytes = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  db.close();
  return { ...sum, fileBytes };
};

/** By itself; `ingest` runs it beside InfluxDB. */
export const embedded: Bench = {
  about: 'the embedded store alone: points a second, bytes a value',
  async run(say, words) {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-embedded-'));
    try {
      const passes = words.includes('--short') ? 4 : 25;
      say(`500 pairs, ${passes * 80} rounds each`);
      const shape = { agents: 20, targets: 25, rounds: 80, intervalMs: 60_000, startAt: START };
      const run = await ingestEmbedded(repeated(shape, passes, 4), directory);
      return { figures: { ...run }, bounds: [atMost('bytes a value, sealed', run.bytesPerValue, 1.5, 'bytes')] };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};
