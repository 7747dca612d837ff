import { type Db, type Statement, transaction } from '../../protocol/database.ts';
import type { Log } from '../../protocol/log.ts';
import type { SequenceRange } from '../../protocol/acknowledgement.ts';
import type { Stamp, Timekeeper } from '../time/timekeeper.ts';
import { type NewRound, ROW_OVERHEAD_BYTES, rowToRound, SCHEMA, type SpooledRound } from './rows.ts';
import { isSqliteError } from './sqlite-error.ts';

/** Rounds that wait in memory while the disk takes nothing; beyond that the oldest go, counted. */
const WAITING_MAX = 20_000;
const COMMIT_MAX = 2_000;
/** With less than this left on the disk, the spool grows no further: old rounds make room for new ones. */
const DISK_RESERVE_BYTES = 4 * 1024 * 1024;
const DROP_AT_ONCE = 64;

export interface SpoolOptions {
  readonly db: Db;
  readonly epoch: string;
  readonly capBytes: number;
  readonly timekeeper: Timekeeper;
  readonly log: Log;
  /** Bytes left on the disk under the database. */
  readonly diskFree: () => number;
}

/** What is measured and not yet acknowledged. A round is on disk once `commit` has returned true; nothing else may be sent. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #insert: Statement;
  readonly #dropOldest: Statement;
  readonly #acknowledge: Statement;
  readonly #select: Statement;
  readonly #firstSince: Statement;
  readonly #lowest: Statement;
  readonly #stamp: Statement;
  #waiting: NewRound[] = [];
  #acknowledged: { readonly epoch: string; readonly ranges: readonly SequenceRange[] }[] = [];
  /** Rounds on disk that are acknowledged. */
  #settled = 0;
  #nextSeq = 1;
  #lastId: number;
  #totals: { rounds: number; bytes: number; dropped: number };
  #broken: string | null = null;
  /** What the last commit wrote, up to the newest there is: it goes out right after, without being read back. */
  #recent: readonly SpooledRound[] = [];
  /** What `firstSince` found last: it is asked several times a round. */
  #first = { id: 0, endMs: 0 };

  constructor(options: SpoolOptions) {
    const { db } = options;
    this.#options = options;
    db.exec(SCHEMA);
    this.#insert = db.prepare('INSERT INTO round VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#dropOldest = db.prepare('DELETE FROM round WHERE id IN (SELECT id FROM round ORDER BY id LIMIT ? + 0) RETURNING bytes');
    this.#acknowledge = db.prepare('DELETE FROM round WHERE epoch = ? AND seq BETWEEN ? AND ? RETURNING bytes');
    this.#select = db.prepare('SELECT * FROM round WHERE id > ? AND id < ? ORDER BY id LIMIT ? + 0'); // "+ 0": a bare "LIMIT ?" is prepared anew each time it is bound
    this.#firstSince = db.prepare(
      'SELECT id, steady_ms + duration_ms AS end FROM round WHERE id >= ? AND steady_ms + duration_ms >= ? ORDER BY id LIMIT 1',
    );
    this.#lowest = db.prepare('SELECT min(seq) AS low FROM round WHERE epoch = ?');
    this.#stamp = db.prepare('UPDATE round SET at = ?, source = ?, bound_ms = ?, age_s = ? WHERE id = ?');
    const row = db.prepare('SELECT count(*) AS rounds, total(bytes) AS bytes, ifnull(max(id), 0) AS last FROM round').get();
    const dropped = db.prepare("SELECT value FROM spool_counter WHERE name = 'dropped'").get();
    this.#lastId = Number(row?.['last'] ?? 0);
    this.#totals = { rounds: Number(row?.['rounds'] ?? 0), bytes: Number(row?.['bytes'] ?? 0), dropped: Number(dropped?.['value'] ?? 0) };
  }

  get epoch(): string {
    return this.#options.epoch;
  }
  /** Highest id given so far: what comes later has a higher one. */
  get lastId(): number {
    return this.#lastId;
  }
  get stats(): { readonly rounds: number; readonly bytes: number; readonly capBytes: number; readonly dropped: number } {
    const rounds = Math.max(0, this.#totals.rounds - this.#settled) + this.#waiting.length;
    return { ...this.#totals, rounds, capBytes: this.#options.capBytes };
  }
  /** Why nothing can be written at the moment; null when all is well. */
  get broken(): string | null {
    return this.#broken;
  }
  /** Rounds that are measured but not on disk yet: `upTo` must stay behind them. */
  get waiting(): readonly NewRound[] {
    return this.#waiting;
  }

  /** Acknowledgements that are not on disk yet; each may be of many rounds. */
  get acknowledgements(): number {
    return this.#acknowledged.length;
  }

  append(round: NewRound): void {
    this.#waiting.push(round);
  }

  /** The controller has these, or will never take them; `rounds` of them are still held. Written with the next commit; until then a repeat is harmless. */
  acknowledge(epoch: string, ranges: readonly SequenceRange[], rounds: number): void {
    this.#acknowledged.push({ epoch, ranges });
    this.#settled += rounds;
  }

  /** Writes what waits in one transaction, stamped at once when `stampNow`. False when the disk takes nothing now: it stays in memory, to be tried again. */
  commit(stampNow: boolean): boolean {
    while (this.#waiting.length > 0 || this.#acknowledged.length > 0) {
      const rounds = this.#waiting.slice(0, COMMIT_MAX);
      if (!this.#attempt(() => this.#write(rounds, stampNow, 0)) && !this.#attempt(() => this.#makeRoom(rounds, stampNow))) {
        this.#shedMemory();
        return false;
      }
      this.#waiting.splice(0, rounds.length);
      this.#acknowledged = [];
      this.#settled = 0;
    }
    return true;
  }

  /** Rounds with `after` < id < `before`, oldest first. */
  select(after: number, before: number, limit: number): readonly SpooledRound[] {
    if (after >= this.#lastId || after + 1 >= before) return []; // asked several times a round: nothing there costs nothing
    const [first] = this.#recent;
    if (first !== undefined && after >= first.id - 1) return this.#recent.filter(({ id }) => id > after && id < before).slice(0, limit);
    return this.#select.all(after, before, limit).map(rowToRound);
  }

  /** The first round from `fromId` on that ended at `steadyMs` or later; one past the last when there is none. */
  firstSince(fromId: number, steadyMs: number): number {
    if (fromId > this.#lastId || (fromId === this.#first.id && this.#first.endMs >= steadyMs)) return fromId;
    const row = this.#firstSince.get(fromId, steadyMs);
    if (row === undefined) return this.#lastId + 1;
    this.#first = { id: Number(row['id']), endMs: Number(row['end']) };
    return this.#first.id;
  }

  /** Lowest sequence of an epoch still held; for an epoch of which nothing is held, null. */
  lowest(epoch: string): number | null {
    const low = this.#lowest.get(epoch)?.['low'];
    return typeof low === 'number' ? low : null;
  }

  /** Fixes the time of rounds that have none yet, in one transaction, before they are sent. Those that cannot be stamped yet, or written, are left out. */
  stamped(rounds: readonly SpooledRound[]): readonly (SpooledRound & { readonly stamp: Stamp })[] {
    const missing = rounds.filter((round) => round.stamp === null);
    const stamps = new Map<number, Stamp>();
    if (missing.length > 0) this.#recent = [];
    const done =
      missing.length === 0 ||
      this.#attempt(() => {
        for (const round of missing) {
          const stamp = this.#options.timekeeper.stamp(round.moment, () => this.#lastWallOffset(round.moment.boot));
          if (stamp === null) continue;
          this.#stamp.run(stamp.at, stamp.source, stamp.boundMs, stamp.ageS, round.id);
          stamps.set(round.id, stamp);
        }
        for (const boot of new Set(missing.map((round) => round.moment.boot))) this.#options.timekeeper.save(boot);
      });
    return rounds.flatMap((round) => {
      const stamp = round.stamp ?? (done ? stamps.get(round.id) : undefined);
      return stamp === undefined ? [] : [{ ...round, stamp }];
    });
  }

  /** Lets the timekeeper forget what no round needs. Rare: it looks at every row. */
  tidy(): void {
    const { db, timekeeper } = this.#options;
    this.#attempt(() => {
      const boots = db.prepare('SELECT DISTINCT boot FROM round').all();
      const oldest = db.prepare('SELECT min(steady_ms) AS oldest FROM round WHERE at IS NULL AND epoch = ?').get(this.epoch)?.['oldest'];
      const waiting = this.#waiting[0]?.moment.steadyMs;
      timekeeper.prune(
        boots.map((row) => String(row['boot'])),
        typeof oldest === 'number' ? oldest : (waiting ?? null),
      );
    });
  }

  #write(rounds: readonly NewRound[], stampNow: boolean, makeRoomFor: number): void {
    const { capBytes, timekeeper } = this.#options;
    for (const { epoch: of, ranges } of this.#acknowledged)
      for (const [first, last] of ranges) this.#forget(this.#acknowledge.all(of, first, last));
    let droppedNow = 0;
    const dropSome = (): void => {
      const gone = this.#forget(this.#dropOldest.all(DROP_AT_ONCE));
      this.#totals.dropped += gone;
      droppedNow += gone;
    };
    if (this.#options.diskFree() < DISK_RESERVE_BYTES) makeRoomFor = Math.max(makeRoomFor, rounds.length);
    while (droppedNow < makeRoomFor && this.#totals.rounds > 0) dropSome();
    const written = rounds.map((round) => this.#insertOne(round, stampNow ? timekeeper.stamp(round.moment, () => 0) : null));
    while (this.#totals.bytes > capBytes && this.#totals.rounds > 0) dropSome();
    this.#recent = droppedNow > 0 ? [] : written;
    if (stampNow && rounds.length > 0) timekeeper.save();
    if (droppedNow > 0) this.#tellDropped(droppedNow);
  }

  #insertOne({ moment, wallMs, task, intervalMs, durationMs, outcome }: NewRound, stamp: Stamp | null): SpooledRound {
    const { epoch } = this.#options;
    const outcomeJson = JSON.stringify(outcome);
    const bytes = outcomeJson.length + task.length + ROW_OVERHEAD_BYTES;
    const [id, seq] = [++this.#lastId, this.#nextSeq++];
    const { boot, steadyMs, slackMs } = moment;
    const fixed = [stamp?.at ?? null, stamp?.source ?? null, stamp?.boundMs ?? null, stamp?.ageS ?? null];
    this.#insert.run(id, epoch, seq, boot, steadyMs, slackMs, wallMs, task, intervalMs, durationMs, outcomeJson, bytes, ...fixed);
    this.#totals.rounds += 1;
    this.#totals.bytes += bytes;
    return { id, epoch, seq, moment, task, intervalMs, durationMs, outcomeJson, stamp };
  }

  /** The disk is full: what the log holds goes into the database, the oldest rounds leave their pages to the new ones. */
  #makeRoom(rounds: readonly NewRound[], stampNow: boolean): void {
    this.#options.db.exec('ROLLBACK; PRAGMA wal_checkpoint(RESTART); BEGIN IMMEDIATE');
    this.#write(rounds, stampNow, 2 * rounds.length + DROP_AT_ONCE);
  }

  #forget(rows: readonly { readonly [column: string]: unknown }[]): number {
    for (const row of rows) this.#totals.bytes -= Number(row['bytes']);
    this.#totals.rounds -= rows.length;
    return rows.length;
  }

  #tellDropped(count: number): void {
    const { db, log } = this.#options;
    db.prepare("INSERT INTO spool_counter VALUES ('dropped', ?) ON CONFLICT DO UPDATE SET value = excluded.value").run(
      this.#totals.dropped,
    );
    log.warn('spool-full', 'the spool is full: the oldest rounds were dropped', { dropped: count, droppedInAll: this.#totals.dropped });
  }

  /** One transaction. A database that cannot write is a state: false, told once, and nothing has changed. */
  #attempt(work: () => void): boolean {
    const before = { totals: { ...this.#totals }, nextSeq: this.#nextSeq, lastId: this.#lastId };
    try {
      transaction(this.#options.db, work);
      if (this.#broken !== null) this.#options.log.info('spool-writable', 'the spool can write again', {});
      this.#broken = null;
      return true;
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      this.#totals = before.totals;
      this.#nextSeq = before.nextSeq;
      this.#lastId = before.lastId;
      this.#recent = [];
      if (this.#broken === null)
        this.#options.log.error(
          'spool-write-failed',
          `the spool cannot write: ${error.message}. Rounds wait in memory; free some disk space`,
          {},
        );
      this.#broken = error.message;
      return false;
    }
  }

  #shedMemory(): void {
    const surplus = this.#waiting.length - WAITING_MAX;
    if (surplus <= 0) return;
    this.#waiting.splice(0, surplus);
    this.#totals.dropped += surplus;
  }

  #lastWallOffset(boot: string): number {
    const row = this.#options.db
      .prepare('SELECT wall_ms - steady_ms AS offset FROM round WHERE boot = ? ORDER BY id DESC LIMIT 1')
      .get(boot);
    return Number(row?.['offset'] ?? 0);
  }
}
