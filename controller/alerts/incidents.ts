import type { Insertable, Transaction } from 'kysely';
import type { Tables } from '../state/tables.ts';
import type { Change } from './change.ts';
import type { Definitions } from './definitions.ts';
import type { Entry } from './ledger.ts';
import { Member, type Notification } from './notification.ts';

type Trx = Transaction<Tables>;

/** Rows in one INSERT: far below SQLite's limit of parameters. */
const ROWS_AT_ONCE = 200;

/** What writing needs beside the changes. `membersNow` says who belongs to an incident after all of them; `now` is when the outbox may begin. */
export interface Surroundings {
  readonly definitions: Definitions;
  readonly membersNow: (rule: string, cause: string) => readonly Member[];
  readonly now: number;
  /** Alerts that belong to an incident and saw something new. */
  readonly seen: readonly Entry[];
}

/** Writes what happened to incidents, in order, with the notifications that follow from it. */
export const writeChanges = async (trx: Trx, changes: readonly Change[], around: Surroundings): Promise<void> => {
  const ids = new Map<string, number | undefined>();
  const events: Insertable<Tables['incident_events']>[] = [];
  for (const change of changes) {
    const rule = typeof change.rule === 'string' ? change.rule : change.rule.id;
    const name = `${rule} ${change.cause}`;
    if (change.kind === 'opened') ids.set(name, await open(trx, change, around.membersNow(rule, change.cause)));
    else if (!ids.has(name)) ids.set(name, await openIncident(trx, rule, change.cause));
    const id = ids.get(name);
    if (id === undefined) continue;
    events.push({ incident_id: id, at: change.at, kind: change.kind, detail: change.detail });
    if (change.kind === 'resolved') {
      await close(trx, id, change);
      ids.delete(name);
    }
    if (change.kind === 'opened' || change.kind === 'resolved') await notify(trx, id, around);
  }
  for (let first = 0; first < events.length; first += ROWS_AT_ONCE)
    await trx
      .insertInto('incident_events')
      .values(events.slice(first, first + ROWS_AT_ONCE))
      .execute();
  await writeMembers(trx, changes, around);
};

/** Of every incident that is open still: who belongs to it now, and what each saw last. */
const writeMembers = async (trx: Trx, changes: readonly Change[], { seen, membersNow }: Surroundings): Promise<void> => {
  const changed = changes.map(({ rule, cause }) => ({ rule: typeof rule === 'string' ? rule : rule.id, cause }));
  const touched = new Map(
    [...changed, ...seen.map(({ rule, state }) => ({ rule, cause: state.cause ?? '' }))].map((one) => [`${one.rule} ${one.cause}`, one]),
  );
  for (const { rule, cause } of touched.values()) {
    const members = membersNow(rule, cause);
    if (members.length === 0) continue;
    const open = trx.updateTable('incidents').where('rule_id', '=', rule).where('cause', '=', cause).where('state', '=', 'firing');
    await open.set({ members: JSON.stringify(members) }).execute();
  }
};

const open = async (trx: Trx, change: Extract<Change, { kind: 'opened' }>, membersNow: readonly Member[]): Promise<number> => {
  const members = membersNow.length > 0 ? membersNow : change.members; // it may be over already
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
      members: JSON.stringify(members),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
};

/** The one that was bad to the last stays to be seen. */
const close = async (trx: Trx, id: number, change: Extract<Change, { kind: 'resolved' }>): Promise<void> => {
  await trx
    .updateTable('incidents')
    .set({ state: 'resolved', resolved_at: change.at, members: JSON.stringify(change.members) })
    .where('id', '=', id)
    .execute();
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
const notify = async (trx: Trx, id: number, { definitions, now }: Surroundings): Promise<void> => {
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
