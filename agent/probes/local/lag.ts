import { type Clock, slept } from '../../../protocol/time.ts';

const EVERY_MS = 1_000;

/** How late this process comes to what is due: once a second it is due to wake. */
export class LoopLag {
  #sumMs = 0;
  #maxMs = 0;
  #times = 0;

  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    for (;;) {
      const dueMs = clock.monotonic() + EVERY_MS;
      if (!(await slept(clock, EVERY_MS, signal))) return;
      this.note(Math.max(0, clock.monotonic() - dueMs));
    }
  }

  note(lateMs: number): void {
    this.#sumMs += lateMs;
    this.#maxMs = Math.max(this.#maxMs, lateMs);
    this.#times += 1;
  }

  /** Since the last time; null when nothing was due. */
  take(): { readonly meanMs: number; readonly maxMs: number } | null {
    const lag = this.#times === 0 ? null : { meanMs: this.#sumMs / this.#times, maxMs: this.#maxMs };
    this.#sumMs = 0;
    this.#maxMs = 0;
    this.#times = 0;
    return lag;
  }
}
