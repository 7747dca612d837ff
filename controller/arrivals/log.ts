// The durable queue between the agents and everything that reads rounds. What is committed here is acknowledged, and only that.
import type { SequenceRange } from '../../protocol/acknowledgement.ts';
import type { Batch } from '../../protocol/batch.ts';
import { type Db, type SqlRow, transaction } from '../../protocol/database.ts';
import type { Round } from '../../protocol/round.ts';
import type { Arrival } from './arrival.ts';
import { layOut } from './layout.ts';
import { addSequences, hasSequence, raiseFloor, toRanges } from './ranges.ts';
import { openSequenceSets } from './sequences.ts';
import { openTail } from './tail.ts';

/** A validated batch with its bytes as they came. */
export interface Incoming {
  readonly agent: string;
  readonly batch: Batch;
  readonly body: Uint8Array;
  /** Sequences of rounds from the future, and when they may be read. Committed like the others, handed to consumers later. */
  readonly held: { readonly sequences: ReadonlySet<number>; readonly dueAt: number } | null;
  /** Sequences that were refused: they count as settled and are not kept. */
  readonly refused: readonly number[];
}
export interface Committed {
  readonly taken: number;
  readonly duplicates: number;
  readonly held: number;
}

export interface ArrivalLog {
  /** All of it in one transaction, durable when this returns. Throws when the disk refuses: then nothing of it is in. */
  readonly append: (incoming: readonly Incoming[], at: number) => readonly Committed[];
  /** Makes held rounds that are due readable; how many batches. */
  readonly release: (at: number) => number;
  /** The next arrivals after a position, oldest first, at most about `maxRounds` rounds (one batch at least). */
  readonly read: (after: number, maxRounds: number) => readonly Arrival[];
  /** A consumer has durably done with everything up to here. Written down with the next commit, so it may be read again after a crash. */
  readonly move: (consumer: string, position: number) => void;
  readonly position: (consumer: string) => number;
  /** Writes cursors down and drops what all have read, when there is something to do. */
  readonly tidy: () => void;
  /** Forgets sets of sequences of epochs long over. */
  readonly pruneEpochs: (at: number) => void;
  readonly last: () => number;
  readonly bytes: () => number;
  readonly isFull: () => boolean;
}

export interface LogOptions {
  readonly capBytes: number;
  readonly consumers: readonly string[];
  /** Positions begin after this one at least: where a consumer's own cursor stands, should this file be younger than it. */
  readonly startAfter: number;
  /** Parses a kept body. Null when it cannot be read any more: then it is passed over. */
  readonly parse: (body: Uint8Array) => Batch | null;
}

/** What a row costs beside its body. */
const ROW_BYTES = 128;
const EPOCH_KEPT_MS = 90 * 86_400_000;
const EPOCHS_AN_AGENT = 2_000;
const READ_ROWS = 256;

