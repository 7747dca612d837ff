import { sql } from 'kysely';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import type { PresenceRow } from './agent-off.ts';
import type { Arrival } from './arrival.ts';
import { builtInRules } from './built-in.ts';
import type { Change } from './change.ts';
import { type Definitions, definitionsStamp, loadDefinitions } from './definitions.ts';
import { readingOf } from './evaluate.ts';
import { writeChanges } from './incidents.ts';
import { type Bench, decideCauses, judgeRound, leave, membersOf } from './judge.ts';
import { type Dirty, loadMemory, type Memory, readPosition, saveMemory } from './memory.ts';
import { isAnswered, type Observation, observe, targetOf } from './observation.ts';
import { judgePresence } from './presence-rule.ts';
import { advance, nothingYet } from './watermark.ts';

export interface AlertsDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Alerts {
  /** Judges what is new, in the order of the log. States, cursor, incidents and outbox are one transaction: a crash neither loses a page nor sends it anew. */
  consume(arrivals: readonly Arrival[]): Promise<void>;
  /** What silence says: agents that are off, alerts that still wait for evidence. Call it about once a second. */
  tick(): Promise<void>;
  /** Up to where the log is judged. */
  position(): Promise<number>;
  /** Told after each commit that changed an incident. */
  onChange(handler: () => void): void;
}

const SEEDED = 'alerts.built-in-rules';
/** A tick that comes later than this after the one before: the controller stood still, and so nobody could come back. */
const STOOD_STILL_MS = 30_000;
const PRESENCE_ROWS = 500;

/** Opens the alerts where they stood; seeds the built-in rules at the first start. */
export const openAlerts = async (deps: AlertsDeps): Promise<Alerts> => {
  const { state, clock, log } = deps;
  await seedRules(state, Math.floor(clock.now()));
  let memory = await loadMemory(state);
  let definitions = await loadDefinitions(state);
  /** Empty: what lies in memory, and what was removed meanwhile, must be looked at anew. */
  let stamp = '';
  let tickedAt = clock.now();
  let earliest = tickedAt;
  let last: Promise<unknown> = Promise.resolve();
  const handlers: (() => void)[] = [];

  /** One at a time: both `consume` and `tick` change the memory. After a failure it is read anew: what was judged did not happen. */
  const serially = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work).catch((error: unknown) => {
      stamp = '';
      throw error;
    });
    last = result.catch(() => {});
    return result;
  };
  const refresh = async (): Promise<Change[]> => {
    const now = await definitionsStamp(state);
    if (now === stamp) return [];
    const removed: Change[] = [];
    // The rules that go are needed once more, to end what they opened.
    const before = definitions;
    definitions = await loadDefinitions(state);
    memory = await loadMemory(state);
    dropUndefined({ ledger: memory.ledger, changes: removed }, definitions, Math.floor(clock.now()));
    if (removed.length > 0) definitions = { ...definitions, rules: new Map([...before.rules, ...definitions.rules]) };
    stamp = now;
    return removed;
  };
  const commit = async (changes: readonly Change[], dirty: Dirty): Promise<void> => {
    await state.transaction().execute(async (trx) => {
      const seen = await saveMemory(trx, memory, dirty);
      const membersNow = (rule: string, cause: string) => membersOf(memory.ledger, rule, cause);
      await writeChanges(trx, changes, { definitions, seen, membersNow, now: Math.floor(clock.now()) });
    });
    for (const change of changes) if (change.kind === 'opened') log.warn('incident-opened', change.title, { cause: change.cause });
    for (const change of changes) if (change.kind === 'resolved') log.info('incident-resolved', `${change.rule} ${change.cause}`);
    if (changes.length > 0) for (const handler of handlers) handler();
  };
  const benchWith = (changes: Change[], presence: ReadonlyMap<string, readonly PresenceRow[]>): Bench => ({
    ledger: memory.ledger,
    answered: memory.answered,
    definitions,
    presence,
    changes,
  });

  return {
    consume: (arrivals) =>
      serially(async () => {
        const changes = await refresh();
        const fresh = arrivals.filter(({ position }) => position > memory.position);
        const answers = new Map<string, number>();
        const ready = fresh.map((arrival) => takeIn(memory, definitions, arrival, answers));
        const bench = benchWith(changes, await presenceOf(state, breached(ready, fresh, definitions)));
        for (const [index, arrival] of fresh.entries()) {
          for (const observation of ready[index] ?? []) judgeRound(bench, arrival.agent, observation);
          decideCauses(bench, arrival.arrivedAt);
        }
        memory.position = fresh.at(-1)?.position ?? memory.position;
        if (fresh.length === 0 && changes.length === 0) return;
        await commit(changes, { agents: new Set(fresh.map(({ agent }) => agent)), answers });
      }),
    tick: () =>
      serially(async () => {
        const now = Math.floor(clock.now());
        if (now - tickedAt > STOOD_STILL_MS) earliest = now;
        tickedAt = now;
        const changes = await refresh();
        const bench = benchWith(changes, new Map());
        const moved = await judgePresence(state, bench, now, earliest);
        if (memory.ledger.undecided().length > 0) decideCauses(bench, now);
        if (moved || changes.length > 0) await commit(changes, { agents: new Set(), answers: new Map() });
      }),
    position: () => readPosition(state),
    onChange: (handler) => void handlers.push(handler),
  };
};

