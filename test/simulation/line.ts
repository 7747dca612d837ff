import type { Seeded } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface Weather {
  /** Chance that a QoS 0 packet, or a broker's delivery to a subscriber, is lost. */
  readonly lose: number;
  /** Chance that a QoS 1 message is delivered twice, the second time up to 20 s later. */
  readonly double: number;
  /** Chance that a packet, and all that follow it, waits up to 8 s. */
  readonly late: number;
}

export const FAIR: Weather = { lose: 0.0005, double: 0.0005, late: 0.0005 };

/** The way between a host and the broker: delay, and what the fault plan does to it. In order within a connection, as TCP is. */
export class Line {
  readonly #timeline: Timeline;
  readonly #random: Seeded;
  readonly #delayMs: number;
  #blackUntil = 0;
  #stalledUntil = 0;
  weather: Weather = FAIR;

  constructor(timeline: Timeline, random: Seeded, delayMs: number) {
    this.#timeline = timeline;
    this.#random = random;
    this.#delayMs = delayMs;
  }

  /** Everything on it vanishes until then, unnoticed: a half-open line. */
  black(untilAt: number): void {
    this.#blackUntil = Math.max(this.#blackUntil, untilAt);
  }

  /** Everything on it waits until then. */
  stall(untilAt: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, untilAt);
  }

  get passes(): boolean {
    return this.#timeline.now() >= this.#blackUntil;
  }

  /** When a packet that leaves now arrives; null when it vanishes. `after`: the arrival of the one before. */
  arrival(after: number): number | null {
    if (!this.passes) return null;
    const leaves = Math.max(this.#timeline.now(), this.#stalledUntil);
    const lateMs = this.#random.chance(this.weather.late) ? this.#random.between(100, 8_000) : 0;
    return Math.max(after, leaves + this.#delayMs * this.#random.between(1, 1.3) + lateMs);
  }

  loses(): boolean {
    return this.#random.chance(this.weather.lose);
  }

  /** How much later a message comes a second time; null mostly. */
  doubles(): number | null {
    return this.#random.chance(this.weather.double) ? this.#random.between(1, 20_000) : null;
  }

  /** The time it takes one end to notice that the other is gone: a little, or 1.5 keepalives of 15 s when nothing tells it. */
  noticeMs(silent: boolean): number {
    return silent ? this.#random.between(22_500, 30_000) : this.#delayMs + this.#random.between(0, 200);
  }
}
