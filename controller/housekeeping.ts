// What has to be done from time to time. One loop; a piece that fails is told, and done again at its next time.
import { type Clock, slept } from '../protocol/time.ts';
import type { Trouble, Tuning } from './ports.ts';
import type { Troubles } from './troubles.ts';

export type Chore = readonly [part: Trouble['part'], work: () => Promise<void>];

export interface HousekeepingOptions {
  readonly clock: Clock;
  readonly tuning: Pick<Tuning, 'tickMs' | 'latestEveryMs' | 'retentionEveryMs'>;
  readonly troubles: Troubles;
  readonly tick: readonly Chore[];
  readonly minute: readonly Chore[];
  readonly latest: readonly Chore[];
  readonly retention: readonly Chore[];
  /** Once more when the signal aborts, so that a stop in good order forgets nothing. */
  readonly last: readonly Chore[];
}

const MINUTE_MS = 60_000;

/** Runs until the signal aborts; never rejects. */
export const runHousekeeping = async (options: HousekeepingOptions, signal: AbortSignal): Promise<void> => {
  const { clock, tuning, troubles } = options;
  const failed = new Set<Chore>();
  const run = async (chores: readonly Chore[]): Promise<void> => {
    for (const chore of chores) {
      const [part, work] = chore;
      try {
        await work();
        if (failed.delete(chore)) troubles.set(part, null);
      } catch (error) {
        failed.add(chore);
        troubles.set(part, error instanceof Error ? error.message : String(error));
      }
    }
  };
  const start = clock.monotonic();
  const rounds = [
    { everyMs: tuning.tickMs, chores: options.tick, due: start },
    { everyMs: MINUTE_MS, chores: options.minute, due: start },
    { everyMs: tuning.latestEveryMs, chores: options.latest, due: start + tuning.latestEveryMs },
    { everyMs: tuning.retentionEveryMs, chores: options.retention, due: start + MINUTE_MS },
  ];
  while (await slept(clock, tuning.tickMs, signal)) {
    for (const round of rounds) {
      const now = clock.monotonic();
      if (now < round.due) continue;
      round.due = now + round.everyMs - Math.min(tuning.tickMs / 2, round.everyMs / 2);
      await run(round.chores);
      if (signal.aborted) break;
    }
  }
  await run(options.last);
};
