// Notifiers as the API gives and takes them: no secret goes out, and one that is left out stays as it is kept.
import { sql } from 'kysely';
import { isHidden, Notifier, type NotifierEdit, SEALED_FIELDS } from '../../protocol/notifier.ts';
import type { NotifierView } from '../../protocol/notify-api.ts';
import { completed, openNotifier, sealNotifier } from '../alerts/notifiers/kept.ts';
import { audit } from './audit.ts';
import type { Context } from './context.ts';
import { notFound, refuse } from './problem.ts';

interface Row {
  readonly id: string;
  readonly document: string;
  readonly secrets: string;
}

export const listNotifiers = async (context: Context): Promise<NotifierView[]> => {
  const rows = await context.state.selectFrom('notifiers').select(['id', 'document', 'secrets']).orderBy('id').execute();
  return Promise.all(rows.map((row) => viewOf(context, row)));
};

/** Throws 404. */
export const findNotifier = async (context: Context, id: string): Promise<NotifierView> => {
  const row = await rowOf(context, id);
  if (row === undefined) throw notFound(`notifier ${id}`);
  return viewOf(context, row);
};

/** Makes or replaces one. Throws 409, 404, or 422 with the fields that are missing. */
export const saveNotifier = async (
  context: Context,
  edit: NotifierEdit,
  actor: string,
  replacing: string | null,
): Promise<NotifierView> => {
  const row = await rowOf(context, edit.id);
  if (replacing === null && row !== undefined)
    throw refuse(409, `id: there is a notifier ${edit.id} already`, [{ path: 'id', message: 'taken' }]);
  if (replacing !== null && edit.id !== replacing)
    throw refuse(422, 'id: a notifier keeps its id', [{ path: 'id', message: `"${replacing}", as in the path` }]);
  if (replacing !== null && row === undefined) throw notFound(`notifier ${replacing}`);
  const { state, controller } = context;
  const sealed = sealNotifier(controller.telling.vault, wholeOf(context, edit, row));
  const values = { secrets: '', ...sealed, updated_at: Math.floor(controller.clock.now()) };
  await state
    .insertInto('notifiers')
    .values(values)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
  await audit(state, controller.clock, actor, replacing === null ? 'notifier-create' : 'notifier-replace', { notifier: edit.id });
  await controller.telling.look();
  await controller.watchdog.refresh();
  return findNotifier(context, edit.id);
};

/** What was sent with the kept secrets filled in, whether it is kept or not. Throws 422. */
export const completeNotifier = async (context: Context, edit: NotifierEdit): Promise<Notifier> =>
  wholeOf(context, edit, await rowOf(context, edit.id));

const wholeOf = ({ controller }: Context, edit: NotifierEdit, row: Row | undefined): Notifier => {
  const whole = Notifier.safeParse(completed(controller.telling.vault, edit, row));
  if (whole.success) return whole.data;
  const errors = whole.error.issues.map(({ path, message }) => ({
    path: path.join('.'),
    message:
      SEALED_FIELDS[edit.kind].includes(String(path[0])) && /received undefined/.test(message) ? 'is needed, and none is kept' : message,
  }));
  throw refuse(422, errors.map(({ path, message }) => `${path}: ${message}`).join('; '), errors);
};

/** The notifier itself, secrets and all: for a test. Throws 404. */
export const wholeNotifier = async (context: Context, id: string): Promise<Notifier> => {
  const row = await rowOf(context, id);
  if (row === undefined) throw notFound(`notifier ${id}`);
  return openNotifier(context.controller.telling.vault, row);
};

const rowOf = ({ state }: Context, id: string): Promise<Row | undefined> =>
  state.selectFrom('notifiers').select(['id', 'document', 'secrets']).where('id', '=', id).executeTakeFirst();

const viewOf = async (context: Context, row: Row): Promise<NotifierView> => {
  const whole = openNotifier(context.controller.telling.vault, row);
  const fields = Object.entries(whole);
  const { state } = context;
  const recent = state.selectFrom('outbox').where('notifier_id', '=', row.id);
  const last = await recent
    .select(['state', 'attempts', 'last_error'])
    .where('attempts', '>', 0)
    .orderBy('id', 'desc')
    .limit(sql.lit(1))
    .executeTakeFirst();
  const delivered = await recent.select(({ fn }) => fn.max('delivered_at').as('at')).executeTakeFirst();
  const waiting = await recent
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return {
    id: whole.id,
    ...Object.fromEntries(fields.filter(([name]) => !isHidden(whole.kind, name))),
    kind: whole.kind,
    secrets: fields.filter(([name, value]) => isHidden(whole.kind, name) && value !== undefined).map(([name]) => name),
    health: {
      state: last === undefined ? 'unused' : last.state === 'delivered' ? 'ok' : 'failing',
      deliveredAt: delivered?.at ?? null,
      waiting: waiting?.count ?? 0,
      error: last?.last_error ?? null,
    },
  };
};
