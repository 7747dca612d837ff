// 10,000 targets that fail at once from three causes.
import { DatabaseSync } from 'node:sqlite';
import { openAlerts } from '../../../controller/alerts/alerts.ts';
import type { Arrival } from '../../../controller/alerts/arrival.ts';
import { openState } from '../../../controller/state/database.ts';
import { silentLog } from '../../../protocol/log.ts';
import { systemRandom } from '../../../protocol/random.ts';
import { makeManualClock } from '../../helpers/manual-clock.ts';
import { batchOf, furnish, names, roundOf, START } from './fleet.ts';

export interface Storm {
  readonly incidents: number;
  readonly causes: readonly string[];
  readonly notifications: number;
  readonly slowestConsumeMs: number;
  readonly failedTargets: number;
}

const INTERVAL_MS = 10_000;
const UPSTREAMS = ['core1', 'core2', 'core3'];

/** A hundred agents, each with 120 targets; five of six hang behind one of three upstream routers that die together: one is measured itself, two are not. */
export const measureStorm = async (): Promise<Storm> => {
  const state = openState(new DatabaseSync(':memory:'));
  const agents = names('a', 100);
  const targets = names('t', 12_000).map((id, index) => ({
    id,
    agents: [agents[index % 100] ?? ''],
    labels: index < 10_000 ? { upstream: UPSTREAMS[index % 3] ?? '' } : { upstream: `edge${index}` },
  }));
  const core = { id: 'core1', agents, labels: { role: 'core' } };
  await furnish(state, {
    agents,
    targets: [...targets, core],
    rules: [{ id: 'high-loss', name: 'High loss', threshold: 0.2 }],
    intervalMs: INTERVAL_MS,
  });
  const clock = makeManualClock(START);
  const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
  let [position, slowestConsumeMs] = [0, 0];
  const isDown = (index: number, round: number): boolean => index < 10_000 && round >= 3 && round < 15;
  for (let round = 0; round < 30; round += 1) {
    const now = START + (round + 1) * INTERVAL_MS;
    await clock.advance(INTERVAL_MS);
    for (const [at, agent] of agents.entries()) {
      const mine = targets.flatMap((target, index) => (index % 100 === at ? [{ target, index }] : []));
      const end = now + at * 50;
      const rounds = mine.map(({ target, index }) => roundOf(target.id, end, INTERVAL_MS, isDown(index, round)));
      rounds.push(roundOf('core1', end, INTERVAL_MS, round >= 3 && round < 15));
      const arrival: Arrival = { position: ++position, arrivedAt: end + 200, agent, batch: batchOf(rounds, end) };
      const startedAt = performance.now();
      await alerts.consume([arrival]);
      slowestConsumeMs = Math.max(slowestConsumeMs, performance.now() - startedAt);
    }
    await alerts.tick();
  }
  const incidents = await state.selectFrom('incidents').select(['cause', 'state']).execute();
  const firing = await state.selectFrom('outbox').select('id').where('idempotency_key', 'like', '%/firing/%').execute();
  await state.destroy();
  return {
    incidents: incidents.length,
    causes: incidents.map(({ cause, state: how }) => `${cause} ${how}`),
    notifications: firing.length,
    slowestConsumeMs,
    failedTargets: 10_000,
  };
};
