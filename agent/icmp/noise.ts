import { percentile } from '../stats/delay.ts';

/** What the engine sees of its own noise, kept by the second so that thousands of rounds share the work. */
export interface NoiseRecord {
  canary(rttMs: number, unseenMs: number, nowMs: number): void;
  lag(lagMs: number, nowMs: number): void;
  /** Over the seconds that the window touches: the median of their median canary, and of their 90th percentiles; null where none was seen. */
  between(fromMs: number, toMs: number): Summary;
}

interface Second {
  readonly second: number;
  readonly canaryMs: number[];
  readonly unseenMs: number[];
  readonly lagMs: number[];
}

interface Summary {
  readonly canaryMs: number | null;
  /** What of the canary's RTT its send does not explain. */
  readonly unseenMs: number | null;
  readonly schedulerLagMs: number | null;
}

/** Longer than the longest round (100 packets, a minute apart) is not needed in the fine: its last ten minutes speak for it. */
const KEPT_SECONDS = 600;

export const makeNoiseRecord = (): NoiseRecord => {
  const past = new Map<number, Summary>();
  const cache = new Map<string, Summary>();
  let current: Second = { second: -1, canaryMs: [], unseenMs: [], lagMs: [] };
  /** Of the current second, until it has more: rounds of many lengths close together, and each asks. */
  let currentSummary: Summary | null = null;

  const at = (nowMs: number): Second => {
    const second = Math.floor(nowMs / 1000);
    currentSummary = null;
    if (second === current.second) return current;
    if (current.second >= 0) past.set(current.second, summarise(current));
    for (const old of past.keys()) {
      if (old >= second - KEPT_SECONDS) break;
      past.delete(old);
    }
    cache.clear();
    current = { second, canaryMs: [], unseenMs: [], lagMs: [] };
    return current;
  };
  const collect = (from: number, to: number): Summary => {
    const seconds: Summary[] = [];
    for (let second = Math.max(from, to - KEPT_SECONDS); second <= to; second += 1) {
      const summary = second === current.second ? (currentSummary ??= summarise(current)) : past.get(second);
      if (summary !== undefined) seconds.push(summary);
    }
    const median = (of: keyof Summary): number | null =>
      percentileOf(
        seconds.flatMap((summary) => summary[of] ?? []),
        50,
      );
    return { canaryMs: median('canaryMs'), unseenMs: median('unseenMs'), schedulerLagMs: median('schedulerLagMs') };
  };

  return {
    canary: (rttMs, unseenMs, nowMs) => {
      const second = at(nowMs);
      second.canaryMs.push(rttMs);
      second.unseenMs.push(unseenMs);
    },
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

const summarise = ({ canaryMs, unseenMs, lagMs }: Second): Summary => ({
  canaryMs: percentileOf(canaryMs, 50),
  unseenMs: percentileOf(unseenMs, 90),
  schedulerLagMs: percentileOf(lagMs, 90),
});

const percentileOf = (values: readonly number[], p: number): number | null =>
  values.length === 0 ? null : tenthOfMicrosecond(percentile(values.toSorted(ascending), p));

const tenthOfMicrosecond = (ms: number): number => Math.round(ms * 1e4) / 1e4;

const ascending = (a: number, b: number): number => a - b;