export const openArrivalLog = (db: Db, options: LogOptions): ArrivalLog => {
  layOut(db);
  const sets = openSequenceSets(db);
  const tail = openTail();
  const statements = prepare(db);
  const cursors = readCursors(db, options.consumers);
  let bytes = Number(db.prepare(`SELECT coalesce(sum(length(body) + ${ROW_BYTES}), 0) AS bytes FROM batches`).get()?.['bytes'] ?? 0);
  bytes += Number(db.prepare(`SELECT coalesce(sum(length(body) + ${ROW_BYTES}), 0) AS bytes FROM held`).get()?.['bytes'] ?? 0);
  let last = startAfter(db, options.startAfter);
  let written = new Map(cursors);
  let dropped = lowest(cursors);
  const upToOfAgent = new Map<string, number>();

  const commit = <T>(work: () => T): T => {
    try {
      const result = transaction(db, work);
      sets.committed();
      return result;
    } catch (error) {
      sets.rolledBack();
      throw error;
    }
  };
  const isTidy = (): boolean => [...cursors].every(([consumer, position]) => written.get(consumer) === position);
  /** Inside a transaction; what it returns is to be remembered after the commit. */
  const writeCursors = (): { written: Map<string, number>; dropped: number; freed: number } => {
    for (const [consumer, position] of cursors) if (written.get(consumer) !== position) statements.moveCursor.run(consumer, position);
    const upTo = lowest(cursors);
    const freed = upTo > dropped ? Number(statements.sizeUpTo.get(upTo)?.['bytes'] ?? 0) : 0;
    if (upTo > dropped) statements.dropUpTo.run(upTo);
    return { written: new Map(cursors), dropped: upTo, freed };
  };
  const remember = (tidied: { written: Map<string, number>; dropped: number; freed: number }): void => {
    ({ written, dropped } = tidied);
    bytes -= tidied.freed;
    tail.dropUpTo(dropped);
  };

  /** One batch inside the transaction. */
  const take = (item: Incoming, at: number): { result: Committed; arrival: Arrival | null; bytes: number } => {
    const { agent, batch, held } = item;
    let set = sets.read(agent, batch.epoch);
    const fresh: Round[] = [];
    const waiting: number[] = [];
    const seen = new Set<number>();
    for (const round of batch.rounds) {
      if (seen.has(round.seq) || hasSequence(set, round.seq)) continue;
      seen.add(round.seq);
      if (held?.sequences.has(round.seq)) waiting.push(round.seq);
      else fresh.push(round);
    }
    const before = set;
    set = raiseFloor(addSequences(set, [...seen, ...item.refused]), batch.lowest);
    if (set !== before) sets.change(agent, batch.epoch, set);
    let size = 0;
    if (waiting.length > 0 && held !== null) {
      statements.hold.run(held.dueAt, agent, batch.epoch, batch.lane, batch.lowest, JSON.stringify(toRanges(waiting)), item.body);
      size += item.body.length + ROW_BYTES;
    }
    const result = { taken: fresh.length, held: waiting.length, duplicates: batch.rounds.length - seen.size };
    const saysMore = batch.upTo !== null && batch.upTo > (upToOfAgent.get(agent) ?? 0);
    if (fresh.length === 0 && !saysMore) return { result, arrival: null, bytes: size };
    const body = fresh.length === 0 ? NO_BODY : item.body;
    const taken = fresh.length === batch.rounds.length ? ALL : JSON.stringify(toRanges(fresh.map((round) => round.seq)));
    const { lastInsertRowid } = statements.insert.run(at, agent, batch.epoch, batch.lane, batch.lowest, batch.upTo, taken, body);
    const arrival = { position: Number(lastInsertRowid), arrivedAt: at, agent, batch: { ...batch, rounds: fresh } };
    return { result, arrival, bytes: size + body.length + ROW_BYTES };
  };

  const arrivalOf = (row: SqlRow): Arrival => {
    const head = { position: Number(row['position']), arrivedAt: Number(row['arrived_at']), agent: String(row['agent']) };
    const body = row['body'];
    const parsed = body instanceof Uint8Array && body.length > 0 ? options.parse(body) : null;
    const rounds = parsed === null ? [] : roundsTaken(parsed.rounds, String(row['taken']));
    return { ...head, batch: { ...batchHead(row), rounds } };
  };

  return {
    append(incoming, at) {
      const { taken, tidied } = commit(() => {
        const all = incoming.map((item) => take(item, at));
        sets.write(at);
        return { taken: all, tidied: writeCursors() };
      });
      remember(tidied);
      for (const { arrival, bytes: size } of taken) {
        bytes += size;
        if (arrival === null) continue;
        last = arrival.position;
        tail.push(arrival);
        if (arrival.batch.upTo !== null) upToOfAgent.set(arrival.agent, Math.max(arrival.batch.upTo, upToOfAgent.get(arrival.agent) ?? 0));
      }
      return taken.map(({ result }) => result);
    },
    release(at) {
      const due = statements.due.all(at);
      if (due.length === 0) return 0;
      last = commit(() => {
        for (const row of due) statements.releaseInto.run(at, row['id'] ?? null);
        for (const row of due) statements.releaseFrom.run(row['id'] ?? null);
        return Number(statements.last.get()?.['last'] ?? last);
      });
      tail.clear();
      return due.length;
    },
    read(after, maxRounds) {
      if (after >= last) return [];
      const near = tail.read(after, maxRounds);
      if (near !== null) return near;
      const arrivals: Arrival[] = [];
      let rounds = 0;
      for (const row of statements.after.all(after, READ_ROWS)) {
        const arrival = arrivalOf(row);
        rounds += arrival.batch.rounds.length;
        if (arrivals.length > 0 && rounds > maxRounds) break;
        arrivals.push(arrival);
      }
      return arrivals;
    },
    move: (consumer, position) => void cursors.set(consumer, Math.max(position, cursors.get(consumer) ?? 0)),
    position: (consumer) => cursors.get(consumer) ?? 0,
    tidy() {
      if (!isTidy()) remember(commit(writeCursors));
    },
    pruneEpochs: (at) => commit(() => sets.prune(at - EPOCH_KEPT_MS, EPOCHS_AN_AGENT)),
    last: () => last,
    bytes: () => bytes,
    isFull: () => bytes >= options.capBytes,
  };
};

