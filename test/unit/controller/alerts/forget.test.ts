import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { forgetIncidents } from '../../../../controller/alerts/forget.ts';
import { openState, type State } from '../../../../controller/state/database.ts';

const BEFORE = 1_000;

const addIncident = async (state: State, resolvedAt: number | null, message: 'waiting' | 'delivered'): Promise<number> => {
  const times = { opened_at: 1, resolved_at: resolvedAt, acknowledged_at: null, acknowledged_by: null };
  const how = resolvedAt === null ? ('firing' as const) : ('resolved' as const);
  const about = { rule_id: 'r', cause: 'target:gw', title: 'gw', severity: 'critical' as const, state: how, members: '[]' };
  const { id } = await state
    .insertInto('incidents')
    .values({ ...about, ...times })
    .returning('id')
    .executeTakeFirstOrThrow();
  await state.insertInto('incident_events').values({ incident_id: id, at: 1, kind: 'opened', detail: '' }).execute();
  await state.insertInto('verdicts').values({ incident_id: id, at: 1, document: '{}' }).execute();
  const sent = { notifier_id: 'hook', body: '{}', created_at: 1, next_try_at: 1, attempts: 1, last_error: null, delivered_at: null };
  const row = { ...sent, idempotency_key: `${id}`, incident_id: id, state: message };
  const { id: outbox } = await state.insertInto('outbox').values(row).returning('id').executeTakeFirstOrThrow();
  const tried = { outbox_id: outbox, ms: 1, result: 'later' as const, said: '' };
  for (const at of [BEFORE - 1, BEFORE])
    await state
      .insertInto('outbox_attempts')
      .values({ ...tried, at })
      .execute();
  return id;
};

const TABLES = ['incidents', 'incident_events', 'verdicts', 'outbox', 'outbox_attempts'] as const;
const counts = async (state: State): Promise<number[]> =>
  Promise.all(TABLES.map(async (table) => (await state.selectFrom(table).selectAll().execute()).length));

t.test('forget: an incident that was over long ago goes with all that hangs on it', async (t) => {
  const state = openState(new DatabaseSync(':memory:'));
  await addIncident(state, BEFORE - 1, 'delivered');
  await forgetIncidents(state, BEFORE);
  t.same(await counts(state), [0, 0, 0, 0, 0]);
});

t.test('forget: one that is open, or was over lately, stays; only its old attempts go', async (t) => {
  const state = openState(new DatabaseSync(':memory:'));
  await addIncident(state, null, 'delivered');
  await addIncident(state, BEFORE, 'delivered');
  await forgetIncidents(state, BEFORE);
  t.same(await counts(state), [2, 2, 2, 2, 2]);
});

t.test('forget: what still waits to be told is not forgotten', async (t) => {
  const state = openState(new DatabaseSync(':memory:'));
  const id = await addIncident(state, BEFORE - 1, 'waiting');
  await forgetIncidents(state, BEFORE);
  t.same(await counts(state), [1, 1, 1, 1, 1]);
  t.same(await state.selectFrom('incidents').select('id').execute(), [{ id }]);
});

t.test('forget: silences that have ended', async (t) => {
  const state = openState(new DatabaseSync(':memory:'));
  const silence = { match: '{}', starts_at: 1, comment: '', created_by: 'ines', created_at: 1 };
  for (const ends_at of [BEFORE - 1, BEFORE])
    await state
      .insertInto('silences')
      .values({ ...silence, ends_at })
      .execute();
  await forgetIncidents(state, BEFORE);
  t.equal((await state.selectFrom('silences').selectAll().execute()).length, 1);
});
