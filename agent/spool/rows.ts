import type { SqlRow } from '../../protocol/database.ts';
import type { Batch } from '../../protocol/batch.ts';
import type { Outcome, Round } from '../../protocol/round.ts';
import type { Moment, Stamp } from '../time/timekeeper.ts';

/** Bookkeeping of a row beside its JSON, bytes: columns, index, page overhead. */
export const ROW_OVERHEAD_BYTES = 160;

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS round (
    id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    boot TEXT NOT NULL, steady_ms REAL NOT NULL, slack_ms REAL NOT NULL, wall_ms REAL NOT NULL,
    task TEXT NOT NULL, interval_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL, outcome TEXT NOT NULL, bytes INTEGER NOT NULL,
    at INTEGER, source TEXT, bound_ms REAL, age_s REAL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS round_sequence ON round (epoch, seq);
  CREATE TABLE IF NOT EXISTS spool_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;`;

/** A closed round before it is on disk. */
export interface NewRound {
  readonly moment: Moment;
  /** Wall clock when the round started, as far as the host knew. */
  readonly wallMs: number;
  readonly task: string;
  readonly intervalMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
}

/** A round on disk, perhaps not stamped yet. */
export interface SpooledRound {
  readonly id: number;
  readonly epoch: string;
  readonly seq: number;
  readonly moment: Moment;
  readonly task: string;
  readonly intervalMs: number;
  readonly durationMs: number;
  readonly outcomeJson: string;
  readonly stamp: Stamp | null;
}

export const rowToRound = (row: SqlRow): SpooledRound => ({
  id: Number(row['id']),
  epoch: String(row['epoch']),
  seq: Number(row['seq']),
  moment: { boot: String(row['boot']), steadyMs: Number(row['steady_ms']), slackMs: Number(row['slack_ms']) },
  task: String(row['task']),
  intervalMs: Number(row['interval_ms']),
  durationMs: Number(row['duration_ms']),
  outcomeJson: String(row['outcome']),
  stamp:
    typeof row['at'] === 'number'
      ? {
          at: row['at'],
          source: row['source'] === 'wall' ? 'wall' : 'controller',
          boundMs: typeof row['bound_ms'] === 'number' ? row['bound_ms'] : null,
          ageS: typeof row['age_s'] === 'number' ? row['age_s'] : null,
        }
      : null,
});

/** A stamped row as the batch carries it, in JSON. Its outcome is JSON already, our own, and checked by the controller: it is not taken apart and put together again. */
export const toWire = (round: SpooledRound, stamp: Stamp): string => {
  const head: Omit<Round, 'outcome'> = {
    seq: round.seq,
    task: round.task,
    at: stamp.at,
    durationMs: round.durationMs,
    intervalMs: round.intervalMs,
    time: { source: stamp.source, boundMs: stamp.boundMs, ageS: stamp.ageS },
  };
  return `${JSON.stringify(head).slice(0, -1)},"outcome":${round.outcomeJson}}`;
};

/** A batch in JSON, of rounds in JSON. */
export const batchText = (head: Omit<Batch, 'rounds'>, rounds: readonly string[]): string =>
  `${JSON.stringify(head).slice(0, -1)},"rounds":[${rounds.join(',')}]}`;
