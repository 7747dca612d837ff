import type { Acknowledgement } from '../../protocol/acknowledgement.ts';
import { BATCH_MAX_ROUNDS, type Batch } from '../../protocol/batch.ts';
import type { Log } from '../../protocol/log.ts';
import type { Clock } from '../../protocol/time.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { batchText, type SpooledRound, toWire } from '../spool/rows.ts';
import type { Spool } from '../spool/spool.ts';
import type { Timekeeper } from '../time/timekeeper.ts';
import type { Timing } from '../timing.ts';
import { allowed, firstGrant, type Grant, refilled, regranted, spent, waitMs } from './grant.ts';

/** Batches without acknowledgement, at most. */
const FRESH_IN_FLIGHT_MAX = 8;
const BACKLOG_IN_FLIGHT_MAX = 2;
/** After so many times of waiting in vain nobody is there to answer; a broker would keep every repetition for when somebody is. One batch at a time then asks. */
const UNANSWERED = 2;
/** JSON of one batch before compression: below BATCH_MAX_BYTES whatever the compression does. */
const BATCH_JSON_BYTES = 440 * 1024;
const WIRE_OVERHEAD_BYTES = 220;

export interface UplinkOptions {
  readonly spool: Spool;
  readonly timekeeper: Timekeeper;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
}

interface InFlight {
  readonly lane: Batch['lane'];
  readonly epoch: string;
  /** Sequence to id of what is not acknowledged yet. */
  readonly ids: Map<number, number>;
  readonly firstEndMs: number;
  readonly sentMs: number;
}