/** Moves one agent's watermark by one arrival; what is now complete, in the order of the rounds' ends. Rounds stamped by a wall clock judge nobody. */
const takeIn = (
  memory: Memory,
  definitions: Definitions,
  { agent, arrivedAt, batch }: Arrival,
  answers: Map<string, number>,
): readonly Observation[] => {
  const observations: Observation[] = [];
  for (const round of batch.rounds) {
    const target = targetOf(round.task);
    // What comes late of a target that was removed must not make a new one of the same name look as if it had answered.
    if (isAnswered(round) && !memory.answered.has(target) && definitions.targets.has(target)) {
      memory.answered.add(target);
      answers.set(target, Math.min(round.at, arrivedAt));
    }
    const observation = round.time.source === 'controller' ? observe(round) : null;
    if (observation !== null) observations.push(observation);
  }
  const { progress, ready } = advance(memory.progress.get(agent) ?? nothingYet, {
    arrivedAt,
    lane: batch.lane,
    upTo: batch.upTo,
    observations,
  });
  memory.progress.set(agent, progress);
  return ready;
};

/** The agents of which a round breaches some rule: only their presence matters. */
const breached = (
  ready: readonly (readonly Observation[])[],
  arrivals: readonly Arrival[],
  definitions: Definitions,
): readonly string[] => {
  const isBreach = (observation: Observation): boolean =>
    (definitions.targets.get(targetOf(observation.task))?.rules ?? []).some((rule) => readingOf(rule, observation) === 'breached');
  return [...new Set(arrivals.filter((_, index) => (ready[index] ?? []).some(isBreach)).map(({ agent }) => agent))];
};

const presenceOf = async (state: State, agents: readonly string[]): Promise<ReadonlyMap<string, readonly PresenceRow[]>> => {
  const byAgent = new Map<string, readonly PresenceRow[]>();
  for (const agent of agents) {
    const newest = state.selectFrom('presence').select(['from_at', 'state']).where('agent_id', '=', agent).orderBy('from_at', 'desc');
    byAgent.set(agent, (await newest.limit(sql.lit(PRESENCE_ROWS)).execute()).toReversed());
  }
  return byAgent;
};

/** Ends alerts whose rule, target or agent is gone: nobody will ever clear them. */
const dropUndefined = (bench: Pick<Bench, 'ledger' | 'changes'>, definitions: Definitions, now: number): void => {
  for (const entry of bench.ledger.entries()) {
    const rule = definitions.rules.get(entry.rule);
    const isLookedAt =
      rule?.kind === 'agent-off'
        ? definitions.agents.has(entry.agent)
        : (definitions.targetsOf.get(entry.agent) ?? []).some(
            ({ id, rules }) => id === targetOf(entry.task) && rules.some((one) => one.id === entry.rule),
          );
    if (isLookedAt) continue;
    if (entry.state.cause !== null) leave(bench, entry, entry.state.cause, now, 'no longer looked at');
    bench.ledger.delete(entry);
  }
};

const seedRules = async (state: State, now: number): Promise<void> => {
  await state.transaction().execute(async (trx) => {
    if (await trx.selectFrom('settings').select('key').where('key', '=', SEEDED).executeTakeFirst()) return;
    await trx
      .insertInto('rules')
      .values(builtInRules.map((rule) => ({ id: rule.id, document: JSON.stringify(rule), enabled: 1, updated_at: now })))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await trx.insertInto('settings').values({ key: SEEDED, value: '1' }).execute();
  });
};
