import type { State } from '../state/database.ts';
import { agentOffReading } from './agent-off.ts';
import type { Bench } from './judge.ts';
import { leave, membersOf } from './judge.ts';
import { type AlertKey, calm } from './ledger.ts';

/** An agent's own alerts have no task. */
const keyOf = (rule: string, agent: string): AlertKey => ({ rule, agent, task: '' });

/** Lets every agent-off rule look at every agent, now; whether anything changed. A dead agent is one incident: its pairs hold meanwhile. */
export const judgePresence = async (state: State, bench: Bench, now: number, earliest: number): Promise<boolean> => {
  const rules = [...bench.definitions.rules.values()].filter(({ kind, enabled }) => kind === 'agent-off' && enabled);
  if (rules.length === 0) return false;
  const suspects = await state.selectFrom('agents').select('id').where('state', '=', 'active').where('online', '=', 0).execute();
  const off = new Map<string, number | null>();
  for (const { id } of suspects) off.set(id, await offSince(state, id));
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

const offSince = async (state: State, agent: string): Promise<number | null> => {
  const newest = await state
    .selectFrom('presence')
    .select(['from_at', 'state'])
    .where('agent_id', '=', agent)
    .orderBy('from_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.state === 'off' ? newest.from_at : null;
};
