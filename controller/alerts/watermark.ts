import { lateAfterMs } from './evaluate.ts';
import type { Observation } from './observation.ts';

/** Of one agent: up to where its fresh rounds are complete and judged, and what waits beyond. */
export interface Progress {
  readonly upTo: number;
  readonly waiting: readonly Observation[];
}
export const nothingYet: Progress = { upTo: 0, waiting: [] };

/** What one arrival brings to its agent's progress. */
export interface Advance {
  readonly arrivedAt: number;
  readonly lane: 'fresh' | 'backlog';
  readonly upTo: number | null;
  readonly observations: readonly Observation[];
}

/** More rounds of one agent than this, stamped ahead of its watermark, are a broken clock: the farthest ahead are dropped. */
const WAITING_MAX = 20_000;

/**
 * Takes one arrival in and hands out what is now complete, in the order of the rounds' ends. Pure, and decided by stored values
 * alone, so that a backtest sees what was seen live: backfill (the backlog lane; behind the watermark; judged later than two intervals
 * and 30 s after its end) is never handed out, neither to open nor to close anything. A round from the future waits, because
 * the watermark never runs ahead of the controller's own time.
 */
export const advance = (
  before: Progress,
  arrival: Advance,
): { readonly progress: Progress; readonly ready: readonly Observation[]; readonly late: number } => {
  const isLate = ({ end, intervalMs }: Observation): boolean => arrival.arrivedAt - end > lateAfterMs(intervalMs);
  const upTo = Math.max(before.upTo, Math.min(arrival.upTo ?? 0, arrival.arrivedAt));
  const fresh = arrival.lane === 'fresh' ? arrival.observations.filter(({ end }) => end > before.upTo) : [];
  const timely = [...before.waiting, ...fresh].filter((observation) => !isLate(observation));
  const late = arrival.observations.length + before.waiting.length - timely.length;
  const inOrder = timely.sort((a, b) => a.end - b.end || (a.task < b.task ? -1 : 1));
  const firstWaiting = inOrder.findIndex(({ end }) => end > upTo);
  if (firstWaiting === -1) return { progress: { upTo, waiting: [] }, ready: inOrder, late };
  return {
    progress: { upTo, waiting: inOrder.slice(firstWaiting, firstWaiting + WAITING_MAX) },
    ready: inOrder.slice(0, firstWaiting),
    late,
  };
};
