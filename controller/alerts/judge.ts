import { mayPage, Rule } from '../../protocol/rule.ts';
import { type PresenceRow, wasOff } from './agent-off.ts';
import type { HourStats } from './baseline.ts';
import type { Change } from './change.ts';
import { boundOf, lateAfterMs, readingOf, type Said } from './evaluate.ts';
import type { Court } from './evidence.ts';
import { type AlertKey, type AlertState, type Entry, type Ledger, seriesOf } from './ledger.ts';
import { type Reading, step } from './lifecycle.ts';
import type { Memory } from './memory.ts';
import type { Member } from './notification.ts';
import { type Observation, targetOf } from './observation.ts';
import { addSample, noSamples, type Samples } from './samples.ts';
import type { Check, Watch, Watches } from './watch.ts';

/** What judging needs beside the round: memory that it changes, and what the operator defined. No I/O. */
export interface Bench extends Court {
  readonly watches: Watches;
  readonly samples: Memory['samples'];
  /** Presence of the agents that had a breach, in order of time. */
  readonly presence: ReadonlyMap<string, readonly PresenceRow[]>;
  /** What is usual for a series at this hour; null while it is learnt. */
  readonly usual: (rule: Rule, agent: string, observation: Observation) => HourStats | null;
  readonly changes: Change[];
}

/** Lets every rule look at one complete round. */
export const judgeRound = (bench: Bench, agent: string, observation: Observation): void => {
  const watch = bench.watches.of(agent, observation);
  if (watch === null) return;
  const samples = remember(bench, watch, observation);
  for (const check of watch.checks) {
    const before = bench.ledger.at(check.id);
    judge(bench, check.rule, check, observation, before, reading(bench, check, observation, samples, before));
  }
};

/** The values that the series is remembered by, with this round's. */
const remember = (bench: Bench, { agent, task, keeps }: Watch, observation: Observation): ReadonlyMap<string, Samples> | null => {
  if (keeps.length === 0) return null;
  let mine = bench.samples.get(agent);
  if (mine === undefined) bench.samples.set(agent, (mine = new Map<string, Map<string, Samples>>()));
  let fields = mine.get(task);
  if (fields === undefined) mine.set(task, (fields = new Map<string, Samples>()));
  for (const keep of keeps) {
    const value = observation.values[keep.field];
    if (value === undefined) continue;
    const samples = fields.get(keep.field) ?? noSamples();
    fields.set(keep.field, samples);
    samples.durable = keep.durable;
    const bound = boundOf(keep.field, observation);
    addSample(samples, { end: observation.end, value, bound, packets: observation.packets ?? 1 }, keep);
  }
  return fields;
};

const reading = (
  bench: Bench,
  { rule, key }: Check,
  observation: Observation,
  samples: ReadonlyMap<string, Samples> | null,
  before: AlertState,
): Said => {
  const said = readingOf(rule, observation, {
    samples: samples?.get(rule.field) ?? null,
    usual: rule.kind === 'baseline' ? bench.usual(rule, key.agent, observation) : null,
    firing: before.lifecycle.phase === 'firing',
  });
  return said.reading === 'breached' && heldBack(bench, key, observation) ? { reading: 'no-data', value: null } : said;
};

/** A breach holds the state as it is when the target is grey, or when the agent was cut off meanwhile: its own line was bad, and that is an incident of its own. */
const heldBack = (bench: Bench, { agent, task }: AlertKey, { measurement, at, end }: Observation): boolean => {
  const target = targetOf(task);
  return (measurement === 'ping' && target !== '' && !bench.answered.has(target)) || wasOff(bench.presence.get(agent) ?? [], at, end);
};

