// What a rule says of one round: pure, in numbers that came with the round and those of its window.
import type { Rule } from '../../protocol/rule.ts';
import type { HourStats } from './baseline.ts';
import type { Reading } from './lifecycle.ts';
import type { Observation } from './observation.ts';
import { aggregate, countWhere, referenceBefore, type Samples } from './samples.ts';

/** A round that comes later than two of its intervals and this after its end is backfill. */
const LATE_MS = 30_000;

export const lateAfterMs = (intervalMs: number): number => 2 * intervalMs + LATE_MS;

/** How many times the bound of the median RTT a field may be off: a variation is a difference of two delays. What is not named is no delay. */
const BOUNDS: Readonly<Record<string, number>> = {
  rtt_median_ms: 1,
  rtt_mean_ms: 1,
  rtt_p95_ms: 1,
  ipdv_mean_abs_ms: 2,
  pdv_p95_ms: 2,
  jitter_rfc3550_ms: 2,
};

/** How far a field of this round may be off by the prober's own fault. */
export const boundOf = (field: string, { boundMs }: Pick<Observation, 'boundMs'>): number => boundMs * (BOUNDS[field] ?? 0);

/** What stands beside the round: earlier values of its series, what is usual at this hour, and whether the rule fires already. */
export interface Beside {
  readonly samples: Samples | null;
  readonly usual: HourStats | null;
  readonly firing: boolean;
}
export interface Said {
  readonly reading: Reading;
  /** What was compared with the threshold, and with it is told; null when there was nothing. */
  readonly value: number | null;
  readonly why?: 'not-measured' | 'inside-error-bound' | 'learning' | 'too-few-rounds';
}

const nothing = (why: NonNullable<Said['why']>): Said => ({ reading: 'no-data', value: null, why });

/**
 * What the rule says of one round; the samples have it already. A breach that lies inside its own error bound is no data: it may be the prober's
 * noise. Once the rule fires, the line to cross is `clearThreshold`.
 */
export const readingOf = (rule: Rule, observation: Observation, beside: Beside = { samples: null, usual: null, firing: false }): Said => {
  if (observation.values[rule.field] === undefined) return nothing('not-measured');
  const { samples, usual } = beside;
  if (rule.pattern !== undefined) return patternReading(rule, rule.pattern, observation, samples, beside.firing);
  const now = current(rule, observation, samples);
  switch (rule.kind) {
    case 'change': {
      const before =
        rule.change && samples ? referenceBefore(samples, observation.end, rule.change.overMs, rule.window?.lengthMs ?? 0) : null;
      if (before === null) return nothing('too-few-rounds');
      const { value, bound } = against(now, before.value, before.bound, rule.change?.as === 'ratio');
      return judged(rule, value, bound, beside.firing);
    }
    case 'baseline': {
      if (usual === null) return nothing('learning');
      if (rule.baseline?.as === 'ratio') {
        const { value, bound } = against(now, usual.median, 0, true);
        return judged(rule, value, bound, beside.firing);
      }
      return judged(rule, (now.value - usual.median) / usual.spread, now.bound / usual.spread, beside.firing);
    }
    case 'threshold':
    case 'no-data':
    case 'agent-off':
      return judged(rule, now.value, now.bound, beside.firing);
    default:
      return rule.kind satisfies never;
  }
};

interface Measured {
  readonly value: number;
  readonly bound: number;
}

const current = (rule: Rule, observation: Observation, samples: Samples | null): Measured =>
  rule.window !== undefined && samples !== null
    ? aggregate(samples, rule.window.aggregate, observation.end - rule.window.lengthMs, rule.field === 'loss_ratio')
    : { value: observation.values[rule.field] ?? 0, bound: boundOf(rule.field, observation) };

/** A difference, or, as a ratio, for baselines `now / before` and for changes how much of `before` it moved; both bounds count. */
const against = (now: Measured, before: number, beforeBound: number, asRatio: boolean): Measured => {
  if (!asRatio) return { value: now.value - before, bound: now.bound + beforeBound };
  const base = Math.abs(before) > 0 ? Math.abs(before) : Number.EPSILON;
  return { value: now.value / base, bound: (now.bound + beforeBound) / base };
};

const judged = (rule: Pick<Rule, 'comparison' | 'threshold' | 'clearThreshold'>, value: number, bound: number, firing: boolean): Said => {
  const isUp = rule.comparison === 'above';
  const line = firing ? (rule.clearThreshold ?? rule.threshold) : rule.threshold;
  const over = isUp ? value - line : line - value;
  if (over <= 0) return { reading: 'clear', value };
  return over > bound ? { reading: 'breached', value } : { reading: 'no-data', value, why: 'inside-error-bound' };
};

/** n of m: told is how many were bad. */
const patternReading = (
  rule: Rule,
  { bad, of }: NonNullable<Rule['pattern']>,
  observation: Observation,
  samples: Samples | null,
  firing: boolean,
): Said => {
  const isBad = (value: number, bound: number): boolean => judged(rule, value, bound, firing).reading === 'breached';
  const count = samples
    ? countWhere(samples, of, isBad)
    : isBad(observation.values[rule.field] ?? 0, boundOf(rule.field, observation))
      ? 1
      : 0;
  return { reading: count >= bad ? 'breached' : 'clear', value: count };
};
