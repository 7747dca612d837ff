import { type Insertable, sql, type Transaction } from 'kysely';
import type { Severity } from '../../protocol/rule.ts';
import { compiledOnce } from '../state/compiled.ts';
import type { Tables } from '../state/tables.ts';
import type { Change } from './change.ts';
import type { Definitions } from './definitions.ts';
import { membersOf } from './judge.ts';
import type { Entry, Ledger } from './ledger.ts';
import { tell } from './telling/tell.ts';

type Trx = Transaction<Tables>;

/** Rows in one INSERT: far below SQLite's limit of parameters. */
const ROWS_AT_ONCE = 200;
/** An incident of thousands shows so many of them, and how many there are. */
const MEMBERS_SHOWN = 200;

/** What writing needs beside the changes. The ledger is as it is after all of them; `now` is when the outbox may begin. */
export interface Surroundings {
  readonly definitions: Definitions;
  readonly ledger: Ledger;
  readonly now: number;
  /** Alerts that belong to an incident and saw something new. */
  readonly seen: readonly Entry[];
  readonly shown: Shown;
}

/** When the members of large incidents were written last: thousands at once would be written anew with every batch. */
export interface Shown {
  /** Which of these to write now; the others are remembered. */
  due(causes: Iterable<string>, ledger: Ledger, now: number): readonly string[];
  isDue(now: number): boolean;
}
const SHOWN_EVERY_MS = 5_000;

export const makeShown = (): Shown => {
  const owed = new Map<string, number>();
  return {
    due(causes, ledger, now) {
      for (const cause of causes) if (!owed.has(cause)) owed.set(cause, ledger.sizeOf(cause) <= MEMBERS_SHOWN ? 0 : now + SHOWN_EVERY_MS);
      const due = [...owed].flatMap(([cause, at]) => (at <= now ? [cause] : []));
      for (const cause of due) owed.delete(cause);
      return due;
    },
    isDue: (now) => [...owed.values()].some((at) => at <= now),
  };
};

/** Writes what happened to incidents, in order, with the notifications that follow from it. */
export const writeChanges = async (trx: Trx, changes: readonly Change[], around: Surroundings): Promise<void> => {
  const ids = new Map<string, number | undefined>();
  const events: Insertable<Tables['incident_events']>[] = [];
  const told = new Set<string>();
  const news = new Set<number>();
  for (const change of changes) {
    const { cause, rule } = change;
    if (change.kind === 'opened') ids.set(cause, await open(trx, change, around));
    else if (!ids.has(cause)) ids.set(cause, (await openIncident(trx, cause))?.id);
    const id = ids.get(cause);
    if (id === undefined) continue;
    events.push({ incident_id: id, at: change.at, kind: change.kind, detail: change.detail });
    if (change.kind === 'joined') {
      const worsened = !told.has(`${id} ${rule.id}`) && (await worsen(trx, id, change));
      if (worsened) events.push({ incident_id: id, at: change.at, kind: 'worsened', detail: `${rule.severity}: ${change.title}` });
    }
    if (change.kind === 'resolved') {
      await close(trx, id, change);
      ids.delete(cause);
    }
    if (change.kind === 'opened' || change.kind === 'joined') told.add(`${id} ${rule.id}`);
    if (change.kind !== 'left') news.add(id);
  }
  for (let first = 0; first < events.length; first += ROWS_AT_ONCE)
    await trx
      .insertInto('incident_events')
      .values(events.slice(first, first + ROWS_AT_ONCE))
      .execute();
  await writeMembers(trx, changes, around);
  await tell(trx, [...news], around.now);
};

/** Of every incident that is open still: who belongs to it now, and what each saw last. */
const writeMembers = async (trx: Trx, changes: readonly Change[], { seen, ledger, shown, now }: Surroundings): Promise<void> => {
  const touched = new Set([...changes.map(({ cause }) => cause), ...seen.flatMap(({ state }) => state.cause ?? [])]);
  for (const cause of shown.due(touched, ledger, now)) {
    const members = membersOf(ledger, cause, MEMBERS_SHOWN);
    if (members.length === 0) continue;
    await writeMembersOf(trx, JSON.stringify(members), ledger.sizeOf(cause), cause);
  }
};

const writeMembersOf = compiledOnce((db) =>
  db.updateTable('incidents').set({ members: '', member_count: 0 }).where('cause', '=', '').where('state', '=', sql.lit('firing')),
);

const open = async (trx: Trx, change: Extract<Change, { kind: 'opened' }>, { ledger }: Surroundings): Promise<number> => {
  const now = membersOf(ledger, change.cause, MEMBERS_SHOWN);
  const members = now.length > 0 ? now : change.members; // it may be over already
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
      member_count: Math.max(members.length, ledger.sizeOf(change.cause)),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
};

const RANK: { readonly [S in Severity]: number } = { info: 0, warning: 1, critical: 2 };

/** A rule that is more severe than what opened the incident gives it its name. */
const worsen = async (trx: Trx, id: number, { rule, title }: Extract<Change, { kind: 'joined' | 'left' }>): Promise<boolean> => {
  const { severity } = await trx.selectFrom('incidents').select('severity').where('id', '=', id).executeTakeFirstOrThrow();
  if (RANK[rule.severity] <= RANK[severity]) return false;
  await trx.updateTable('incidents').set({ rule_id: rule.id, title, severity: rule.severity }).where('id', '=', id).execute();
  return true;
};

/** The one that was bad to the last stays to be seen. */
const close = async (trx: Trx, id: number, change: Extract<Change, { kind: 'resolved' }>): Promise<void> => {
  await trx
    .updateTable('incidents')
    .set({ state: 'resolved', resolved_at: change.at, members: JSON.stringify(change.members), member_count: change.members.length })
    .where('id', '=', id)
    .execute();
};

const openIncident = (trx: Trx, cause: string): Promise<{ readonly id: number } | undefined> =>
  trx.selectFrom('incidents').select('id').where('cause', '=', cause).where('state', '=', sql.lit('firing')).executeTakeFirst();
