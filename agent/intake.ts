import type { Task } from '../protocol/task.ts';
import type { Clock } from '../protocol/time.ts';
import type { MeasuredRound } from './probes/probe.ts';
import type { Spool } from './spool/spool.ts';
import type { Timekeeper } from './time/timekeeper.ts';

/** Rounds of one task are at least this far apart in steady time, whatever a probe says: their timestamps go strictly upwards. */
const APART_MS = 20;

/** Takes closed rounds from the probes to the spool: monotonic time becomes a moment of this boot. */
export const makeIntake = (
  clock: Clock,
  timekeeper: Timekeeper,
  spool: Spool,
  bootId: string,
): ((task: Task, round: MeasuredRound) => void) => {
  const lastMs = new Map<string, number>();
  return (task, round) => {
    timekeeper.look();
    const { steadyMs: measuredMs, slackMs } = timekeeper.steady.of(round.startedMs);
    const steadyMs = Math.max(measuredMs, (lastMs.get(task.id) ?? Number.NEGATIVE_INFINITY) + APART_MS);
    lastMs.set(task.id, steadyMs);
    spool.append({
      moment: { boot: bootId, steadyMs, slackMs },
      wallMs: clock.now() - (clock.monotonic() - round.startedMs),
      task: task.id,
      intervalMs: task.intervalMs,
      durationMs: Math.max(0, Math.round(round.durationMs)),
      outcome: round.outcome,
    });
  };
};
