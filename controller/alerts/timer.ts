import type { State } from '../state/database.ts';
import { agentOffReading } from './agent-off.ts';
import { type Bench, leave, membersOf } from './judge.ts';
import { type AlertKey, type Entry } from './ledger.ts';
import { step } from './lifecycle.ts';
import { targetOf } from './observation.ts';

// What no round can tell, because none comes: agents that are off, and alerts whose reason to be is gone.

/** Judges every agent's presence by the rules of kind agent-off. True when nothing changed. `earliest`: off counts from here at most. */
export const judgeAgents = async (state: State, bench: Bench, now: number, earliest: number): Promise<boolean> => {
  const rules = [...bench.definitions.rules.values()].filter(({ kind }) => kind === 'agent-off');
  const firing = bench.ledger.entries().filter(({ task }) => task === '');
  if (rules.length === 0 && firing.length === 0) return true;
  const off = await state
    .selectFrom('agents')
    .leftJoin('presence', (join) => join.onRef('presence.agent_id', '=', 'agents.id').on('presence.state', '=', 'off'))
    .select((select) => ['agents.id', 'agents.seen_at', select.fn.max('presence.from_at').as('off_at')])
    .where('agents.online', '=', 0)
    .where('agents.state', '=', 'active')
    .groupBy(['agents.id', 'agents.seen_at'])
    .execute();
  // An agent that was enrolled and never came has no presence: it is waited for, not off.
  const offSince = new Map(off.map(({ id, seen_at, off_at }) => [id, seen_at === null ? null : Math.max(off_at ?? 0, seen_at)]));
  let isQuiet = true;
  for (const rule of rules) {
    const agents = new Set([...offSince.keys(), ...firing.filter((entry) => entry.rule === rule.id).map(({ agent }) => agent)]);
    for (const agent of agents) {
      const online = !offSince.has(agent);
      const since = offSince.get(agent) ?? null;
      const reading = agentOffReading({ online, since }, rule.forMs, now, earliest);
      const key: AlertKey = { rule: rule.id, agent, task: '' };
      const before = bench.ledger.get(key);
      // The presence already lasted long enough; only the quiet time and order are left to the lifecycle. A clock that stood still is no silence.
      const { state: lifecycle, transition } = step(before.lifecycle, reading, now, {
        forMs: 0,
        keepMs: rule.keepMs,
        gapMs: Number.POSITIVE_INFINITY,
      });
      const cause = `agent:${agent}`;
      if (transition === 'resolved') {
        leave(bench, key, cause, now, 'the agent is back');
        bench.ledger.delete(key);
      } else if (transition === 'fired' && lifecycle.phase === 'firing') {
        bench.ledger.set(key, { ...before, lifecycle: { ...lifecycle, since: since ?? now }, cause });
        bench.changes.push({
          kind: 'opened',
          rule,
          cause,
          at: now,
          title: `Agent ${agent} is off`,
          members: membersOf(bench.ledger, rule.id, cause),
          detail: agent,
        });
      } else if (
        lifecycle.phase === 'firing' &&
        before.lifecycle.phase === 'firing' &&
        (lifecycle.quietSince === null) !== (before.lifecycle.quietSince === null)
      )
        bench.ledger.set(key, { ...before, lifecycle });
      else continue;
      isQuiet = false;
    }
  }
  return isQuiet;
};

/** Ends what has lost its reason: a rule, target or agent that was removed, or that no longer belong together. True when nothing changed. */
export const sweep = (bench: Bench, now: number): boolean => {
  const gone = bench.ledger.entries().flatMap((entry) => {
    const why = whyGone(bench, entry);
    return why === null ? [] : [{ entry, why }];
  });
  for (const { entry, why } of gone) {
    if (entry.state.cause !== null) leave(bench, entry, entry.state.cause, now, why);
    bench.ledger.delete(entry);
  }
  return gone.length === 0;
};

const whyGone = ({ definitions }: Bench, { rule, agent, task }: Entry): string | null => {
  if (!definitions.rules.has(rule)) return 'the rule was removed or switched off';
  if (!definitions.agents.has(agent)) return 'the agent was removed';
  if (task === '') return null;
  const target = definitions.targets.get(targetOf(task));
  if (target === undefined || !target.tasks.includes(task)) return 'the target was removed';
  if (!target.agents.includes(agent)) return 'the agent no longer measures it';
  return target.rules.some(({ id }) => id === rule) ? null : 'the rule no longer looks at it';
};
