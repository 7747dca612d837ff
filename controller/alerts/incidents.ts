import type { Transaction } from 'kysely';
import type { Tables } from '../state/tables.ts';
import type { Change } from './change.ts';
import type { Definitions } from './definitions.ts';
import { Member, type Notification } from './notification.ts';

type Trx = Transaction<Tables>;

/** Writes what happened to incidents, in order, with the notifications that follow from it; the incidents' ids. `now` is when the outbox may begin. */
export const writeChanges = async (
  trx: Trx,
  changes: readonly Change[],
  definitions: Definitions,
  now: number,
): Promise<readonly number[]> => {
  const touched = new Set<number>();
  for (const change of changes) {
    const id = change.kind === 'opened' ? await open(trx, change) : await openIncident(trx, change.rule, change.cause);
    if (id === undefined) continue;
    touched.add(id);
    await trx.insertInto('incident_events').values({ incident_id: id, at: change.at, kind: change.kind, detail: change.detail }).execute();
    if (change.kind === 'resolved')
      await trx.updateTable('incidents').set({ state: 'resolved', resolved_at: change.at }).where('id', '=', id).execute();
    if (change.kind === 'joined' || change.kind === 'left')
      await trx
        .updateTable('incidents')
        .set({ members: JSON.stringify(change.members) })
        .where('id', '=', id)
        .execute();
    if (change.kind === 'opened' || change.kind === 'resolved') await notify(trx, id, definitions, now);
  }
  return [...touched];
};

const open = async (trx: Trx, change: Extract<Change, { kind: 'opened' }>): Promise<number> => {
  const { id } = await trx
    .insertInto('incidents')
    .values({
      rule_id: change.rule.id,
      cause: change.cause,
      title: change.title,
      severity: change.rule.severity,
      state: 'firing',
      opened_at: change.at,
      resolved_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      members: JSON.stringify(change.members),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
};

const openIncident = async (trx: Trx, rule: string, cause: string): Promise<number | undefined> =>
  (
    await trx
      .selectFrom('incidents')
      .select('id')
      .where('rule_id', '=', rule)
      .where('cause', '=', cause)
      .where('state', '=', 'firing')
      .executeTakeFirst()
  )?.id;

/** One outbox row a notifier. The key says what is told, not when: the same news is never queued twice. */
const notify = async (trx: Trx, id: number, definitions: Definitions, now: number): Promise<void> => {
  const incident = await trx.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const rule = definitions.rules.get(incident.rule_id);
  const body: Notification = {
    status: incident.state,
    incident: id,
    rule: incident.rule_id,
    ruleName: rule?.name ?? incident.rule_id,
    cause: incident.cause,
    title: incident.title,
    severity: incident.severity,
    openedAt: incident.opened_at,
    resolvedAt: incident.resolved_at,
    members: Member.array().parse(JSON.parse(incident.members)),
  };
  // Who was told that it began is told that it ended, whatever the rule says by then.
  const told = await trx.selectFrom('outbox').select('notifier_id').where('incident_id', '=', id).distinct().execute();
  const named = rule && rule.notifiers.length > 0 ? rule.notifiers : definitions.notifiers;
  const notifiers = incident.state === 'resolved' ? told.map(({ notifier_id }) => notifier_id) : named;
  for (const notifier of notifiers)
    await trx
      .insertInto('outbox')
      .values({
        idempotency_key: `${incident.rule_id}/${incident.cause}/${incident.opened_at}/${incident.state}/${notifier}`,
        notifier_id: notifier,
        incident_id: id,
        body: JSON.stringify(body),
        created_at: now,
        next_try_at: now,
        attempts: 0,
        state: 'waiting',
        last_error: null,
        delivered_at: null,
      })
      .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
      .execute();
};
