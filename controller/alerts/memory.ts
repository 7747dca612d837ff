import { CompiledQuery, type Transaction } from 'kysely';
import * as z from 'zod';
import type { State } from '../state/database.ts';
import type { Tables } from '../state/tables.ts';
import { AlertState, type Entry, Ledger, seriesOf, splitSeries } from './ledger.ts';
import { Observation } from './observation.ts';
import type { Samples } from './samples.ts';
import type { Progress } from './watermark.ts';

const CONSUMER = 'alerts';
/** Rows in one statement: each number of them is a statement of its own, which is kept prepared. */
const ROWS_AT_ONCE = 50;

/** What the alerts know, as the control database has it after the last commit. */
export interface Memory {
  position: number;
  readonly ledger: Ledger;
  readonly progress: Map<string, Progress>;
  readonly answered: Set<string>;
  /** By agent, series and field: what rules that look at more than one round remember. */
  readonly samples: Map<string, Map<string, Map<string, Samples>>>;
  /** By agent: when each series was last heard of, by the ends of its rounds. */
  readonly heard: Map<string, Map<string, number>>;
}

export const emptyMemory = (): Memory => ({
  position: 0,
  ledger: new Ledger([]),
  progress: new Map(),
  answered: new Set(),
  samples: new Map(),
  heard: new Map(),
});

const numbers = z.array(z.number());
const SamplesText = z.record(z.string(), z.record(z.string(), z.tuple([numbers, numbers, numbers, numbers])));
const HeardText = z.record(z.string(), z.number());

export const readPosition = async (state: State): Promise<number> =>
  (await state.selectFrom('cursors').select('position').where('consumer', '=', CONSUMER).executeTakeFirst())?.position ?? 0;

export const loadMemory = async (state: State): Promise<Memory> => {
  const states = await state.selectFrom('alert_states').selectAll().execute();
  const watermarks = await state.selectFrom('watermarks').selectAll().execute();
  const answers = await state.selectFrom('answers').select('target_id').execute();
  const remembered = await state.selectFrom('alert_memory').selectAll().execute();
  return {
    position: await readPosition(state),
    ledger: new Ledger(
      states.map((row) => ({
        rule: row.rule_id,
        ...splitSeries(row.series),
        state: AlertState.parse(JSON.parse(row.state)),
        silent: false,
      })),
    ),
    progress: new Map(
      watermarks.map((row) => [row.agent_id, { upTo: row.up_to, waiting: z.array(Observation).parse(JSON.parse(row.waiting)) }]),
    ),
    answered: new Set(answers.map(({ target_id }) => target_id)),
    samples: new Map(remembered.map((row) => [row.agent_id, samplesOf(row.samples)])),
    heard: new Map(remembered.map((row) => [row.agent_id, new Map(Object.entries(HeardText.parse(JSON.parse(row.heard))))])),
  };
};

const samplesOf = (text: string): Map<string, Map<string, Samples>> =>
  new Map(
    Object.entries(SamplesText.parse(JSON.parse(text))).map(([task, fields]) => [
      task,
      new Map(
        Object.entries(fields).map(([field, [ends, values, bounds, packets]]) => [field, { ends, values, bounds, packets, durable: true }]),
      ),
    ]),
  );

export interface Dirty {
  readonly agents: ReadonlySet<string>;
  readonly answers: ReadonlyMap<string, number>;
  /** Of these agents also what was heard or sampled, where a rule that pages needs it. */
  readonly remembers: { readonly heard: boolean; readonly samples: boolean };
}

/** Of each table: where its rows go, and what happens to one that is there already. The texts go in as they are: JSON that SQLite takes apart costs more. */
type Upsert = readonly [into: string, onConflict: string];
const SAVE_STATES: Upsert = ['alert_states (rule_id, series, state)', '(rule_id, series) DO UPDATE SET state = excluded.state'];
const SAVE_PROGRESS: Upsert = [
  'watermarks (agent_id, up_to, waiting)',
  '(agent_id) DO UPDATE SET up_to = excluded.up_to, waiting = excluded.waiting',
];
const SAVE_MEMORY: Upsert = [
  'alert_memory (agent_id, heard, samples)',
  '(agent_id) DO UPDATE SET heard = excluded.heard, samples = excluded.samples',
];
const SAVE_ANSWERS: Upsert = ['answers (target_id, first_at)', '(target_id) DO NOTHING'];
const DROP_STATES = `DELETE FROM alert_states WHERE (rule_id, series) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`;
const SAVE_POSITION = `INSERT INTO cursors (consumer, position) VALUES ('${CONSUMER}', ?)
  ON CONFLICT (consumer) DO UPDATE SET position = excluded.position`;

/** Writes what changed; part of the caller's transaction. The alerts of incidents among it: what they saw last is new. */
export const saveMemory = async (trx: Transaction<Tables>, memory: Memory, dirty: Dirty): Promise<readonly Entry[]> => {
  const save = async ([into, onConflict]: Upsert, rows: readonly (readonly unknown[])[]): Promise<void> => {
    for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
      const some = rows.slice(first, first + ROWS_AT_ONCE);
      const places = some.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
      await trx.executeQuery(CompiledQuery.raw(`INSERT INTO ${into} VALUES ${places} ON CONFLICT ${onConflict}`, some.flat()));
    }
  };
  const { written, deleted } = memory.ledger.takeChanges();
  await save(
    SAVE_STATES,
    written.map((entry) => [entry.rule, seriesOf(entry), JSON.stringify(entry.state)]),
  );
  const gone = deleted.map((key) => [key.rule, seriesOf(key)]);
  if (gone.length > 0) await trx.executeQuery(CompiledQuery.raw(DROP_STATES, [JSON.stringify(gone)]));
  const agents = [...dirty.agents];
  await save(
    SAVE_PROGRESS,
    agents.map((agent) => [agent, memory.progress.get(agent)?.upTo ?? 0, JSON.stringify(memory.progress.get(agent)?.waiting ?? [])]),
  );
  await save(
    SAVE_MEMORY,
    agents.flatMap((agent) => rememberedOf(memory, agent, dirty)),
  );
  await save(SAVE_ANSWERS, [...dirty.answers]);
  await trx.executeQuery(CompiledQuery.raw(SAVE_POSITION, [memory.position]));
  return written.filter(({ state }) => state.cause !== null);
};

const rememberedOf = (memory: Memory, agent: string, { remembers }: Dirty): [agent: string, heard: string, samples: string][] => {
  if (!remembers.heard && !remembers.samples) return [];
  const heard = remembers.heard ? Object.fromEntries(memory.heard.get(agent) ?? []) : {};
  const samples = Object.fromEntries(
    [...(memory.samples.get(agent) ?? [])].flatMap(([task, fields]) => {
      const kept = [...fields].filter(([, { durable }]) => durable);
      const columns = kept.map(([field, { ends, values, bounds, packets }]) => [field, [ends, values, bounds, packets]] as const);
      return columns.length === 0 ? [] : [[task, Object.fromEntries(columns)] as const];
    }),
  );
  return [[agent, JSON.stringify(heard), JSON.stringify(samples)]];
};
