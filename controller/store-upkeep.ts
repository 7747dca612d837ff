// The store's own work, a piece at a time, so that queries come in between.
import { type Clock, slept } from '../protocol/time.ts';
import type { Retention, SeriesStore } from './series/store.ts';

export interface UpkeepOptions {
  readonly store: SeriesStore;
  /** The controller's time. */
  readonly clock: Clock;
  readonly everyMs: number;
  readonly retention: Retention;
  readonly onTrouble: (message: string | null) => void;
}

/** Runs until the signal aborts; never rejects. What fails is told, and tried again at the next time. */
export const runUpkeep = async ({ store, clock, everyMs, retention, onTrouble }: UpkeepOptions, signal: AbortSignal): Promise<void> => {
  while (await slept(clock, everyMs, signal)) {
    try {
      while (!signal.aborted && (await store.maintain({ now: Math.floor(clock.now()), retention })).more);
      onTrouble(null);
    } catch (error) {
      onTrouble(error instanceof Error ? error.message : String(error));
    }
  }
};
