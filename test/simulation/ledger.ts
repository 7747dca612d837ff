import { fieldOf } from '../../controller/series/schema.ts';
import type { Point } from '../../controller/series/store.ts';
import type { IcmpSample } from '../../protocol/probes/icmp.ts';
import type { ControllerTime } from './controller-time.ts';
import { iso, type Journal } from './journal.ts';
import type { Timeline } from './timeline.ts';

/** A round that is handed over is spooled within this (the agent's graceMs and a little): a kill may take a younger one. */
const SPOOLED_WITHIN_MS = 1_100;
const MARK_STEP_MS = 1e-9;
/** The wall clock runs evenly and the crystal does not, over a boot of some days. */
const WALL_SLACK_MS = 20_000;

export interface Truth {
  readonly mark: number;
  readonly agent: string;
  readonly task: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** What the agent's wall clock was off by in that boot, before and after its jumps: a boot that never met the controller has no better time. */
  readonly wallOffsets: readonly number[];
  values: readonly unknown[];
  handedAt: number | null;
  /** Why it need not arrive: none of the promises covers it. */
  excuse: 'killed' | 'spool deleted' | null;
  storedAt: number | null;
}

/** Every round that was measured, and what has become of it: promise 1. */
export class Ledger {
  readonly #timeline: Timeline;
  readonly #journal: Journal;
  readonly #time: ControllerTime;
  readonly #rounds: Truth[] = [];
  /** Per agent what is not in the store yet, in the order of measuring. */
  readonly #open = new Map<string, Map<number, Truth>>();
  stored = 0;
  onStored: (truth: Truth) => void = () => {};

  constructor(timeline: Timeline, journal: Journal, time: ControllerTime) {
    this.#timeline = timeline;
    this.#journal = journal;
    this.#time = time;
  }

  get measuredCount(): number {
    return this.#rounds.length;
  }

  measured(round: Pick<Truth, 'agent' | 'task' | 'startedAt' | 'endedAt' | 'wallOffsets'>): Truth {
    const number = this.#rounds.length;
    const truth: Truth = { ...round, mark: (number + 1) * MARK_STEP_MS, values: [], handedAt: null, excuse: null, storedAt: null };
    this.#rounds.push(truth);
    this.openOf(round.agent).set(number, truth);
    return truth;
  }

  hasValues(truth: Truth, sample: IcmpSample): void {
    truth.values = valuesOf(sample.sent, sample.received, sample.lost, sample.rtt?.medianMs, sample.rtt?.maxMs, sample.sketch);
  }

  /** The agent has asked for the next one: this one is its own now. */
  handedOver(truth: Truth): void {
    truth.handedAt = this.#timeline.now();
  }

  /** Rounds on their way into the spool die with the agent. `unspooledSince`: now, or since when the disk took nothing. */
  killed(agent: string, unspooledSince: number): void {
    const since = unspooledSince - SPOOLED_WITHIN_MS;
    for (const truth of this.openOf(agent).values())
      if (truth.excuse === null && (truth.handedAt === null || truth.handedAt > since)) truth.excuse = 'killed';
  }

  spoolDeleted(agent: string): void {
    for (const truth of this.openOf(agent).values()) truth.excuse ??= 'spool deleted';
  }

  /** What is not in the store, oldest first. */
  openOf(agent: string): Map<number, Truth> {
    let open = this.#open.get(agent);
    if (open === undefined) {
      open = new Map();
      this.#open.set(agent, open);
    }
    return open;
  }

  /** The store has committed these points. Writing one again is harmless; writing it elsewhere is a doubled round. */
  written(points: readonly Point[]): void {
    for (const point of points) this.#written(point);
  }

  /** What a query returns in the end, against everything that was ever written. */
  returned(count: number): void {
    if (count !== this.stored) this.#journal.fail(1, `a query returns ${count} rounds, ${this.stored} were stored`);
  }

  #written(point: Point): void {
    const mark = Number(point.fields[fieldOf('error_bound_ms')]);
    const number = Math.round(mark / MARK_STEP_MS) - 1;
    const truth = this.#rounds[number];
    if (truth === undefined || truth.agent !== point.tags['agent'] || truth.task !== point.tags['task'])
      return this.#journal.fail(1, `stored, but never measured: ${nameOf(point)}`);
    if (truth.storedAt === point.at) return;
    if (truth.storedAt !== null) return this.#journal.fail(1, `doubled: ${nameOf(point)} is also stored at ${iso(truth.storedAt)}`);
    this.#checkValues(truth, point);
    this.#checkTime(truth, point);
    truth.storedAt = point.at;
    this.stored += 1;
    this.openOf(truth.agent).delete(number);
    this.onStored(truth);
  }

  #checkValues(truth: Truth, point: Point): void {
    const field = (key: string): unknown => point.fields[key];
    const stored = valuesOf(
      field(fieldOf('sent')),
      field(fieldOf('received')),
      field('lost'),
      field(fieldOf('rtt_median_ms')),
      field(fieldOf('rtt_max_ms')),
      field(fieldOf('rtt_sketch')) ?? '',
    );
    if (stored.some((value, index) => value !== truth.values[index]))
      this.#journal.fail(1, `other values: ${nameOf(point)} has ${stored.join(' ')}, measured was ${truth.values.join(' ')}`);
  }

  #checkTime(truth: Truth, point: Point): void {
    if (point.fields['time_source'] === 'wall') {
      this.#journal.count('rounds stamped by the wall clock');
      if (!truth.wallOffsets.some((offset) => Math.abs(point.at - truth.startedAt - offset) <= WALL_SLACK_MS))
        this.#journal.fail(
          1,
          `wrong time: ${nameOf(point)}, really ${iso(truth.startedAt)}; the wall clock was off by ${truth.wallOffsets.join(' or ')} ms`,
        );
      return;
    }
    const boundMs = Number(point.fields['time_bound_ms']);
    const { at, slackMs } = this.#time.of(truth.startedAt);
    const errorMs = point.at - at;
    if (!(Math.abs(errorMs) <= boundMs + slackMs + 2))
      this.#journal.fail(1, `wrong time: ${nameOf(point)}, ${errorMs.toFixed(1)} ms off, its bound is ${boundMs.toFixed(1)} ms`);
  }
}

const valuesOf = (...values: readonly unknown[]): readonly unknown[] => values.map((value) => value ?? '-');
const nameOf = ({ tags, at }: Point): string => `${tags['agent']} ${tags['task']} at ${iso(at)}`;
