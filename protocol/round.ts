import * as z from 'zod';
import { Sequence, TaskId, TimestampMs } from './ids.ts';
import { ProbeSample } from './probes/index.ts';

/** Who is to blame when a probe gives no sample. Only `target` and `path` may alert on the target. */
export const Blame = z.enum(['target', 'resolver', 'path', 'agent']);
export type Blame = z.infer<typeof Blame>;

export const Outcome = z.discriminatedUnion('status', [
  z.object({ status: z.literal('sampled'), sample: ProbeSample }),
  /** `reason` is a stable code (ECONNREFUSED, nxdomain, guard-rail); `detail` is for people. */
  z.object({ status: z.literal('failed'), blame: Blame, reason: z.string().max(64), detail: z.string().max(500).optional() }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** Where the timestamp comes from: the controller's time by the clock exchange, or, in a boot that never met the controller, the host's wall clock. */
export const TimeSource = z.enum(['controller', 'wall']);

/** One result of one task, as a batch carries it. */
export const Round = z.object({
  seq: Sequence,
  task: TaskId,
  /** Start of the window in the controller's time. Within one epoch a task's timestamps go strictly upwards. */
  at: TimestampMs,
  /** From the start to the end of the window; rules judge a round by `at + durationMs`. */
  durationMs: z.int().nonnegative(),
  intervalMs: z.int().positive(),
  time: z.object({
    source: TimeSource,
    /** Half width of what the offset may be wrong by, ms; null for `wall`. */
    boundMs: z.number().nonnegative().nullable(),
    /** Seconds since the last good clock exchange when the stamp was made; null for `wall`. */
    ageS: z.number().nonnegative().nullable(),
  }),
  outcome: Outcome,
});
export type Round = z.infer<typeof Round>;

export const roundEndMs = (round: Pick<Round, 'at' | 'durationMs'>): number => round.at + round.durationMs;
