// A notifier that does not deliver is an incident of its own: told by the others, over when it delivers again.
import { sql, type Transaction } from 'kysely';
import { compiledOnce } from '../../state/compiled.ts';
import type { Tables } from '../../state/tables.ts';
import { tell } from './tell.ts';

type Trx = Transaction<Tables>;

export const FAILING_RULE = 'notifier-failing';
/** So long it may be away before anybody is told. */
const PATIENCE_MS = 120_000;

const causeOf = (notifier: string): string => `notifier:${notifier}`;

/** After an attempt that was not taken; `isLast`: it is not tried again. True when an incident opened. */
export const noteFailure = async (
  trx: Trx,
  { notifier, since, isLast, reason, now }: { notifier: string; since: number; isLast: boolean; reason: string; now: number },
): Promise<boolean> => {
  if (!isLast && now - since < PATIENCE_MS) return false;
  if ((await openIncident(trx, notifier)) !== undefined) return false;
  const { id } = await trx
    .insertInto('incidents')
    .values({
      rule_id: FAILING_RULE,
      cause: causeOf(notifier),
      title: `Notifier ${notifier} does not deliver`,
      severity: 'critical',
      state: 'firing',
      opened_at: now,
      resolved_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      members: '[]',
      member_count: 0,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await addEvent(trx, id, now, 'opened', reason);
  await tell(trx, [id], now);
  return true;
};

/** After a delivery, or when the notifier was taken away. True when an incident is over. */
export const noteWorks = async (trx: Trx, notifier: string, now: number, why: string): Promise<boolean> => {
  const open = await openIncident(trx, notifier);
  if (open === undefined) return false;
  await trx.updateTable('incidents').set({ state: 'resolved', resolved_at: now }).where('id', '=', open.id).execute();
  await addEvent(trx, open.id, now, 'resolved', why);
  await tell(trx, [open.id], now);
  return true;
};

const readOpenOf = compiledOnce((db) =>
  db.selectFrom('incidents').select('cause').where('state', '=', sql.lit('firing')).where('rule_id', '=', ''),
);

/** Ends the incidents of notifiers that are there no more. */
export const forgetRemoved = async (trx: Trx, now: number): Promise<boolean> => {
  const open = await readOpenOf(trx, FAILING_RULE);
  if (open.length === 0) return false;
  const known = new Set((await trx.selectFrom('notifiers').select('id').execute()).map(({ id }) => causeOf(id)));
  let some = false;
  for (const { cause } of open)
    if (!known.has(cause)) some = (await noteWorks(trx, cause.slice(causeOf('').length), now, 'the notifier was removed')) || some;
  return some;
};

const openIncident = (trx: Trx, notifier: string): Promise<{ readonly id: number } | undefined> =>
  trx.selectFrom('incidents').select('id').where('cause', '=', causeOf(notifier)).where('state', '=', sql.lit('firing')).executeTakeFirst();

const addEvent = async (trx: Trx, incident: number, at: number, kind: string, detail: string): Promise<void> => {
  await trx.insertInto('incident_events').values({ incident_id: incident, at, kind, detail }).execute();
};
