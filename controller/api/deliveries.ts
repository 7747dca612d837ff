import type { Delivery } from '../../protocol/notify-api.ts';
import type { State } from '../state/database.ts';

/** What was sent, each attempt: of one incident in the order of time, or of one notifier, newest first. */
export const readDeliveries = async (
  state: State,
  of: { readonly incident: number } | { readonly notifier: string; readonly limit: number },
): Promise<Delivery[]> => {
  const all = state.selectFrom('outbox').selectAll();
  const rows =
    'incident' in of
      ? await all.where('incident_id', '=', of.incident).orderBy('id').execute()
      : await all.where('notifier_id', '=', of.notifier).orderBy('id', 'desc').limit(of.limit).execute();
  const ids = rows.slice(0, 1_000).map(({ id }) => id);
  const tries =
    ids.length === 0 ? [] : await state.selectFrom('outbox_attempts').selectAll().where('outbox_id', 'in', ids).orderBy('id').execute();
  const byRow = Map.groupBy(tries, ({ outbox_id }) => outbox_id);
  return rows.map((row) => ({
    id: row.id,
    incident: row.incident_id,
    notifier: row.notifier_id,
    news: row.news,
    key: row.idempotency_key,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
    nextTryAt: row.state === 'waiting' ? row.next_try_at : null,
    error: row.last_error,
    tries: (byRow.get(row.id) ?? []).map(({ at, ms, result, said }) => ({ at, ms, result, said })),
  }));
};
