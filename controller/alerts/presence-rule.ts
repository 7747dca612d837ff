import { CompiledQuery } from 'kysely';
import { isSelected } from '../../protocol/labels.ts';
import type { Rule } from '../../protocol/rule.ts';
import type { State } from '../state/database.ts';
import { agentOffReading } from './agent-off.ts';
import { groupsOf } from './definitions.ts';
import { type Bench, isSilent, leave, membersOf } from './judge.ts';
import { type AlertKey, calm } from './ledger.ts';
import { titleOf } from './titles.ts';

/** An agent's own alerts have no task. */
const keyOf = (rule: string, agent: string): AlertKey => ({ rule, agent, task: '' });

/** So many agents that share a label, and this share of them, are off at once: then what they share is the cause. */
const SHARED_MIN = 3;
const SHARED_SHARE = 0.8;

/** Agents that are off now, and since when; null for one that was never heard of: it is waited for. */
export type OffAgents = ReadonlyMap<string, number | null>;

/** Lets every agent-off rule look at every agent, now; whether anything changed. A dead agent is one incident: its pairs hold meanwhile. */
export const judgePresence = (bench: Bench, off: OffAgents, now: number, earliest: number): boolean => {
  const rules = [...bench.definitions.rules.values()].filter(({ kind, enabled }) => kind === 'agent-off' && enabled);
  let moved = false;
  for (const rule of rules) {
    for (const entry of bench.ledger.entries().filter((one) => one.rule === rule.id && !off.has(one.agent))) {
      if (entry.state.cause !== null) leave(bench, entry, entry.state.cause, now, 'the agent is back');
      bench.ledger.delete(entry);
      moved = true;
    }
    for (const [agent, since] of off) {
      const key = keyOf(rule.id, agent);
      if (bench.ledger.get(key) !== calm || !isSelected(rule.agents, agent, bench.definitions.agents.get(agent)?.labels ?? {})) continue;
      if (agentOffReading({ online: false, since }, rule.forMs, now, earliest) !== 'breached' || since === null) continue;
      fire(bench, rule, agent, { since, firedAt: Math.max(since, earliest) + rule.forMs, now }, off);
      moved = true;
    }
  }
  return moved;
};

interface When {
  readonly since: number;
  readonly firedAt: number;
  readonly now: number;
}

const fire = (bench: Bench, rule: Rule, agent: string, { since, firedAt, now }: When, off: OffAgents): void => {
  const { ledger, changes, definitions } = bench;
  const lifecycle = { phase: 'firing', since, firedAt, seenAt: now, quietSince: null } as const;
  if (isSilent(rule)) return ledger.set(keyOf(rule.id, agent), { ...calm, lifecycle, from: since }, true);
  const cause = offCause(bench, agent, off);
  const isNew = !ledger.hasMembers(cause);
  ledger.set(keyOf(rule.id, agent), { ...calm, lifecycle, from: since, cause });
  const title = titleOf(definitions, rule, cause);
  const at = Math.floor(firedAt);
  if (isNew)
    changes.push({ kind: 'opened', rule, cause, at, title, members: membersOf(ledger, cause), detail: `${agent}: no word from it` });
  else changes.push({ kind: 'joined', rule, cause, at, title, severity: rule.severity, detail: `${agent}: no word from it` });
};

/** What the agent hangs behind when that is dead too, itself otherwise. */
const offCause = ({ definitions, ledger }: Bench, agent: string, off: OffAgents): string => {
  const labels = definitions.agents.get(agent)?.labels ?? {};
  for (const group of groupsOf(labels, definitions.dependencies)) {
    const parent = group.slice(group.indexOf('=') + 1);
    for (const { state, agent: seenBy } of ledger.badAnywhere(parent).values())
      if (state.cause !== null && seenBy !== agent) return state.cause;
    const all = definitions.behind.get(group)?.agents ?? [];
    const silent = all.filter((one) => off.has(one)).length;
    if (silent >= SHARED_MIN && silent / all.length >= SHARED_SHARE) return `group:${group}`;
  }
  return `agent:${agent}`;
};

export const offAgents = async (state: State): Promise<OffAgents> => {
  const { rows } = await state.executeQuery<{ id: string; since: number | null }>(OFF);
  return new Map(rows.map(({ id, since }) => [id, since]));
};

/** Asked with every tick: Kysely would build and compile it anew each time. */
const OFF = CompiledQuery.raw(`SELECT agents.id AS id,
    (SELECT iif(state = 'off', from_at, NULL) FROM presence WHERE agent_id = agents.id ORDER BY from_at DESC LIMIT 1) AS since
  FROM agents WHERE agents.state = 'active' AND agents.online = 0`);
