import { sql } from 'kysely';
import type { State } from '../state/database.ts';
import { agentOffReading } from './agent-off.ts';
import { type Bench, leave, membersOf } from './judge.ts';
import { type AlertKey, calm } from './ledger.ts';

/** An agent's own alerts have no task. */
const keyOf = (rule: string, agent: string): AlertKey => ({ rule, agent, task: '' });

/** Lets every agent-off rule look at every agent, now; whether anything changed. A dead agent is one incident: its pairs hold meanwhile. */
export const judgePresence = async (state: State, bench: Bench, now: number, earliest: number): Promise<boolean> => {
  const rules = [...bench.definitions.rules.values()].filter(({ kind, enabled }) => kind === 'agent-off' && enabled);
  if (rules.length === 0) return false;
  const off = await offAgents(state);
  let moved = false;
  for (const rule of rules) {
    for (const entry of bench.ledger.entries().filter((one) => one.rule === rule.id && !off.has(one.agent))) {
      if (entry.state.cause !== null) leave(bench, entry, entry.state.cause, now, 'the agent is back');
      bench.ledger.delete(entry);
      moved = true;
    }
    for (const [agent, since] of off) {
      const key = keyOf(rule.id, agent);
      if (bench.ledger.get(key) !== calm) continue;
      if (agentOffReading({ online: false, since }, rule.forMs, now, earliest) !== 'breached' || since === null) continue;
      const firedAt = Math.max(since, earliest) + rule.forMs;
      const cause = `agent:${agent}`;
      bench.ledger.set(key, {
        lifecycle: { phase: 'firing', since, firedAt, seenAt: now, quietSince: null },
        clearFrom: null,
        value: null,
        cause,
        intervalMs: 0,
      });
      const members = membersOf(bench.ledger, rule.id, cause);
      bench.changes.push({
        kind: 'opened',
        rule,
        cause,
        at: Math.floor(firedAt),
        title: `Agent ${agent} is off`,
        members,
        detail: 'no word from it',
      });
      moved = true;
    }
  }
  return moved;
};

/** Every agent that is off now and since when; null when nothing was ever heard of it: it is waited for. */
const offAgents = async (state: State): Promise<ReadonlyMap<string, number | null>> => {
  const rows = await state
    .selectFrom('agents')
    .select((agent) => {
      const newest = agent
        .selectFrom('presence')
        .whereRef('presence.agent_id', '=', 'agents.id')
        .orderBy('from_at', 'desc')
        .limit(sql.lit(1));
      return ['agents.id', newest.select('from_at').as('from_at'), newest.select('presence.state').as('presence')];
    })
    .where('agents.state', '=', 'active')
    .where('agents.online', '=', 0)
    .execute();
  return new Map(rows.map((row) => [row.id, row.presence === 'off' ? row.from_at : null]));
};
