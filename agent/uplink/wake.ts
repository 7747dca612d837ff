import type { Clock } from '../../protocol/time.ts';

/** Given to abort, which would make an error with a stack for each wake. */
const OVER = 'over';

/** Lets a loop sleep until something happens or its time is over, whichever is first. */
export class Wake {
  #ring: (() => void) | null = null;
  #rung = false;

  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Resolves when rung (also when it was rung since the last wait), after `ms` (Infinity: never), or when the signal aborts. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let timer = Number.isFinite(ms) ? new AbortController() : null;
      this.#ring = resolve;
      const stop = (): void => resolve();
      signal.addEventListener('abort', stop);
      const due = (): void => {
        timer = null; // nothing is left to cancel
        resolve();
      };
      if (timer !== null) clock.sleep(ms, timer.signal).then(due, () => {});
      await promise;
      signal.removeEventListener('abort', stop);
      this.#ring = null;
      timer?.abort(OVER);
    }
    this.#rung = false;
  }
}
