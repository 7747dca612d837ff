import type { RttStatistics } from '../../protocol/probes/icmp.ts';

/** The p-th percentile of ascending values by the nearest-rank method (RFC 2330, section 11.3): always one that was measured. */
export const percentile = (ascending: readonly number[], p: number): number => {
  const value = ascending[Math.max(1, Math.ceil((p * ascending.length) / 100)) - 1];
  if (value === undefined) throw new RangeError('percentile of nothing');
  return value;
};

/** Statistics over the RTTs of one round's received packets (RFC 2681), ms; null when nothing came back. */
export const rttStatistics = (rttsMs: readonly number[]): RttStatistics | null => {
  if (rttsMs.length === 0) return null;
  const ascending = rttsMs.toSorted((a, b) => a - b);
  const meanMs = mean(ascending);
  return {
    minMs: percentile(ascending, 0),
    meanMs,
    medianMs: percentile(ascending, 50),
    maxMs: percentile(ascending, 100),
    stddevMs: Math.sqrt(mean(ascending.map((rtt) => (rtt - meanMs) ** 2))),
    p5Ms: percentile(ascending, 5),
    p10Ms: percentile(ascending, 10),
    p25Ms: percentile(ascending, 25),
    p75Ms: percentile(ascending, 75),
    p90Ms: percentile(ascending, 90),
    p95Ms: percentile(ascending, 95),
    p99Ms: percentile(ascending, 99),
  };
};

export const mean = (values: readonly number[]): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};