/** Decides what goes out next: fresh rounds at once, the backlog behind them at the rate granted, what stays unanswered again. One session at a time. */
export class Uplink {
  readonly #options: UplinkOptions;
  #send: ((batch: string) => void) | null = null;
  #inFlight: InFlight[] = [];
  #flying = new Set<number>();
  /** Everything from this id on is young enough to be fresh. */
  #freshFrom: number;
  #freshCursor = 0;
  #backlogCursor = 0;
  #grant: Grant = firstGrant(0);
  /** How often a batch has waited in vain since the last answer. */
  #unanswered = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#freshFrom = options.spool.lastId + 1; // what earlier starts left behind is backlog
  }

  /** A session is up and its clocks are exchanged: `send` hands a batch to it, in JSON. */
  begin(send: (batch: string) => void): void {
    this.end();
    this.#options.spool.commit(this.#options.timekeeper.synchronised); // what is acknowledged must be gone before the cursors start anew
    this.#send = send;
    this.#grant = firstGrant(this.#options.clock.monotonic());
  }

  /** The session is gone: whatever was under way may be lost, and goes again. */
  end(): void {
    this.#send = null;
    this.#inFlight = [];
    this.#flying.clear();
    this.#freshCursor = 0;
    this.#backlogCursor = 0;
    this.#unanswered = 0;
  }

  get sending(): boolean {
    return this.#send !== null;
  }

  acknowledged(ack: Acknowledgement): void {
    const { spool, log, clock } = this.#options;
    this.#unanswered = 0;
    const refused = ack.refused.map(({ seq }): [number, number] => [seq, seq]);
    let settled = 0;
    for (const batch of this.#inFlight.filter(({ epoch }) => epoch === ack.epoch))
      for (const [seq, id] of batch.ids)
        if ([...ack.ranges, ...refused].some(([first, last]) => seq >= first && seq <= last)) {
          batch.ids.delete(seq);
          this.#flying.delete(id);
          settled += 1;
        }
    spool.acknowledge(ack.epoch, [...ack.ranges, ...refused], settled);
    this.#inFlight = this.#inFlight.filter(({ ids }) => ids.size > 0);
    this.#grant = regranted(this.#grant, ack.backlogPerSecond, clock.monotonic());
    const [first] = ack.refused;
    if (first !== undefined) log.warn('rounds-refused', `the controller refused rounds: ${first.reason}`, { rounds: ack.refused.length });
  }

  /** Sends all that may go now. Returns after how many ms there may be more to do without anything happening; Infinity when there is nothing to wait for. */
  pump(): number {
    if (this.#send === null) return Number.POSITIVE_INFINITY;
    const { spool, timekeeper, timing, clock } = this.#options;
    this.#expire(clock.monotonic());
    this.#freshFrom = spool.firstSince(this.#freshFrom, timekeeper.steady.now() - timing.freshMs);
    this.#sendFresh(this.#send);
    const backlogMs = this.#sendBacklog(this.#send);
    const oldest = Math.min(...this.#inFlight.map(({ sentMs }) => sentMs));
    return Math.max(1, Math.min(backlogMs, oldest + timing.resendMs - clock.monotonic()));
  }

  #sendFresh(send: (batch: string) => void): void {
    while (this.#mayFly('fresh')) {
      const after = Math.max(this.#freshCursor, this.#freshFrom - 1);
      const { rounds, more } = this.#take(after, Number.MAX_SAFE_INTEGER, BATCH_MAX_ROUNDS);
      if (rounds.length === 0) return;
      const sent = this.#sendBatch(send, 'fresh', rounds, more);
      if (sent === 0) return;
      this.#freshCursor = rounds[sent - 1]?.id ?? after;
      if (!more) return;
    }
  }

  #sendBacklog(send: (batch: string) => void): number {
    const { clock, spool } = this.#options;
    for (;;) {
      if (!this.#mayFly('backlog')) return Number.POSITIVE_INFINITY;
      this.#grant = refilled(this.#grant, clock.monotonic());
      const left = spool.stats.rounds - this.#flying.size;
      if (left <= 0) return Number.POSITIVE_INFINITY;
      const budget = allowed(this.#grant, left);
      const { rounds } = this.#take(this.#backlogCursor, this.#freshFrom, Math.max(1, budget));
      if (rounds.length === 0) {
        this.#backlogCursor = Math.max(this.#backlogCursor, this.#freshFrom - 1); // nothing, or all under way: not to be asked again before there is more
        return Number.POSITIVE_INFINITY;
      }
      if (budget === 0) return waitMs(this.#grant, left);
      const sent = this.#sendBatch(send, 'backlog', rounds, false);
      if (sent === 0) return 1_000; // the disk does not take the stamps now
      this.#grant = spent(this.#grant, sent);
      this.#backlogCursor = rounds[sent - 1]?.id ?? this.#backlogCursor;
    }
  }

  /** The next rounds of one epoch that are not under way, as many as fit. */
  #take(after: number, before: number, limit: number): { readonly rounds: readonly SpooledRound[]; readonly more: boolean } {
    let inBetween = 0;
    for (const id of this.#flying) if (id > after && id < before) inBetween += 1;
    const found = this.#options.spool.select(after, before, limit + inBetween + 1).filter(({ id }) => !this.#flying.has(id));
    const rounds: SpooledRound[] = [];
    let bytes = 0;
    for (const round of found) {
      bytes += round.outcomeJson.length + WIRE_OVERHEAD_BYTES;
      if (rounds.length === limit || round.epoch !== found[0]?.epoch || (rounds.length > 0 && bytes > BATCH_JSON_BYTES)) break;
      rounds.push(round);
    }
    return { rounds, more: rounds.length < found.length };
  }

  /** How many of the rounds went: all, or none when they cannot be stamped. */
  #sendBatch(send: (batch: string) => void, lane: Batch['lane'], rounds: readonly SpooledRound[], more: boolean): number {
    const { spool, clock } = this.#options;
    const stamped = spool.stamped(rounds);
    const epoch = stamped[0]?.epoch;
    if (epoch === undefined || stamped.length < rounds.length) return 0;
    const firstEndMs = Math.min(...stamped.map(({ stamp, durationMs }) => stamp.at + durationMs));
    const upTo = lane === 'fresh' ? this.#upTo(more ? firstEndMs : Number.POSITIVE_INFINITY) : null;
    const ids = new Map(stamped.map(({ seq, id }) => [seq, id]));
    for (const id of ids.values()) this.#flying.add(id);
    this.#inFlight.push({ lane, epoch, ids, firstEndMs, sentMs: clock.monotonic() });
    const head = { v: PROTOCOL_VERSION, epoch, lane, lowest: spool.lowest(epoch) ?? stamped[0]?.seq ?? 1, upTo } as const;
    const wire = stamped.map((round) => toWire(round, round.stamp));
    send(batchText(head, wire));
    return stamped.length;
  }

  /** No fresh round that ended before this is still to come, beside those in the batch at hand. */
  #upTo(restFromMs: number): number | null {
    const { spool, timekeeper, timing } = this.#options;
    const now = timekeeper.now();
    if (now === null) return null;
    const waitingEnd = spool.waiting.map((round) => timekeeper.controllerMs(round.moment.steadyMs) + round.durationMs);
    const flying = this.#inFlight.filter(({ lane }) => lane === 'fresh').map(({ firstEndMs }) => firstEndMs);
    const earliest = Math.min(
      restFromMs - timing.graceMs,
      ...flying,
      waitingEnd.reduce((low, end) => Math.min(low, end), Number.POSITIVE_INFINITY),
    );
    return Math.max(0, Math.floor(Math.min(now.atMs - timing.graceMs, earliest - 1)));
  }

  /** What was not acknowledged in time goes again: it is to be found from the cursors on. */
  #expire(nowMs: number): void {
    const expired = this.#inFlight.filter(({ sentMs }) => nowMs - sentMs >= this.#options.timing.resendMs);
    if (expired.length === 0) return;
    this.#unanswered += 1;
    this.#options.spool.commit(this.#options.timekeeper.synchronised); // or what is acknowledged would go again with it
    for (const batch of expired) {
      for (const id of batch.ids.values()) {
        this.#flying.delete(id);
        if (id >= this.#freshFrom) this.#freshCursor = Math.min(this.#freshCursor, id - 1);
        this.#backlogCursor = Math.min(this.#backlogCursor, id - 1);
      }
      this.#inFlight.splice(this.#inFlight.indexOf(batch), 1);
    }
  }

  /** One batch more of this lane? */
  #mayFly(lane: Batch['lane']): boolean {
    if (this.#unanswered >= UNANSWERED) return this.#inFlight.length === 0;
    const flying = this.#inFlight.filter((batch) => batch.lane === lane).length;
    return flying < (lane === 'fresh' ? FRESH_IN_FLIGHT_MAX : BACKLOG_IN_FLIGHT_MAX);
  }
}
