import * as z from 'zod';
import { type Round, roundEndMs } from '../../protocol/round.ts';

/** What the rules need of a round, small enough to wait in the control database for its agent's watermark. A missing value: nothing can be said. */
export const Observation = z.object({
  measurement: z.string().default('ping'),
  /** The series within its agent: `<target>/<probe>`, with its own tags behind it where one round has several. */
  task: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  at: z.number(),
  end: z.number(),
  intervalMs: z.number(),
  boundMs: z.number(),
  /** Packets behind the loss ratio. */
  packets: z.number().optional(),
  values: z.record(z.string(), z.number()),
});
export type Observation = z.infer<typeof Observation>;

/** A round of echo packets as rules see it; null when it says nothing of its target: nothing was measured and the agent or the resolver is to blame. */
export const observe = (round: Round): Observation | null => {
  const base = { measurement: 'ping', task: round.task, at: round.at, end: roundEndMs(round), intervalMs: round.intervalMs };
  const { outcome } = round;
  if (round.task.endsWith('/snmp')) return null; // a device is no target of these rules: nothing of it is lost or late
  if (outcome.status === 'failed') {
    // Nothing came back of what was sent into a dead path: all is lost, and there is no delay to speak of.
    const blamesTarget = outcome.blame === 'target' || outcome.blame === 'path';
    return blamesTarget ? { ...base, boundMs: 0, values: { loss_ratio: 1 } } : null;
  }
  if (outcome.sample.kind !== 'icmp') return null;
  const { sent, unknown, lost, rtt, variation, errorBound } = outcome.sample;
  const answerable = sent - unknown;
  const values: Record<string, number> = {};
  if (answerable > 0) values['loss_ratio'] = lost / answerable;
  if (rtt !== null) {
    values['rtt_median_ms'] = rtt.medianMs;
    values['rtt_mean_ms'] = rtt.meanMs;
    values['rtt_p95_ms'] = rtt.p95Ms;
  }
  if (variation !== null) {
    values['pdv_p95_ms'] = variation.pdvP95Ms;
    if (variation.ipdvMeanAbsMs !== null) values['ipdv_mean_abs_ms'] = variation.ipdvMeanAbsMs;
    if (variation.jitterRfc3550Ms !== null) values['jitter_rfc3550_ms'] = variation.jitterRfc3550Ms;
  }
  return { ...base, boundMs: errorBound.boundMs, packets: answerable, values };
};

/** Whether the target itself was heard in this round: from then on it is no longer grey. */
export const isAnswered = (round: Round): boolean =>
  round.outcome.status === 'sampled' && round.outcome.sample.kind === 'icmp' && round.outcome.sample.received > 0;

/** Whether others wrote this series: its name begins with a colon, and may have slashes. */
export const isForeign = (task: string): boolean => task.startsWith(':');

/** The target of a series; '' for what the agent says of itself, and for what others wrote. Target ids have no slash. */
export const targetOf = (task: string): string => (isForeign(task) ? '' : task.slice(0, Math.max(0, task.indexOf('/'))));
