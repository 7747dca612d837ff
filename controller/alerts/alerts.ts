import { CompiledQuery } from 'kysely';
import type { RuleStanding } from '../../protocol/rule-view.ts';
import { mayPage, type Rule } from '../../protocol/rule.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import type { Round } from '../../protocol/round.ts';
import type { OnlineStatus } from '../../protocol/status.ts';
import type { Clock } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import type { PresenceRow } from './agent-off.ts';
import type { Arrival } from './arrival.ts';
import { Baselines, type ReadMeans } from './baselines.ts';
import { builtInRules } from './built-in/index.ts';
import type { Change } from './change.ts';
import { decideCauses } from './decide.ts';
import { type Definitions, definitionsStamp, loadDefinitions, nothingDefined } from './definitions.ts';
import { lateAfterMs } from './evaluate.ts';
import { type Delivery, dropUndefined, everybodyThere, forgetSilent, judgeTaken, suspects, takeIn } from './evaluator.ts';
import { makeShown, writeChanges } from './incidents.ts';
import { type Bench, judgeRound } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { type Dirty, emptyMemory, loadMemory, type Memory, readPosition, saveMemory } from './memory.ts';
import { isAnswered, type Observation, observe, targetOf } from './observation.ts';
import { observeForeign, observePoints, type PointLike } from './points.ts';
import { judgePresence, offAgents } from './presence-rule.ts';
import { STANDING_EVERY_MS, standingOf } from './standing.ts';
import { Watches } from './watch.ts';

export interface AlertsDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What agents last said of themselves. */
  readonly statuses?: () => Iterable<Standing>;
  /** For rules that compare with earlier weeks. */
  readonly readMeans?: ReadMeans;
  /** The points of a round that is no echo round; none unless said. */
  readonly pointsOf?: (agent: string, round: Round) => readonly PointLike[];
}

export interface Standing {
  readonly id: string;
  readonly online: boolean;
  readonly status: OnlineStatus | null;
}

export interface Alerts {
  /** Judges what is new, in the order of the log. States, cursor, incidents and outbox are one transaction: a crash neither loses a page nor sends it anew. */
  consume(arrivals: readonly Arrival[]): Promise<void>;
  /** Judges what others wrote to us. Harmless when the same comes again; what is late judges nothing. */
  look(points: readonly PointLike[]): Promise<void>;
  /** What silence says: agents that are off, alerts that still wait for evidence. Call it about once a second. */
  tick(): Promise<void>;
  /** Up to where the log is judged. */
  position(): Promise<number>;
  /** Told after each commit that changed an incident. */
  onChange(handler: () => void): void;
  /** How each rule that is on stands now. */
  standing(): readonly RuleStanding[];
}

const SEEDED = 'alerts.built-in-rules';
/** A tick that comes later than this after the one before: the controller stood still, and so nobody could come back. */
const STOOD_STILL_MS = 30_000;
const PRESENCE_SINCE = `SELECT from_at, state FROM presence WHERE agent_id = ? AND from_at >=
  ifnull((SELECT max(from_at) FROM presence WHERE agent_id = ? AND from_at <= ?), 0) ORDER BY from_at`;