/** One step of one alert's life. */
export const judge = (
  bench: Pick<Bench, 'ledger' | 'changes' | 'definitions' | 'answered' | 'wasClear'>,
  rule: Rule,
  { key, around, silent }: Pick<Check, 'key' | 'around' | 'silent'>,
  { at, end, intervalMs }: Pick<Observation, 'at' | 'end' | 'intervalMs'>,
  before: AlertState,
  said: { readonly reading: Reading; readonly value: number | null },
): void => {
  if (said.reading === 'no-data') return;
  const { ledger } = bench;
  const timing = { forMs: rule.forMs, keepMs: quietMs(rule, before), gapMs: lateAfterMs(intervalMs) };
  const { state: lifecycle, transition } = step(before.lifecycle, said.reading, end, timing);
  if (lifecycle.phase === 'inactive') {
    if (transition === 'resolved' && before.cause !== null) leave(bench, key, before.cause, end, 'clear again');
    const fires = before.fires.length === 0 ? before.fires : recent(rule, before.fires, end);
    const isAsked = ledger.isAsked(around);
    if (isAsked || fires.length > 0) {
      const isNews = isAsked || before.lifecycle.phase !== 'inactive' || fires.length !== before.fires.length;
      if (isNews) ledger.set(key, { lifecycle, from: 0, clearFrom: at, clearTo: end, value: null, cause: null, intervalMs, fires }, silent);
    } else if (before.clearFrom !== null || before.lifecycle.phase !== 'inactive' || before.fires.length > 0) ledger.delete(key);
    return;
  }
  if (lifecycle === before.lifecycle) return;
  const value = said.reading === 'breached' ? said.value : before.value;
  const begins = lifecycle.since === end && said.reading === 'breached';
  const fires = transition === 'fired' ? [...recent(rule, before.fires, end), end] : before.fires;
  ledger.set(key, { ...before, lifecycle, value, intervalMs, from: begins ? at : before.from, fires }, silent);
};

const recent = ({ damping }: Rule, fires: readonly number[], at: number): number[] =>
  fires.filter((fired) => fired > at - damping.withinMs);

/** A series that flaps stays one incident until it has been quiet for half of the time in which it flapped. */
const quietMs = ({ damping, keepMs }: Rule, { fires }: AlertState): number =>
  damping.times > 0 && fires.length >= damping.times ? Math.max(keepMs, damping.withinMs / 2) : keepMs;

/** Takes one alert out of its incident and back to calm; the last one ends it. */
export const leave = (
  bench: Pick<Bench, 'ledger' | 'changes' | 'definitions' | 'answered' | 'wasClear'>,
  key: AlertKey,
  cause: string,
  at: number,
  why: string,
): void => {
  const entry = { ...key, state: bench.ledger.get(key), silent: false };
  bench.ledger.delete(key);
  left(bench, entry, cause, at, why);
};

/** Says that an alert is no longer part of an incident; it has been taken out of the ledger's members already. */
export const left = (
  { ledger, changes, definitions }: Pick<Bench, 'ledger' | 'changes' | 'definitions'>,
  entry: Entry,
  cause: string,
  at: number,
  why: string,
): void => {
  // A rule that was removed while nothing ran is known by its id alone.
  const rule = definitions.rules.get(entry.rule) ?? Rule.parse({ id: entry.rule, name: entry.rule });
  const detail = `${seriesOf(entry)}: ${why}`;
  if (!ledger.hasMembers(cause)) changes.push({ kind: 'resolved', rule, cause, at, members: [memberOf(entry)], detail });
  else changes.push({ kind: 'left', rule, cause, at, title: '', severity: rule.severity, detail });
};

/** The alerts of one incident as pages and notifications show them. */
export const membersOf = (ledger: Ledger, cause: string, most?: number): readonly Member[] => ledger.membersOf(cause, most).map(memberOf);

export const memberOf = (entry: Entry): Member => ({
  series: seriesOf(entry),
  agent: entry.agent,
  target: targetOf(entry.task) || null,
  value: entry.state.value,
  since: sinceOf(entry.state),
  rule: entry.rule,
});

const sinceOf = ({ lifecycle }: AlertState): number => (lifecycle.phase === 'inactive' ? 0 : lifecycle.since);

/** Whether what this rule finds goes into incidents at all. */
export const isSilent = (rule: Rule): boolean => !mayPage(rule);
