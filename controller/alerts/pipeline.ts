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
import { type Bench, decideCauses, judgeRound } from './judge.ts';
import { type Dirty, loadMemory, type Memory, readPosition, saveMemory } from './memory.ts';
import { isAnswered, type Observation, observe, targetOf } from './observation.ts';
import { judgeAgents, sweep } from './timer.ts';
import { advance, nothingYet } from './watermark.ts';

export interface AlertsDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Alerts {
  /** Judges the arrivals in order. State, cursor, incidents and outbox are written in one transaction; what was consumed before is skipped, so delivery again is harmless. */
  consume(arrivals: readonly Arrival[]): Promise<void>;
  /** What only the controller's timer can notice: agents that are off, alerts whose target or rule is gone. Call it about once a second. */
  tick(): Promise<void>;
  /** The last arrival that was consumed; 0 before the first. */
  position(): Promise<number>;
  /** Called after each commit with the incidents that are new or different. */
  onChange(handler: (incidents: readonly number[]) => void): void;
}

/** After a start, and after it stood still for `STALLED_MS`, the controller gives every agent this long to come back. */
const GRACE_MS = 60_000;
const STALLED_MS = 15_000;

/** Opens the alerts over the control database: goes on where the last commit was. Writes the built-in rules at the very first start. */
export const openAlerts = async ({ state, clock, log }: AlertsDeps): Promise<Alerts> => {
  await seedRules(state, clock.now());
  const handlers: ((incidents: readonly number[]) => void)[] = [];
  let memory: Memory | null = null;
  let definitions: { readonly stamp: string; readonly value: Definitions } | null = null;
  let swept = '';
  let lastTick = clock.monotonic();
  let earliestOff = clock.now() + GRACE_MS;
  let queue: Promise<unknown> = Promise.resolve();

  /** One after the other: each works on the memory of the one before. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  };
  const current = async (): Promise<{ readonly stamp: string; readonly value: Definitions }> => {
    const stamp = await definitionsStamp(state);
    if (definitions?.stamp !== stamp) definitions = { stamp, value: await loadDefinitions(state) };
    return definitions;
  };
  const commit = async (from: Memory, bench: Bench, dirty: Dirty): Promise<void> => {
    const now = Math.floor(clock.now());
    try {
      const incidents = await state.transaction().execute(async (trx) => {
        await saveMemory(trx, from, dirty);
        return writeChanges(trx, bench.changes, bench.definitions, now);
      });
      for (const change of bench.changes) logChange(log, change);
      if (incidents.length > 0) for (const handler of handlers) handler(incidents);
    } catch (error) {
      memory = null; // what was judged did not happen; the next call reads again what did
      throw error;
    }
  };

  return {
    consume: (arrivals) =>
      alone(async () => {
        memory ??= await loadMemory(state);
        const after = memory.position;
        const fresh = arrivals.filter(({ position }) => position > after);
        if (fresh.length === 0) return;
        const { value } = await current();
        const { complete, dirty } = takeIn(memory, value, fresh);
        const presence = await presenceOf(state, value, complete);
        const bench: Bench = { ledger: memory.ledger, answered: memory.answered, definitions: value, presence, changes: [] };
        for (const { agent, arrivedAt, ready } of complete) {
          for (const observation of ready) judgeRound(bench, agent, observation);
          decideCauses(bench, arrivedAt);
        }
        await commit(memory, bench, dirty);
      }),
    tick: () =>
      alone(async () => {
        memory ??= await loadMemory(state);
        const { stamp, value } = await current();
        const now = Math.floor(clock.now());
        if (clock.monotonic() - lastTick > STALLED_MS) earliestOff = now + GRACE_MS;
        lastTick = clock.monotonic();
        const bench: Bench = { ledger: memory.ledger, answered: memory.answered, definitions: value, presence: new Map(), changes: [] };
        const isSwept = swept === stamp || sweep(bench, now);
        const isQuiet = await judgeAgents(state, bench, now, earliestOff);
        if (!isSwept || !isQuiet) await commit(memory, bench, { agents: new Set(), answers: new Map() });
        if (swept !== stamp) {
          // A target that comes back under the same id is new: it has not answered yet.
          const known = state.selectFrom('targets').select('id');
          await state.deleteFrom('answers').where('target_id', 'not in', known).execute();
          for (const target of memory?.answered ?? []) if (!value.targets.has(target)) memory?.answered.delete(target);
          swept = stamp;
        }
      }),
    position: () => readPosition(state),
    onChange: (handler) => {
      handlers.push(handler);
    },
  };
};

interface Complete {
  readonly agent: string;
  readonly arrivedAt: number;
  readonly ready: readonly Observation[];
}

/** Moves the watermarks and notes first answers; what became complete, arrival by arrival. */
const takeIn = (
  memory: Memory,
  definitions: Definitions,
  arrivals: readonly Arrival[],
): { complete: readonly Complete[]; dirty: Dirty } => {
  const agents = new Set<string>();
  const answers = new Map<string, number>();
  const complete = arrivals.map(({ agent, arrivedAt, batch }): Complete => {
    for (const round of batch.rounds) {
      const target = targetOf(round.task);
      if (memory.answered.has(target) || !isAnswered(round) || !definitions.targets.has(target)) continue;
      memory.answered.add(target);
      answers.set(target, Math.min(round.at, arrivedAt));
    }
    // A round that was stamped by a wall clock may lie anywhere in time: it is history, and pages nobody.
    const observations = batch.rounds.filter(({ time }) => time.source === 'controller').flatMap((round) => observe(round) ?? []);
    const before = memory.progress.get(agent) ?? nothingYet;
    const { progress, ready } = advance(before, { arrivedAt, lane: batch.lane, upTo: batch.upTo, observations });
    const isSame = progress.upTo === before.upTo && progress.waiting.length === 0 && before.waiting.length === 0;
    if (!isSame) agents.add(agent);
    memory.progress.set(agent, progress);
    return { agent, arrivedAt, ready };
  });
  for (const { position } of arrivals) memory.position = Math.max(memory.position, position);
  return { complete, dirty: { agents, answers } };
};

const DAY_MS = 86_400_000;

/** Presence of those agents that a rule found a breach at: usually nobody, so usually no query. */
const presenceOf = async (
  state: State,
  definitions: Definitions,
  complete: readonly Complete[],
): Promise<ReadonlyMap<string, readonly PresenceRow[]>> => {
  const hasBreach = (observation: Observation): boolean =>
    definitions.targets.get(targetOf(observation.task))?.rules.some((rule) => readingOf(rule, observation) === 'breached') ?? false;
  const breached = complete.filter(({ ready }) => ready.some(hasBreach));
  const agents = [...new Set(breached.map(({ agent }) => agent))];
  if (agents.length === 0) return new Map();
  const from = Math.min(...breached.flatMap(({ ready }) => ready.map(({ at }) => at))) - DAY_MS;
  const rows: (PresenceRow & { agent_id: string })[] = [];
  for (let first = 0; first < agents.length; first += 500)
    rows.push(
      ...(await state
        .selectFrom('presence')
        .selectAll()
        .where('agent_id', 'in', agents.slice(first, first + 500))
        .where('from_at', '>=', from)
        .orderBy('from_at')
        .execute()),
    );
  return Map.groupBy(rows, ({ agent_id }) => agent_id);
};

/** Once in the life of a control database, so that a built-in rule that was deleted stays deleted. */
const seedRules = async (state: State, now: number): Promise<void> => {
  const key = 'alerts.built-in-rules';
  if (await state.selectFrom('settings').select('key').where('key', '=', key).executeTakeFirst()) return;
  await state.transaction().execute(async (trx) => {
    for (const rule of builtInRules)
      await trx
        .insertInto('rules')
        .values({ id: rule.id, document: JSON.stringify(rule), enabled: 1, updated_at: Math.floor(now) })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    await trx.insertInto('settings').values({ key, value: '1' }).execute();
  });
};

const logChange = (log: Log, change: Change): void => {
  if (change.kind === 'opened') log.warn('incident-opened', change.title, { rule: change.rule.id, cause: change.cause });
  if (change.kind === 'resolved') log.info('incident-resolved', change.detail, { rule: change.rule, cause: change.cause });
};