/** Opens the alerts where they stood; seeds the built-in rules at the first start. */
export const openAlerts = async (deps: AlertsDeps): Promise<Alerts> => {
  const { state, clock, log } = deps;
  await seedRules(state, Math.floor(clock.now()));
  /** Both are read with the first arrival or tick. */
  let memory = emptyMemory();
  let definitions = nothingDefined;
  let watches = new Watches(definitions);
  /** -1: what lies in memory, and what was removed meanwhile, must be looked at anew. */
  let stamp = -1;
  let tickedAt = clock.now();
  let earliest = tickedAt;
  let stoodAt = 0;
  const shown = makeShown();
  const baselines = new Baselines(deps.readMeans ?? (async () => new Map()));
  let last: Promise<unknown> = Promise.resolve();
  const handlers: (() => void)[] = [];

  /** One at a time: both `consume` and `tick` change the memory. After a failure it is read anew: what was judged did not happen. */
  const serially = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work).catch((error: unknown) => {
      stamp = -1;
      throw error;
    });
    last = result.catch(() => {});
    return result;
  };
  const refresh = async (): Promise<Change[]> => {
    const now = await definitionsStamp(state);
    if (now === stamp) return [];
    const removed: Change[] = [];
    const before = definitions;
    definitions = await loadDefinitions(state);
    watches = new Watches(definitions);
    const { samples, heard } = memory;
    memory = await loadMemory(state);
    if (stamp !== -1) memory = { ...memory, samples, heard };
    // The rules that go are needed once more, to end what they opened.
    const rules = new Map([...before.rules, ...definitions.rules]);
    const { ledger, answered } = memory;
    dropUndefined({ ledger, answered, changes: removed, definitions: { ...definitions, rules } }, definitions, Math.floor(clock.now()));
    stamp = now;
    return removed;
  };
  const commit = async (changes: readonly Change[], dirty: Dirty): Promise<void> => {
    await state.transaction().execute(async (trx) => {
      const seen = await saveMemory(trx, memory, dirty);
      await writeChanges(trx, changes, { definitions, ledger: memory.ledger, seen, now: Math.floor(clock.now()), shown });
    });
    for (const change of changes) if (change.kind === 'opened') log.warn('incident-opened', change.title, { cause: change.cause });
    for (const change of changes) if (change.kind === 'resolved') log.info('incident-resolved', `${change.rule.id} ${change.cause}`);
    if (changes.length > 0) for (const handler of handlers) handler();
  };
  const benchWith = (changes: Change[], presence: ReadonlyMap<string, readonly PresenceRow[]>): Bench => ({
    ledger: memory.ledger,
    answered: memory.answered,
    samples: memory.samples,
    definitions,
    watches,
    presence,
    usual: (rule, agent, { task, end }) => baselines.usual(rule, agent, task, end),
    changes,
  });

  return {
    consume: (arrivals) =>
      serially(async () => {
        const changes = await refresh();
        const fresh = arrivals.filter(({ position }) => position > memory.position);
        const answers = new Map<string, number>();
        const taken = fresh.map((arrival) => takeIn(memory, deliveryOf(arrival, memory, definitions, answers, deps.pointsOf)));
        const bench = benchWith(changes, await presenceOf(state, suspects(watches, taken)));
        for (const one of taken) judgeTaken(bench, memory, one);
        memory.position = fresh.at(-1)?.position ?? memory.position;
        if (fresh.length === 0 && changes.length === 0) return;
        await commit(changes, { agents: new Set(fresh.map(({ agent }) => agent)), answers, remembers: remembersOf(definitions) });
      }),
    look: (points) =>
      serially(async () => {
        const changes = await refresh();
        const bench = benchWith(changes, everybodyThere);
        const now = Math.floor(clock.now());
        for (const point of points) {
          const seen = observeForeign(point);
          if (seen !== null && Math.abs(now - seen.observation.end) <= lateAfterMs(seen.observation.intervalMs))
            judgeRound(bench, seen.agent, seen.observation);
        }
        decideCauses(bench, now, null);
        if (changes.length > 0 || memory.ledger.isChanged)
          await commit(changes, { agents: new Set(), answers: new Map(), remembers: nothingRemembered });
      }),
    tick: () =>
      serially(async () => {
        const now = Math.floor(clock.now());
        if (now - tickedAt > STOOD_STILL_MS) earliest = now;
        tickedAt = now;
        const changes = await refresh();
        const bench = benchWith(changes, everybodyThere);
        const looksAtPresence = [...definitions.rules.values()].some(({ kind }) => kind === 'agent-off');
        const moved = looksAtPresence && judgePresence(bench, await offAgents(state), now, earliest);
        // At whole multiples, so that a restart does not shift what is judged.
        const standsAt = Math.floor(now / STANDING_EVERY_MS) * STANDING_EVERY_MS;
        if (standsAt > stoodAt) {
          stoodAt = standsAt;
          forgetSilent(bench, standsAt);
          judgeStanding(bench, deps.statuses?.() ?? [], standsAt);
          baselines.learn(definitions.rules.values(), now).catch((error: unknown) => log.warn('baseline-unread', String(error)));
        }
        if (memory.ledger.undecided().length > 0) decideCauses(bench, now, null);
        if (moved || memory.ledger.isChanged || shown.isDue(now) || changes.length > 0)
          await commit(changes, { agents: new Set(), answers: new Map(), remembers: nothingRemembered });
      }),
    position: () => readPosition(state),
    onChange: (handler) => void handlers.push(handler),
    standing: () => standingsOf(definitions, memory.ledger, (rule) => baselines.progress(rule, clock.now())),
  };
};

