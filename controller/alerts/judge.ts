import type { Rule } from '../../protocol/rule.ts';
import { type PresenceRow, wasOff } from './agent-off.ts';
import type { Change } from './change.ts';
import type { Definitions } from './definitions.ts';
import { lateAfterMs, readingOf } from './evaluate.ts';
import { gatherEvidence } from './evidence.ts';
import { causeOf } from './grouping.ts';
import { type AlertKey, type AlertState, type Entry, type Ledger, seriesOf } from './ledger.ts';
import { type Reading, step } from './lifecycle.ts';
import type { Member } from './notification.ts';
import { type Observation, targetOf } from './observation.ts';

/** What judging needs beside the round: memory that it changes, and what the operator defined. No I/O. */
export interface Bench {
  readonly ledger: Ledger;
  readonly answered: ReadonlySet<string>;
  readonly definitions: Definitions;
  /** Presence of the agents that had a breach, in order of time. */
  readonly presence: ReadonlyMap<string, readonly PresenceRow[]>;
  readonly changes: Change[];
}

/** Lets every rule look at one complete round. */
export const judgeRound = (bench: Bench, agent: string, observation: Observation): void => {
  const target = bench.definitions.targets.get(targetOf(observation.task));
  if (target === undefined || !target.agents.includes(agent)) return;
  for (const rule of target.rules) judgeRule(bench, rule, { rule: rule.id, agent, task: observation.task }, observation);
};

const judgeRule = (bench: Bench, rule: Rule, key: AlertKey, observation: Observation): void => {
  const before = bench.ledger.get(key);
  const reading = heldBack(bench, key, observation) ? held(readingOf(rule, observation)) : readingOf(rule, observation);
  if (reading === 'no-data') return;
  const timing = { forMs: rule.forMs, keepMs: rule.keepMs, gapMs: lateAfterMs(observation.intervalMs) };
  const { state: lifecycle, transition } = step(before.lifecycle, reading, observation.end, timing);
  if (lifecycle.phase === 'inactive') {
    if (transition === 'resolved' && before.cause !== null) leave(bench, key, before.cause, observation.end, 'clear again');
    if (bench.ledger.isAsked(key))
      bench.ledger.set(key, { lifecycle, clearFrom: observation.at, value: null, cause: null, intervalMs: observation.intervalMs });
    else bench.ledger.delete(key);
    return;
  }
  if (lifecycle === before.lifecycle) return;
  const value = reading === 'breached' ? (observation.values[rule.field] ?? null) : before.value;
  bench.ledger.set(key, { ...before, lifecycle, value, intervalMs: observation.intervalMs });
};

/** A breach holds the state as it is when the target is grey, or when the agent was cut off meanwhile: its own line was bad, and that is an incident of its own. */
const heldBack = (bench: Bench, { agent, task }: AlertKey, { at, end }: Observation): boolean =>
  !bench.answered.has(targetOf(task)) || wasOff(bench.presence.get(agent) ?? [], at, end);

const held = (reading: Reading): Reading => (reading === 'breached' ? 'no-data' : reading);

/** Gives every alert that fires without a cause its incident, or lets it wait for more evidence; `now` is the arrival's time. */
export const decideCauses = (bench: Bench, now: number): void => {
  for (const entry of bench.ledger.undecided()) {
    const { lifecycle } = entry.state;
    if (lifecycle.phase !== 'firing') continue;
    const mayWait = now < lifecycle.firedAt + lateAfterMs(entry.state.intervalMs);
    const grouping = causeOf(gatherEvidence(entry, bench.ledger, bench.definitions, bench.answered), mayWait);
    if (grouping.cause === null) continue;
    const cause = grouping.cause === 'agent' ? `agent:${entry.agent}` : `target:${targetOf(entry.task)}`;
    join(bench, entry, cause, lifecycle.firedAt, grouping.why);
  }
};

const join = (bench: Bench, entry: Entry, cause: string, at: number, why: string): void => {
  const rule = bench.definitions.rules.get(entry.rule);
  if (rule === undefined) return;
  const isNew = !bench.ledger.hasMembers(entry.rule, cause);
  bench.ledger.set(entry, { ...entry.state, cause });
  const detail = `${seriesOf(entry)}: ${why}`;
  if (isNew)
    bench.changes.push({ kind: 'opened', rule, cause, at, title: titleOf(bench, rule, cause), members: [memberOf(entry)], detail });
  else bench.changes.push({ kind: 'joined', rule: entry.rule, cause, at, detail });
};

/** Takes one alert out of its incident and back to calm; the last one ends it. */
export const leave = (bench: Pick<Bench, 'ledger' | 'changes'>, key: AlertKey, cause: string, at: number, why: string): void => {
  const entry = { ...key, state: bench.ledger.get(key) };
  bench.ledger.delete(key);
  const detail = `${seriesOf(key)}: ${why}`;
  if (bench.ledger.hasMembers(key.rule, cause)) bench.changes.push({ kind: 'left', rule: key.rule, cause, at, detail });
  else bench.changes.push({ kind: 'resolved', rule: key.rule, cause, at, members: [memberOf(entry)], detail });
};

/** The alerts of one incident as pages and notifications show them. */
export const membersOf = (ledger: Ledger, rule: string, cause: string): readonly Member[] => ledger.membersOf(rule, cause).map(memberOf);

const memberOf = (entry: Entry): Member => ({
  series: seriesOf(entry),
  agent: entry.agent,
  target: targetOf(entry.task) || null,
  value: entry.state.value,
  since: sinceOf(entry.state),
});

const sinceOf = ({ lifecycle }: AlertState): number => (lifecycle.phase === 'inactive' ? 0 : lifecycle.since);

const titleOf = ({ definitions }: Bench, rule: Rule, cause: string): string => {
  const id = cause.slice(cause.indexOf(':') + 1);
  return cause.startsWith('agent:')
    ? `${rule.name} from agent ${id} to nearly all that it measures`
    : `${rule.name}: ${definitions.targets.get(id)?.name ?? id}`;
};
