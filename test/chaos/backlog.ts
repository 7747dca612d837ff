import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemHost } from '../../agent/host.ts';
import { Spool } from '../../agent/spool/spool.ts';
import { Timekeeper } from '../../agent/time/timekeeper.ts';
import { Outcome } from '../../protocol/round.ts';
import { silentLog } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import { systemClock } from '../../protocol/time.ts';

/** Puts rounds into the spool of an agent that does not run, as if it had measured a round a second for `seconds` until `untilMs` ago, without
 * its controller. What they say is copied from a round that lies there. Returns how many. */
export const spoolBacklog = (agentData: string, tasks: readonly string[], seconds: number, untilMs: number): number => {
  const db = new DatabaseSync(join(agentData, 'agent.db'));
  try {
    const host = systemHost();
    const timekeeper = new Timekeeper(db, systemClock, host);
    const capBytes = 1 << 30;
    const options = { db, epoch: systemRandom.hex(8), capBytes, timekeeper, log: silentLog, diskFree: () => Number.POSITIVE_INFINITY };
    const spool = new Spool(options);
    const [real] = spool.select(0, Number.MAX_SAFE_INTEGER, 1);
    if (real === undefined) throw new Error('no round in the spool to copy');
    const outcome = Outcome.parse(JSON.parse(real.outcomeJson));
    const endMs = timekeeper.steady.now() - untilMs;
    for (let second = seconds; second > 0; second -= 1)
      for (const task of tasks)
        spool.append({
          moment: { boot: host.bootId, steadyMs: endMs - second * 1_000, slackMs: 0 },
          wallMs: systemClock.now() - untilMs - second * 1_000,
          task,
          intervalMs: 1_000,
          durationMs: 900,
          outcome,
        });
    if (!spool.commit(false)) throw new Error(spool.broken ?? 'not written');
  } finally {
    db.close();
  }
  return tasks.length * seconds;
};