/** What agents say of themselves, through the same rules as what they measure. */
const judgeStanding = (bench: Bench, statuses: Iterable<Standing>, now: number): void => {
  for (const { id, online, status } of statuses)
    if (online && status !== null) for (const observation of standingOf(status, now)) judgeRound(bench, id, observation);
};

/** How each rule that is on stands now. */
const standingsOf = (
  { rules }: Definitions,
  ledger: Ledger,
  progress: (rule: Rule) => { readonly learned: number; readonly learning: number },
): readonly RuleStanding[] => {
  const counts = new Map([...rules.keys()].map((rule) => [rule, { firing: 0, pending: 0, silent: 0 }]));
  for (const { rule, state, silent } of ledger.entries()) {
    const count = counts.get(rule);
    if (count === undefined || state.lifecycle.phase === 'inactive') continue;
    if (state.lifecycle.phase === 'pending') count.pending += 1;
    else if (silent) count.silent += 1;
    else count.firing += 1;
  }
  return [...rules.values()].map((rule) => ({
    rule: rule.id,
    ...(counts.get(rule.id) ?? { firing: 0, pending: 0, silent: 0 }),
    ...(rule.kind === 'baseline' ? progress(rule) : {}),
  }));
};

/** A batch as the rules need it, and which targets answered for the first time. Rounds stamped by a wall clock judge nobody. */
const deliveryOf = (
  { agent, arrivedAt, batch }: Arrival,
  memory: Memory,
  definitions: Definitions,
  answers: Map<string, number>,
  pointsOf: AlertsDeps['pointsOf'],
): Delivery => {
  const observations: Observation[] = [];
  for (const round of batch.rounds) {
    const target = targetOf(round.task);
    // What comes late of a target that was removed must not make a new one of the same name look as if it had answered.
    if (!memory.answered.has(target) && isAnswered(round) && definitions.targets.has(target)) {
      memory.answered.add(target);
      answers.set(target, Math.min(round.at, arrivedAt));
    }
    if (round.time.source !== 'controller') continue;
    const observation = observe(round);
    if (observation !== null) observations.push(observation);
    else if (pointsOf !== undefined && !round.task.endsWith('/icmp')) observations.push(...observePoints(round, pointsOf(agent, round)));
  }
  return { agent, arrivedAt, lane: batch.lane, upTo: batch.upTo, observations };
};

const nothingRemembered = { heard: false, samples: false };

/** What of an agent's memory must outlive a restart: only what a rule that pages needs. */
const remembersOf = ({ rules }: Definitions): Dirty['remembers'] => {
  const paging = [...rules.values()].filter(mayPage);
  return {
    heard: paging.some(({ kind }) => kind === 'no-data'),
    samples: paging.some(({ window, pattern, change }) => window !== undefined || pattern !== undefined || change !== undefined),
  };
};

/** Each agent's presence rows from the one that holds at its time on, in order. */
const presenceOf = async (state: State, since: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, readonly PresenceRow[]>> => {
  const byAgent = new Map<string, readonly PresenceRow[]>();
  for (const [agent, from] of since) {
    const { rows } = await state.executeQuery<PresenceRow>(CompiledQuery.raw(PRESENCE_SINCE, [agent, agent, Math.floor(from)]));
    byAgent.set(agent, rows);
  }
  return byAgent;
};

const seedRules = async (state: State, now: number): Promise<void> => {
  await state.transaction().execute(async (trx) => {
    if (await trx.selectFrom('settings').select('key').where('key', '=', SEEDED).executeTakeFirst()) return;
    await trx
      .insertInto('rules')
      .values(builtInRules.map((rule) => ({ id: rule.id, document: JSON.stringify(rule), enabled: rule.enabled ? 1 : 0, updated_at: now })))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await trx.insertInto('settings').values({ key: SEEDED, value: '1' }).execute();
  });
};
