import type { Clock } from '../../protocol/time.ts';

/** A clock that stands still until it is told. `advance` wakes sleepers in the order of their times and lets each run on before the next. */
export interface ManualClock extends Clock {
  advance(ms: number): Promise<void>;
  /** The wall clock jumps; the monotonic one does not. */
  stepWall(ms: number): void;
}

export const makeManualClock = (wall = 1_800_000_000_000, monotonic = 1_000): ManualClock => {
  let steady = monotonic;
  let offset = wall - monotonic;
  let sleepers: { readonly due: number; readonly wake: () => void }[] = [];
  return {
    now: () => steady + offset,
    monotonic: () => steady,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(signal.reason);
        };
        const wake = (): void => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper = { due: steady + Math.max(0, ms), wake };
        sleepers.push(sleeper);
        signal.addEventListener('abort', onAbort);
      }),
    async advance(ms) {
      const until = steady + ms;
      for (;;) {
        await settle();
        const next = sleepers.toSorted((a, b) => a.due - b.due)[0];
        if (next === undefined || next.due > until) break;
        sleepers = sleepers.filter((one) => one !== next);
        steady = Math.max(steady, next.due);
        next.wake();
      }
      steady = until;
      await settle();
    },
    stepWall(ms) {
      offset += ms;
    },
  };
};

/** Lets everything run that is ready: several turns of the event loop, because a transaction takes some. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i += 1) await new Promise((resolve) => setImmediate(resolve));
};
