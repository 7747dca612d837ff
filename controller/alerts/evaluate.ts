import type { Rule } from '../../protocol/rule.ts';
import type { Reading } from './lifecycle.ts';
import type { Observation, RuleField } from './observation.ts';

/** A round that comes later than two of its intervals and this after its end is backfill. */
const LATE_MS = 30_000;

export const lateAfterMs = (intervalMs: number): number => 2 * intervalMs + LATE_MS;

/** How many times the bound of the median RTT a field may be off: a variation is a difference of two delays. */
const BOUNDS: { readonly [F in RuleField]: number } = {
  loss_ratio: 0, // packets sent while the socket dropped are unknown, and not in the ratio at all
  rtt_median_ms: 1,
  rtt_p95_ms: 1,
  ipdv_mean_abs_ms: 2,
  pdv_p95_ms: 2,
  jitter_rfc3550_ms: 2,
};

/** What the rule says of one round. A breach that lies inside the round's own error bound is no data: it may be the prober's noise. */
export const readingOf = (rule: Pick<Rule, 'field' | 'comparison' | 'threshold'>, observation: Observation): Reading => {
  const value = observation.values[rule.field];
  if (value === undefined) return 'no-data';
  const over = rule.comparison === 'above' ? value - rule.threshold : rule.threshold - value;
  if (over <= 0) return 'clear';
  return over > observation.boundMs * BOUNDS[rule.field] ? 'breached' : 'no-data';
};
