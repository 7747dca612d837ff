import type { HistogramSample } from '../protocol/exposition.ts';

/** Seconds from a fresh round's end until it was in the store, counted since the start. */
export const BEHIND_BOUNDS_S = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 30, 60, 300] as const;

export interface Behind {
  add(ms: number): void;
  read(): HistogramSample;
}

export const openBehind = (): Behind => {
  const counts = BEHIND_BOUNDS_S.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    add(ms) {
      const seconds = Math.max(0, ms / 1000);
      count += 1;
      sum += seconds;
      const first = BEHIND_BOUNDS_S.findIndex((bound) => seconds <= bound);
      if (first >= 0) counts[first] = (counts[first] ?? 0) + 1;
    },
    read() {
      let below = 0;
      return { labels: {}, cumulative: counts.map((one) => (below += one)), count, sum };
    },
  };
};
