// Copies what the embedded store holds into the new one, newest first, in windows: what is done is written down after each, and done again is harmless.
import * as z from 'zod';
import { type Clock, slept } from '../../protocol/time.ts';
import type { RefusedPoint } from '../series/refused.ts';
import type { SeriesStore } from '../series/store.ts';
import { writePoints } from '../store-writer.ts';

/** What is written down. Times are ms since the epoch. */
export const BackfillPlace = z.object({
  /** Which store it goes to: another one begins anew. */
  into: z.string(),
  /** When the change was: the older store has nothing newer. */
  until: z.number(),
  /** The oldest point there was; where it has older windows of roll-ups, the first whole hour of points. */
  oldest: z.number(),
  /** What lies before `oldest` is windows of roll-ups, which stay where they are and are read there. */
  hasOlderWindows: z.boolean().default(false),
  /** Everything from here on is copied. */
  copiedFrom: z.number(),
  points: z.int(),
  refused: z.int(),
  finishedAt: z.number().nullable(),
});
export type BackfillPlace = z.infer<typeof BackfillPlace>;

export interface BackfillOptions {
  readonly clock: Clock;
  readonly older: Pick<SeriesStore, 'scan'>;
  readonly newer: Pick<SeriesStore, 'write'>;
  readonly setAside: (refused: readonly RefusedPoint[]) => Promise<void>;
  /** Durable when it resolves. */
  readonly keep: (place: BackfillPlace) => Promise<void>;
  /** What lies before is not kept by the new store, so it is not copied; null: all of it is. */
  readonly keptFrom: () => number | null;
  /** Why it does not go on now; null when it does. */
  readonly onTrouble: (message: string | null) => void;
  readonly windowMs?: number;
}

const WINDOW_MS = 3_600_000;
const POINTS_AT_ONCE = 2_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** Runs until all is copied or the signal aborts; never rejects. Live rounds go first: it rests as long as each write took. */
export const runBackfill = async (start: BackfillPlace, options: BackfillOptions, signal: AbortSignal): Promise<void> => {
  const { clock, keep, onTrouble, windowMs = WINDOW_MS } = options;
  let place = start;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted && place.finishedAt === null) {
    try {
      const end = place.copiedFrom;
      const last = Math.max(place.oldest, options.keptFrom() ?? place.oldest);
      if (end <= last) {
        place = { ...place, finishedAt: Math.floor(clock.now()) };
      } else {
        const from = Math.max(last, Math.floor((end - 1) / windowMs) * windowMs);
        const copied = await copyWindow(options, from, end, signal);
        if (copied === null) return;
        place = { ...place, copiedFrom: from, points: place.points + copied.points, refused: place.refused + copied.refused };
      }
      await keep(place);
      onTrouble(null);
      retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error instanceof Error ? error.message : String(error));
      await slept(clock, retryMs, signal);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }
};

/** null: stopped in the middle. */
const copyWindow = async (
  { clock, older, newer, setAside }: BackfillOptions,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<{ points: number; refused: number } | null> => {
  const copied = { points: 0, refused: 0 };
  let after: string | null = null;
  do {
    if (signal.aborted) return null;
    const page: Awaited<ReturnType<SeriesStore['scan']>> = await older.scan({ from, to, after, limit: POINTS_AT_ONCE });
    const began = clock.monotonic();
    const refused = await writePoints(newer, page.points, setAside);
    copied.points += page.points.length - refused;
    copied.refused += refused;
    after = page.next;
    if (page.points.length > 0 && !(await slept(clock, Math.min(1_000, clock.monotonic() - began), signal))) return null;
  } while (after !== null);
  return copied;
};
