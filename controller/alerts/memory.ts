import type { Transaction } from 'kysely';
import * as z from 'zod';
import type { State } from '../state/database.ts';
import type { Tables } from '../state/tables.ts';
import { AlertState, type Entry, Ledger, seriesOf, splitSeries } from './ledger.ts';
import { Observation } from './observation.ts';
import type { Progress } from './watermark.ts';

const CONSUMER = 'alerts';
/** Rows in one INSERT: far below SQLite's limit of parameters. */
const ROWS_AT_ONCE = 200;

/** What the alerts know, as the control database has it after the last commit. */
export interface Memory {
  position: number;
  readonly ledger: Ledger;
  readonly progress: Map<string, Progress>;
  readonly answered: Set<string>;
}

export const readPosition = async (state: State): Promise<number> =>
  (await state.selectFrom('cursors').select('position').where('consumer', '=', CONSUMER).executeTakeFirst())?.position ?? 0;

export const loadMemory = async (state: State): Promise<Memory> => {
  const states = await state.selectFrom('alert_states').selectAll().execute();
  const watermarks = await state.selectFrom('watermarks').selectAll().execute();
  const answers = await state.selectFrom('answers').select('target_id').execute();
  return {
    position: await readPosition(state),
    ledger: new Ledger(
      states.map((row) => ({ rule: row.rule_id, ...splitSeries(row.series), state: AlertState.parse(JSON.parse(row.state)) })),
    ),
    progress: new Map(
      watermarks.map((row) => [row.agent_id, { upTo: row.up_to, waiting: z.array(Observation).parse(JSON.parse(row.waiting)) }]),
    ),
    answered: new Set(answers.map(({ target_id }) => target_id)),
  };
};

export interface Dirty {
  readonly agents: ReadonlySet<string>;
  readonly answers: ReadonlyMap<string, number>;
}

/** Writes what changed; part of the caller's transaction. The alerts of incidents among it: what they saw last is new. */
export const saveMemory = async (trx: Transaction<Tables>, memory: Memory, dirty: Dirty): Promise<readonly Entry[]> => {
  const seen = await saveLedger(trx, memory.ledger);
  const progress = [...dirty.agents].map((agent) => {
    const { upTo, waiting } = memory.progress.get(agent) ?? { upTo: 0, waiting: [] };
    return { agent_id: agent, up_to: upTo, waiting: JSON.stringify(waiting) };
  });
  for (const rows of chunks(progress))
    await trx
      .insertInto('watermarks')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('agent_id').doUpdateSet((row) => ({ up_to: row.ref('excluded.up_to'), waiting: row.ref('excluded.waiting') })),
      )
      .execute();
  const answers = [...dirty.answers].map(([target_id, first_at]) => ({ target_id, first_at }));
  for (const rows of chunks(answers))
    await trx
      .insertInto('answers')
      .values(rows)
      .onConflict((conflict) => conflict.column('target_id').doNothing())
      .execute();
  await trx
    .insertInto('cursors')
    .values({ consumer: CONSUMER, position: memory.position })
    .onConflict((conflict) => conflict.column('consumer').doUpdateSet({ position: memory.position }))
    .execute();
  return seen;
};

const saveLedger = async (trx: Transaction<Tables>, ledger: Ledger): Promise<readonly Entry[]> => {
  const { written, deleted } = ledger.takeChanges();
  const states = written.map((entry) => ({ rule_id: entry.rule, series: seriesOf(entry), state: JSON.stringify(entry.state) }));
  for (const rows of chunks(states))
    await trx
      .insertInto('alert_states')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['rule_id', 'series']).doUpdateSet((row) => ({ state: row.ref('excluded.state') })))
      .execute();
  for (const [rule, keys] of Map.groupBy(deleted, (key) => key.rule))
    for (const some of chunks(keys.map(seriesOf)))
      await trx.deleteFrom('alert_states').where('rule_id', '=', rule).where('series', 'in', some).execute();
  return written.filter(({ state }) => state.cause !== null);
};

const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / ROWS_AT_ONCE) }, (_, index) => all.slice(index * ROWS_AT_ONCE, (index + 1) * ROWS_AT_ONCE));
