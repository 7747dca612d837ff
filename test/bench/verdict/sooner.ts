import type { VerdictCase } from '../../../controller/verdict/case.ts';

/** The same window, asked earlier: after `rounds` rounds, with what had come by then. */
export const endingAfter = (given: VerdictCase, rounds: number): VerdictCase => {
  const end = given.start + rounds * given.step;
  const kept = given.traces.at.flatMap((at, i) => (at < end ? [i] : []));
  const pick = <T>(column: readonly T[]): T[] => kept.flatMap((i) => column.slice(i, i + 1));
  const cut = (rows: readonly (readonly (number | null)[])[]): (number | null)[][] => rows.map((row) => row.slice(0, rounds));
  const { series, health, traces } = given;
  return {
    ...given,
    rounds,
    traces: { pair: pick(traces.pair), at: pick(traces.at), hops: pick(traces.hops), reached: pick(traces.reached) },
    series: {
      sent: cut(series.sent),
      received: cut(series.received),
      rtt_median_us: cut(series.rtt_median_us),
      rtt_p95_us: cut(series.rtt_p95_us),
    },
    health: {
      bound_us: cut(health.bound_us),
      lag_us: cut(health.lag_us),
      canary_us: cut(health.canary_us),
      cpu: cut(health.cpu),
      drops: cut(health.drops),
      clock_step_ms: cut(health.clock_step_ms),
    },
  };
};
