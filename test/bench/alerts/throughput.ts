// 1,000 rules of 100 series each over 100,000 live series, one round each 10 s: how much of a core the alerts take.
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openAlerts } from '../../../controller/alerts/alerts.ts';
import type { Arrival } from '../../../controller/alerts/arrival.ts';
import { openState } from '../../../controller/state/database.ts';
import { silentLog } from '../../../protocol/log.ts';
import { systemRandom } from '../../../protocol/random.ts';
import type { RuleInput } from '../../../protocol/rule.ts';
import { makeManualClock } from '../../helpers/manual-clock.ts';
import { batchOf, furnish, names, roundOf, START } from './fleet.ts';

export interface Throughput {
  /** CPU seconds a second of measurements. */
  readonly coreShare: number;
  readonly slowestConsumeMs: number;
  readonly rounds: number;
  readonly incidents: number;
}

const INTERVAL_MS = 10_000;
/** As the controller takes them: so many rounds at once. */
const ROUNDS_AT_ONCE = 2_000;

const ruleFor = (index: number): RuleInput => {
  const base = { id: `rule-${index}`, name: `rule ${index}`, forMs: 10_000, targets: { labels: { in: { rule: [`r${index}`] } } } };
  if (index % 10 < 6) return { ...base, threshold: 0.2 };
  if (index % 10 < 9) return { ...base, field: 'rtt_mean_ms', threshold: 50, window: { aggregate: 'mean', lengthMs: 300_000 } };
  return { ...base, threshold: 0.2, pattern: { bad: 3, of: 10 }, forMs: 0 };
};

/** Each target has one rule and is measured by a hundred agents; each agent measures a hundred targets and sends once a second what has ended. */
export const measureThroughput = async (seconds: number, say: (line: string) => void, targetCount = 1_000): Promise<Throughput> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sonde-bench-alerts-'));
  const state = openState(new DatabaseSync(path.join(folder, 'control.db')));
  try {
    const agents = names('a', targetCount);
    const targets = names('t', targetCount).map((id, index) => ({
      id,
      labels: { rule: `r${index}` },
      agents: Array.from({ length: 100 }, (_, step) => agents[(index + step * 7) % targetCount] ?? ''),
    }));
    await furnish(state, { agents, targets, rules: targets.map((_, index) => ruleFor(index)), intervalMs: INTERVAL_MS });
    const byAgent = Map.groupBy(
      targets.flatMap(({ id, agents: mine }) => mine.map((agent) => ({ id, agent }))),
      ({ agent }) => agent,
    );
    const clock = makeManualClock(START);
    const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
    let [position, rounds, cpuUs, slowestConsumeMs] = [0, 0, 0, 0];
    const warmUp = 10;
    for (let second = 1; second <= seconds + warmUp; second += 1) {
      const now = START + second * 1_000;
      await clock.advance(1_000);
      let waiting: Arrival[] = [];
      let held = 0;
      const hand = async (): Promise<void> => {
        const before = process.cpuUsage();
        const startedAt = performance.now();
        await alerts.consume(waiting);
        const { user, system } = process.cpuUsage(before);
        if (second > warmUp) {
          cpuUs += user + system;
          rounds += held;
          slowestConsumeMs = Math.max(slowestConsumeMs, performance.now() - startedAt);
        }
        [waiting, held] = [[], 0];
      };
      for (const agent of agents) {
        const mine = (byAgent.get(agent) ?? []).filter((_, index) => index % 10 === second % 10);
        // One target in a hundred is down for half of the time, and so seen by all that measure it.
        const batch = batchOf(
          mine.map(({ id }, index) => roundOf(id, now - index * 50, INTERVAL_MS, id.endsWith('50') && second % 60 < 30)),
          now,
        );
        waiting.push({ position: ++position, arrivedAt: now, agent, batch });
        held += mine.length;
        if (held >= ROUNDS_AT_ONCE) await hand();
      }
      if (held > 0) await hand();
      await alerts.tick();
      if (second % 20 === 0) say(`${second} s of rounds judged`);
    }
    const incidents = (await state.selectFrom('incidents').select('id').execute()).length;
    return { coreShare: cpuUs / 1e6 / seconds, slowestConsumeMs, rounds, incidents };
  } finally {
    await state.destroy();
    rmSync(folder, { recursive: true });
  }
};
