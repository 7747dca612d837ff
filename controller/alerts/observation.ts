import * as z from 'zod';
import type { Rule } from '../../protocol/rule.ts';
import { type Round, roundEndMs } from '../../protocol/round.ts';

export type RuleField = Rule['field'];

/** What the rules need of a round, small enough to wait in the control database for its agent's watermark. A missing value: nothing can be said. */
export const Observation = z.object({
  task: z.string(),
  at: z.number(),
  end: z.number(),
  intervalMs: z.number(),
  boundMs: z.number(),
  values: z.partialRecord(
    z.enum(['loss_ratio', 'rtt_median_ms', 'rtt_p95_ms', 'ipdv_mean_abs_ms', 'pdv_p95_ms', 'jitter_rfc3550_ms'] satisfies RuleField[]),
    z.number(),
  ),
});
export type Observation = z.infer<typeof Observation>;

/** A round as rules see it; null when it says nothing of its target: nothing was measured and the agent or the resolver is to blame. */
export const observe = (round: Round): Observation | null => {
  const base = { task: round.task, at: round.at, end: roundEndMs(round), intervalMs: round.intervalMs };
  const { outcome } = round;
  if (outcome.status === 'failed') {
    // Nothing came back of what was sent into a dead path: all is lost, and there is no delay to speak of.
    const blamesTarget = outcome.blame === 'target' || outcome.blame === 'path';
    return blamesTarget ? { ...base, boundMs: 0, values: { loss_ratio: 1 } } : null;
  }
  const { sent, unknown, lost, rtt, variation, errorBound } = outcome.sample;
  const answerable = sent - unknown;
  const values: Observation['values'] = {
    ...(answerable > 0 && { loss_ratio: lost / answerable }),
    ...(rtt && { rtt_median_ms: rtt.medianMs, rtt_p95_ms: rtt.p95Ms }),
    ...(variation && { pdv_p95_ms: variation.pdvP95Ms }),
    ...(variation?.ipdvMeanAbsMs != null && { ipdv_mean_abs_ms: variation.ipdvMeanAbsMs }),
    ...(variation?.jitterRfc3550Ms != null && { jitter_rfc3550_ms: variation.jitterRfc3550Ms }),
  };
  return { ...base, boundMs: errorBound.boundMs, values };
};

/** Whether the target itself was heard in this round: from then on it is no longer grey. */
export const isAnswered = (round: Round): boolean => round.outcome.status === 'sampled' && round.outcome.sample.received > 0;

export const targetOf = (task: string): string => task.slice(0, task.lastIndexOf('/'));
