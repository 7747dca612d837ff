// One arrival after the other through watermark, rules and causes. No I/O and no clock: live, backtest and rule tests all come through here.
import type { PresenceRow } from './agent-off.ts';
import type { Change } from './change.ts';
import { decideCauses, dissolve } from './decide.ts';
import type { Definitions } from './definitions.ts';
import { readingOf } from './evaluate.ts';
import { type Bench, judgeRound, leave } from './judge.ts';
import type { Memory } from './memory.ts';
import { isForeign, type Observation, targetOf } from './observation.ts';
import { judgeSilence } from './silence.ts';
import { advance, nothingYet } from './watermark.ts';
import type { Watches } from './watch.ts';

/** One batch as the rules need it. */
export interface Delivery {
  readonly agent: string;
  readonly arrivedAt: number;
  readonly lane: 'fresh' | 'backlog';
  readonly upTo: number | null;
  readonly observations: readonly Observation[];
}

/** What one delivery made complete. */
export interface Taken {
  readonly delivery: Delivery;
  readonly ready: readonly Observation[];
  readonly before: number;
  readonly upTo: number;
}

/** Moves one agent's watermark by one delivery; what is now complete, in the order of the rounds' ends. */
export const takeIn = (memory: Memory, delivery: Delivery): Taken => {
  const before = memory.progress.get(delivery.agent) ?? nothingYet;
  const { progress, ready } = advance(before, delivery);
  memory.progress.set(delivery.agent, progress);
  return { delivery, ready, before: before.upTo, upTo: progress.upTo };
};

/** Lets the rules look at what a delivery made complete, and finds causes for what fires. */
export const judgeTaken = (bench: Bench, memory: Memory, { delivery, ready, before, upTo }: Taken): void => {
  const { agent, arrivedAt, lane } = delivery;
  const firstChange = bench.changes.length;
  const heard = heardBy(memory, agent);
  for (const { task, end } of ready) if (end > (heard.get(task) ?? 0)) heard.set(task, end);
  for (const observation of ready) judgeRound(bench, agent, observation);
  if (lane === 'fresh') judgeSilence(bench, agent, heard, before, upTo);
  if (bench.ledger.undecided().length > 0)
    decideCauses(bench, arrivedAt, { agent, targets: new Set(ready.map(({ task }) => targetOf(task))) });
  dissolve(bench, firstChange);
};

const heardBy = (memory: Memory, agent: string): Map<string, number> => {
  let heard = memory.heard.get(agent);
  if (heard === undefined) memory.heard.set(agent, (heard = new Map<string, number>()));
  return heard;
};

/** The agents of which a round may breach some rule, and the start of the first such round, ms: only their presence since then matters. */
export const suspects = (watches: Watches, taken: readonly Taken[]): ReadonlyMap<string, number> => {
  const since = new Map<string, number>();
  for (const { delivery, ready } of taken)
    for (const observation of ready) {
      const { agent } = delivery;
      const before = since.get(agent) ?? Number.POSITIVE_INFINITY;
      if (observation.at < before && mayBreach(watches, agent, observation)) since.set(agent, observation.at);
    }
  return since;
};

const mayBreach = (watches: Watches, agent: string, observation: Observation): boolean =>
  watches
    .of(agent, observation)
    ?.checks.some(
      ({ rule }) => rule.kind !== 'threshold' || rule.window !== undefined || readingOf(rule, observation).reading === 'breached',
    ) ?? false;

/** Ends alerts whose rule, target or agent is gone: nobody will ever clear them. Goes by what is defined now, names by what was before. */
export const dropUndefined = (
  bench: Pick<Bench, 'ledger' | 'answered' | 'changes' | 'definitions'>,
  definitions: Definitions,
  now: number,
): void => {
  for (const entry of bench.ledger.entries()) {
    const rule = definitions.rules.get(entry.rule);
    const target = definitions.targets.get(targetOf(entry.task));
    const isNoTargets = rule !== undefined && (isForeign(entry.task) || (rule.measurement !== 'ping' && target === undefined));
    const isLookedAt =
      isNoTargets ||
      (rule !== undefined &&
        definitions.agents.has(entry.agent) &&
        (targetOf(entry.task) === '' || (target?.agents.has(entry.agent) === true && target.ruleIds.has(entry.rule))));
    if (isLookedAt) continue;
    if (entry.state.cause !== null) leave(bench, entry, entry.state.cause, now, 'no longer looked at');
    bench.ledger.delete(entry);
  }
};

/** A port, a host or a foreign series of which nothing is heard any more has no one to clear it. */
const FORGOTTEN_MS = 3_600_000;

export const forgetSilent = (bench: Pick<Bench, 'ledger' | 'answered' | 'changes' | 'definitions'>, now: number): void => {
  for (const entry of bench.ledger.entries()) {
    const { lifecycle, cause } = entry.state;
    if (lifecycle.phase === 'inactive' || now - lifecycle.seenAt < FORGOTTEN_MS || !entry.task.includes(':')) continue;
    if (cause !== null) leave(bench, entry, cause, now, 'nothing is heard of it any more');
    bench.ledger.delete(entry);
  }
};

/** Nothing known of anybody's presence: who was measured was there. */
export const everybodyThere: ReadonlyMap<string, readonly PresenceRow[]> = new Map();

export type { Bench, Change };
