import type { Clock } from '../../protocol/time.ts';
import type { Host } from '../host.ts';

/** Below this a difference is the 10 ms steps of /proc/uptime, not a suspend. */
const NOTICE_MS = 50;
const KEEP_SEGMENTS = 32;

/** What is written down of a boot, so that the next start of the agent goes on with the same steady time. */
export interface SteadyState {
  /** Time suspended, as counted so far. */
  readonly suspendedMs: number;
  /** What the host said when it was counted last. */
  readonly readingMs: number;
}

interface Segment {
  /** The suspend lies between these two monotonic times: the last look before it, and the look that found it. */
  readonly afterMs: number;
  readonly foundMs: number;
  readonly suspendedMs: number;
}

/** Steady time: CLOCK_MONOTONIC plus the time that the host was suspended, ms. It runs evenly for as long as one boot lasts. */
export class SteadyClock {
  readonly #clock: Clock;
  readonly #host: Host;
  readonly #segments: Segment[];
  #readingMs: number;
  #lookedMs: number;

  constructor(clock: Clock, host: Host, saved: SteadyState | null) {
    this.#clock = clock;
    this.#host = host;
    this.#readingMs = saved?.readingMs ?? host.suspendedMs();
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    this.#segments = [{ afterMs: Number.NEGATIVE_INFINITY, foundMs: Number.NEGATIVE_INFINITY, suspendedMs: saved?.suspendedMs ?? 0 }];
    this.look();
  }

  get state(): SteadyState {
    return { suspendedMs: this.#last().suspendedMs, readingMs: this.#readingMs };
  }

  /** Asks the host whether it was suspended since the last look. Returns how long, 0 when it was not. */
  look(): number {
    const reading = this.#host.suspendedMs();
    const foundMs = this.#clock.monotonic();
    const sleptMs = reading - this.#readingMs;
    const afterMs = this.#lookedMs;
    this.#lookedMs = foundMs;
    if (Math.abs(sleptMs) < NOTICE_MS) return 0;
    this.#readingMs = reading;
    if (sleptMs < 0) return 0; // a container's uptime began anew: only rises say anything
    this.#segments.push({ afterMs, foundMs, suspendedMs: this.#last().suspendedMs + sleptMs });
    if (this.#segments.length > KEEP_SEGMENTS) this.#segments.shift();
    return sleptMs;
  }

  now(): number {
    return this.#clock.monotonic() + this.#last().suspendedMs;
  }

  /** The steady time of a moment in monotonic time. `slackMs`: how much earlier it may have been, when a suspend was found around that moment. */
  of(monotonicMs: number): { readonly steadyMs: number; readonly slackMs: number } {
    const index = Math.max(
      0,
      this.#segments.findLastIndex((segment) => monotonicMs > segment.afterMs),
    );
    const segment = this.#segments[index] ?? this.#last();
    const before = this.#segments[index - 1];
    const ambiguous = before !== undefined && monotonicMs <= segment.foundMs;
    return { steadyMs: monotonicMs + segment.suspendedMs, slackMs: ambiguous ? segment.suspendedMs - before.suspendedMs : 0 };
  }

  #last(): Segment {
    const segment = this.#segments.at(-1);
    if (segment === undefined) throw new Error('steady clock without a segment');
    return segment;
  }
}
