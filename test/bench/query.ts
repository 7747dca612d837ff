// Questions to the embedded store with 500 pairs, a round a minute for 30 days, and a mesh of 100 × 100: each p95 against its bound.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { askPage, selectAll } from '../../controller/series/ask.ts';
import { readColumns } from '../../controller/series/columns.ts';
import { SERIES_STORES } from '../../controller/series/index.ts';
import { openGround } from '../../controller/series/sqlite/ground.ts';
import { joinSome, sortOne } from '../../controller/series/sqlite/seal.ts';
import type { Point, SeriesStore } from '../../controller/series/store.ts';
import type { Ask } from '../../protocol/ask.ts';
import { atMost, type Bench, type Bound, quantile } from './bench.ts';
import { shiftChunk } from './clone-chunk.ts';
import { DAY_MS, repeated, settleStore, START } from './embedded.ts';
import { heavyRounds } from './heavy-rounds.ts';
import { askInflux, type InfluxQuestion } from './query-influx.ts';

const AGENTS = 20;
const TARGETS = 25;
const MINUTE_MS = 60_000;
const BOUND_MS = 50;
const RUNS = 40;

export const query: Bench = {
  about: '500 series × 30 days at 1 minute, and the latest of a mesh of 100 × 100: p95 ≤ 50 ms',
  async run(say, words) {
    const short = words.includes('--short');
    const days = short ? 4 : 32;
    const written = short ? 1 : 2;
    const directory = mkdtempSync(join(tmpdir(), 'sonde-query-'));
    const path = join(directory, 'series.db');
    try {
      await writeDays(path, written, say);
      cloneDays(path, written, days, say);
      await using store = await SERIES_STORES.sqlite({ path });
      await writeLive(store, days, say);
      const end = START + days * DAY_MS + 60 * MINUTE_MS;
      const figures: Record<string, number> = { series: AGENTS * TARGETS, days, points: AGENTS * TARGETS * 1_440 * days };
      figures['file MiB'] = (await store.sizeBytes()) / 2 ** 20;
      const bounds: Bound[] = [];
      for (const [name, ask] of questionsOver(Math.min(30, days - 1))) {
        const tookMs = await timed(ask, store, end);
        figures[`${name}, median ms`] = quantile(tookMs, 0.5) ?? Number.NaN;
        bounds.push(atMost(`${name}, p95`, quantile(tookMs, 0.95), BOUND_MS, 'ms'));
        say(`${name}: median ${(quantile(tookMs, 0.5) ?? 0).toFixed(1)} ms, p95 ${(quantile(tookMs, 0.95) ?? 0).toFixed(1)} ms`);
      }
      const behind = await askInflux(say, pointsForInflux(short), questionsForInflux(short), START + daysInInflux(short) * DAY_MS);
      return { figures: { ...figures, ...behind.figures }, bounds: [...bounds, ...behind.bounds] };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** A question, of the n-th time; resolves with how many rows came. */
type Question = (store: SeriesStore, end: number, n: number) => Promise<number>;

const pairOf = (n: number) => ({ agent: `agent-${(n * 7) % AGENTS}`, task: `t${(n * 11) % TARGETS}/icmp` });

const asked =
  (make: (end: number, n: number) => Ask): Question =>
  async (store, end, n) => {
    const ask = make(end, n);
    const columns = selectAll(ask);
    if (!columns.ok) throw new Error(columns.reason);
    const { series } = await askPage(store, ask, columns.value, { limit: 100_000, after: null });
    return series.reduce((sum, { rows }) => sum + rows.length, 0);
  };

const questionsOver = (days: number): readonly (readonly [string, Question])[] => [
  [
    `smoke chart of one series, ${days} days`,
    async (store, end, n) => {
      const range = { from: end - days * DAY_MS, to: end, columns: 600, intervalMs: MINUTE_MS };
      return (await readColumns(store, { ...pairOf(n), ...range })).columns.length;
    },
  ],
  [
    `one field of one series, every round of ${days} days`,
    asked((end, n) => {
      const { agent, task } = pairOf(n);
      const tags = { agent: [agent], task: [task] };
      return { measurement: 'ping', select: ['rtt_mean_ms'], tags, from: end - days * DAY_MS, to: end, bucketMs: 0 };
    }),
  ],
  [
    '500 series, last hour, a value a minute',
    asked((end) => {
      const tags = { agent: Array.from({ length: AGENTS }, (_, i) => `agent-${i}`) };
      return { measurement: 'ping', select: ['rtt_mean_ms'], tags, from: end - 60 * MINUTE_MS, to: end, bucketMs: MINUTE_MS };
    }),
  ],
  [
    `percentiles of one series over ${days} days`,
    asked((end, n) => {
      const { agent, task } = pairOf(n);
      const select = ['rtt_median_ms', 'rtt_p95_ms', 'rtt_p99_ms'];
      return {
        measurement: 'ping',
        select,
        tags: { agent: [agent], task: [task] },
        from: end - days * DAY_MS,
        to: end,
        bucketMs: 64 * DAY_MS,
      };
    }),
  ],
  [
    'latest of a mesh of 100 × 100',
    async (store) => (await store.latest('ping', { site: ['mesh'] }, ['percentile50_ms', 'percent_packet_loss', 'error_bound_ms'])).length,
  ],
];

const timed = async (ask: Question, store: SeriesStore, end: number): Promise<number[]> => {
  const tookMs: number[] = [];
  for (let n = 0; n < RUNS; n += 1) {
    const from = performance.now();
    const rows = await ask(store, end, n);
    tookMs.push(performance.now() - from);
    if (rows === 0) throw new Error('a question without an answer');
  }
  return tookMs.slice(3); // the first ones compile
};

/** Of the 500 series some hours, of one of them a month, and the mesh: InfluxDB takes a tenth of what the embedded store takes. */
function* pointsForInflux(short: boolean): Generator<Point[]> {
  yield* heavyRounds({ agents: 1, targets: 1, rounds: daysInInflux(short) * 1_440, intervalMs: MINUTE_MS, startAt: START });
  yield* lastHours(daysInInflux(short), 2);
  yield* meshOf(daysInInflux(short));
}
const daysInInflux = (short: boolean): number => (short ? 3 : 30);
const questionsForInflux = (short: boolean): InfluxQuestion[] => {
  const days = daysInInflux(short);
  // The first pair is the one with the month.
  return questionsOver(days).map(([name, ask]) => ({ name, ask: (store) => ask(store, START + days * DAY_MS, 0) }));
};

/** Days as they come in, sealed, rolled up, sorted and joined. */
const writeDays = async (path: string, days: number, say: (line: string) => void): Promise<void> => {
  await using store = await SERIES_STORES.sqlite({ path });
  const shape = { agents: AGENTS, targets: TARGETS, rounds: 48, intervalMs: MINUTE_MS, startAt: START };
  let points = 0;
  for (const batch of repeated(shape, (days * 1_440) / shape.rounds, 4)) {
    await store.write(batch);
    points += batch.length;
    if (points % 240_000 < batch.length) {
      const now = batch.at(-1)?.at ?? 0;
      while ((await store.maintain({ now, retention: { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 } })).more);
      say(`${points} points written`);
    }
  }
  await settleStore(store, START + days * DAY_MS);
};

/** As if all days had come in: the same chunks once more, later by whole spans; the last ones as they are, all before them as they are when they are older. */
const cloneDays = (path: string, written: number, days: number, say: (line: string) => void): void => {
  const db = new DatabaseSync(path);
  const insert = db.prepare('INSERT INTO chunks (level, tier, owner, from_at, to_at, rows, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const read = () => db.prepare('SELECT * FROM chunks').all();
  const copy = (chunks: ReturnType<typeof read>, shift: number): void => {
    const shiftMs = shift * DAY_MS;
    db.exec('BEGIN');
    for (const { level, tier, owner, from_at, to_at, rows, body } of chunks) {
      if (!(body instanceof Uint8Array)) continue;
      const moved = shiftChunk(body, shiftMs);
      const [at, end] = [Number(from_at) + shiftMs, Number(to_at) + shiftMs];
      insert.run(Number(level), Number(tier), Number(owner), at, end, Number(rows), moved.length, moved);
    }
    db.exec('COMMIT');
    say(`${shift + written} days in the file`);
  };
  const fresh = read();
  const ground = openGround(db);
  while (sortOne(ground, 1) || joinSome(ground, Number.MAX_SAFE_INTEGER, 1_000));
  const old = read();
  for (let shift = written; shift + written < days; shift += written) copy(old, shift);
  copy(fresh, days - written);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
};

/** The hour after these days, still in the log, and two rounds of a mesh. */
const writeLive = async (store: SeriesStore, days: number, say: (line: string) => void): Promise<void> => {
  for (const batch of [...lastHours(days + 1 / 24, 1), ...meshOf(days)]) await store.write(batch);
  say('the last hour and a mesh of 10,000 pairs written');
};

/** All pairs, the hours before the end of these days. */
const lastHours = (days: number, hours: number): Generator<Point[]> =>
  heavyRounds({
    agents: AGENTS,
    targets: TARGETS,
    rounds: hours * 60,
    intervalMs: MINUTE_MS,
    startAt: START + Math.round(days * DAY_MS) - hours * 60 * MINUTE_MS,
  });

function* meshOf(days: number): Generator<Point[]> {
  for (const batch of heavyRounds({
    agents: 100,
    targets: 100,
    rounds: 2,
    intervalMs: MINUTE_MS,
    startAt: START + days * DAY_MS - 2 * MINUTE_MS,
  }))
    for (let first = 0; first < batch.length; first += 2_000)
      yield batch.slice(first, first + 2_000).map(({ tags, ...point }) => ({
        ...point,
        tags: { ...tags, agent: `m-${tags['agent']}`, host: `m-${tags['agent']}`, site: 'mesh' },
      }));
}