const ALL = 'all';
const NO_BODY = new Uint8Array(0);

const prepare = (db: Db) => ({
  insert: db.prepare('INSERT INTO batches (arrived_at, agent, epoch, lane, lowest, up_to, taken, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  hold: db.prepare('INSERT INTO held (due_at, agent, epoch, lane, lowest, taken, body) VALUES (?, ?, ?, ?, ?, ?, ?)'),
  due: db.prepare('SELECT id FROM held WHERE due_at <= ? ORDER BY due_at LIMIT 100'),
  releaseInto: db.prepare(
    `INSERT INTO batches (arrived_at, agent, epoch, lane, lowest, up_to, taken, body)
     SELECT ?, agent, epoch, lane, lowest, NULL, taken, body FROM held WHERE id = ?`,
  ),
  releaseFrom: db.prepare('DELETE FROM held WHERE id = ?'),
  last: db.prepare('SELECT max(position) AS last FROM batches'),
  after: db.prepare('SELECT * FROM batches WHERE position > ? ORDER BY position LIMIT ? + 0'),
  moveCursor: db.prepare('INSERT INTO cursors (consumer, position) VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position'),
  sizeUpTo: db.prepare(`SELECT coalesce(sum(length(body) + ${ROW_BYTES}), 0) AS bytes FROM batches WHERE position <= ?`),
  dropUpTo: db.prepare('DELETE FROM batches WHERE position <= ?'),
});

const readCursors = (db: Db, consumers: readonly string[]): Map<string, number> => {
  const rows = db.prepare('SELECT consumer, position FROM cursors').all();
  const kept = new Map(rows.map((row) => [String(row['consumer']), Number(row['position'])]));
  return new Map(consumers.map((consumer) => [consumer, kept.get(consumer) ?? 0]));
};

/** The last position used; raises SQLite's own counter when a consumer knows higher positions than this file. */
const startAfter = (db: Db, atLeast: number): number => {
  const used = Number(db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'batches'").get()?.['seq'] ?? 0);
  if (used >= atLeast) return used;
  transaction(db, () => {
    db.prepare("DELETE FROM sqlite_sequence WHERE name = 'batches'").run();
    db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('batches', ?)").run(atLeast);
  });
  return atLeast;
};

const lowest = (cursors: ReadonlyMap<string, number>): number => Math.min(...cursors.values());

const roundsTaken = (rounds: readonly Round[], taken: string): Round[] => {
  if (taken === ALL) return [...rounds];
  const set = { floor: 1, ranges: JSON.parse(taken) as SequenceRange[] }; // Border: our own column.
  return rounds.filter((round) => hasSequence(set, round.seq));
};
const batchHead = (row: SqlRow): Omit<Batch, 'rounds'> => ({
  v: 1,
  epoch: String(row['epoch']),
  lane: row['lane'] === 'fresh' ? 'fresh' : 'backlog',
  lowest: Number(row['lowest']),
  upTo: row['up_to'] === null ? null : Number(row['up_to']),
});
