import { percentile } from '../stats/delay.ts';

/** What the engine sees of its own noise, kept by the second so that thousands of rounds share the work. */
export interface NoiseRecord {
  canary(rttMs: number, nowMs: number): void;
  lag(lagMs: number, nowMs: number): void;
  /** Over the seconds that the window touches: the median of their median canary, and of their 90th-percentile lag; null where none was seen. */
  between(fromMs: number, toMs: number): { readonly canaryMs: number | null; readonly schedulerLagMs: number | null };
}

interface Second {
  readonly second: number;
  readonly canaryMs: number[];
  readonly lagMs: number[];
}

interface Summary {
  readonly canaryMs: number | null;
  readonly schedulerLagMs: number | null;
}

/** Longer than the longest round (100 packets, a minute apart) is not needed in the fine: its last ten minutes speak for it. */
const KEPT_SECONDS = 600;

export const makeNoiseRecord = (): NoiseRecord => {
  const past = new Map<number, Summary>();
  const cache = new Map<string, Summary>();
  let current: Second = { second: -1, canaryMs: [], lagMs: [] };

  const at = (nowMs: number): Second => {
    const second = Math.floor(nowMs / 1000);
    if (second === current.second) return current;
    if (current.second >= 0) past.set(current.second, summarise(current.canaryMs, current.lagMs));
    for (const old of past.keys()) {
      if (old >= second - KEPT_SECONDS) break;
      past.delete(old);
    }
    cache.clear();
    current = { second, canaryMs: [], lagMs: [] };
    return current;
  };
  const collect = (from: number, to: number): Summary => {
    const seconds: Summary[] = [];
    for (let second = Math.max(from, to - KEPT_SECONDS); second <= to; second += 1) {
      const summary = second === current.second ? summarise(current.canaryMs, current.lagMs) : past.get(second);
      if (summary !== undefined) seconds.push(summary);
    }
    return {
      canaryMs: percentileOf(
        seconds.flatMap(({ canaryMs }) => canaryMs ?? []),
        50,
      ),
      schedulerLagMs: percentileOf(
        seconds.flatMap(({ schedulerLagMs }) => schedulerLagMs ?? []),
        50,
      ),
    };
  };

  return {
    canary: (rttMs, nowMs) => void at(nowMs).canaryMs.push(rttMs),
    lag: (lagMs, nowMs) => void at(nowMs).lagMs.push(lagMs),
    between: (fromMs, toMs) => {
      const from = Math.floor(fromMs / 1000);
      const to = Math.floor(toMs / 1000);
      const key = `${from} ${to}`;
      const known = cache.get(key) ?? collect(from, to);
      cache.set(key, known);
      return known;
    },
  };
};

const summarise = (canaryMs: readonly number[], lagMs: readonly number[]): Summary => ({
  canaryMs: percentileOf(canaryMs, 50),
  schedulerLagMs: percentileOf(lagMs, 90),
});

const percentileOf = (values: readonly number[], p: number): number | null =>
  values.length === 0 ? null : tenthOfMicrosecond(percentile(values.toSorted(ascending), p));

const tenthOfMicrosecond = (ms: number): number => Math.round(ms * 1e4) / 1e4;

const ascending = (a: number, b: number): number => a - b;
