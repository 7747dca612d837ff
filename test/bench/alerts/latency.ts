// From the first lost packet to the notification handed over: real time, the alerts and the outbox in memory, agents that send each round as it closes.
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { openAlerts } from '../../../controller/alerts/alerts.ts';
import { runOutbox } from '../../../controller/alerts/outbox.ts';
import { makeVault } from '../../../controller/pki/vault.ts';
import { openState } from '../../../controller/state/database.ts';
import { silentLog } from '../../../protocol/log.ts';
import { systemRandom } from '../../../protocol/random.ts';
import { systemClock } from '../../../protocol/time.ts';
import { quantile } from '../bench.ts';
import { batchOf, furnish, names, roundOf } from './fleet.ts';

export interface Latency {
  readonly pages: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly roundMs: number;
  readonly timeoutMs: number;
}

const ROUND_MS = 2_000;
const TIMEOUT_MS = 500;
/** What the agent, the line and the commit take beside the rules. */
const TRANSIT_MS = 300;

/** Five agents with twenty targets each, all by themselves; each target dies once, at a random moment, for three rounds. */
export const measureLatency = async (seconds: number): Promise<Latency> => {
  const state = openState(new DatabaseSync(':memory:'));
  const agents = names('a', 5);
  const targets = names('t', 100).map((id, index) => ({ id, agents: [agents[index % 5] ?? ''], labels: {} }));
  await furnish(state, {
    agents,
    targets,
    rules: [{ id: 'gone', name: 'Gone', threshold: 0.2, forMs: 0, keepMs: 0 }],
    intervalMs: ROUND_MS,
    since: systemClock.now() - 60_000,
  });
  const alerts = await openAlerts({ state, clock: systemClock, random: systemRandom, log: silentLog });
  const startedAt = systemClock.now();
  const diesAt = new Map(targets.map(({ id }, index) => [id, startedAt + 4_000 + ((index * 7_919) % 1_000) * (seconds - 8)]));
  /** By idempotency key: when the notification was handed over. */
  const told = new Map<string, number>();
  const stopping = new AbortController();
  const outbox = runOutbox(
    {
      state,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      vault: makeVault(Buffer.alloc(32, 7)),
      onNews: alerts.onChange,
      async send({ key }) {
        if (!told.has(key)) told.set(key, systemClock.now());
        return { status: 200 };
      },
    },
    stopping.signal,
  );
  let position = 0;
  const nextEnd = new Map(targets.map(({ id }, index) => [id, startedAt + ROUND_MS + ((index * 617) % ROUND_MS)]));
  while (systemClock.now() - startedAt < seconds * 1_000) {
    await delay(50);
    const now = systemClock.now();
    for (const agent of agents) {
      // A round closes when its window and the timeout are over; its end is the window's.
      const closed = targets.filter(({ id, agents: [mine] }) => mine === agent && (nextEnd.get(id) ?? 0) + TIMEOUT_MS + TRANSIT_MS <= now);
      if (closed.length === 0) continue;
      const rounds = closed.map(({ id }) => {
        const end = nextEnd.get(id) ?? now;
        nextEnd.set(id, end + ROUND_MS);
        const diedAt = diesAt.get(id) ?? Number.POSITIVE_INFINITY;
        return roundOf(id, Math.floor(end), ROUND_MS, end - ROUND_MS * 0.25 > diedAt && end < diedAt + 4 * ROUND_MS);
      });
      const upTo = Math.floor(now - TIMEOUT_MS - TRANSIT_MS);
      await alerts.consume([{ position: ++position, arrivedAt: Math.floor(now), agent, batch: batchOf(rounds, upTo) }]);
    }
  }
  await delay(500);
  stopping.abort(new Error('measured'));
  await outbox;
  const firings = await state
    .selectFrom('outbox')
    .innerJoin('incidents', 'incidents.id', 'outbox.incident_id')
    .select(['outbox.idempotency_key', 'incidents.cause'])
    .where('outbox.idempotency_key', 'like', '%/firing/%')
    .execute();
  const latencies = firings.flatMap(({ idempotency_key, cause }) => {
    const [at, diedAt] = [told.get(idempotency_key), diesAt.get(cause.replace('target:', ''))];
    return at === undefined || diedAt === undefined ? [] : [at - diedAt];
  });
  await state.destroy();
  return {
    pages: latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    roundMs: ROUND_MS,
    timeoutMs: TIMEOUT_MS,
  };
};
