// Reading the fleet out of the control database, and numbering its changes.
import { sql, type Transaction } from 'kysely';
import { Labels } from '../../protocol/labels.ts';
import { Target } from '../../protocol/target.ts';
import type { State } from '../state/database.ts';
import type { Tables } from '../state/tables.ts';
import type { FleetAgent } from './compile.ts';

/** Inside a transaction or out of one. */
export type Reader = State | Transaction<Tables>;

export interface StoredTarget {
  readonly target: Target;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const readTargets = async (state: Reader): Promise<StoredTarget[]> => {
  const rows = await state.selectFrom('targets').selectAll().orderBy('id').execute();
  return rows.map((row) => ({ target: Target.parse(JSON.parse(row.document)), createdAt: row.created_at, updatedAt: row.updated_at }));
};

/** Those that are enrolled and not revoked. */
export const readAgents = async (state: Reader): Promise<FleetAgent[]> => {
  const rows = await state.selectFrom('agents').select(['id', 'labels']).where('state', '=', 'active').orderBy('id').execute();
  return rows.map((row) => ({ id: row.id, labels: Labels.parse(JSON.parse(row.labels)) }));
};

/** 0 before the first change. */
export const readRevision = async (state: Reader): Promise<number> => {
  const row = await state.selectFrom('revisions').select('revision').orderBy('revision', 'desc').limit(sql.lit(1)).executeTakeFirst();
  return row?.revision ?? 0;
};

/** Snapshots of targets that are kept, for comparing and going back; older revisions keep their line only. */
const KEPT_SNAPSHOTS = 200;

/** The next revision of the fleet, with a snapshot of its targets; inside the transaction of the change. */
export const nextRevision = async (trx: Transaction<Tables>, at: number, author: string, reason: string): Promise<number> => {
  const revision = (await readRevision(trx)) + 1;
  const rows = await trx.selectFrom('targets').select('document').orderBy('id').execute();
  const targets = `[${rows.map(({ document }) => document).join(',')}]`;
  await trx.insertInto('revisions').values({ revision, at, author, reason, targets }).execute();
  await trx
    .updateTable('revisions')
    .set({ targets: '' })
    .where('revision', '=', revision - KEPT_SNAPSHOTS)
    .execute();
  return revision;
};

export const audit = async (trx: Transaction<Tables>, at: number, actor: string, action: string, detail: object): Promise<void> => {
  await trx
    .insertInto('audit')
    .values({ at, actor, action, detail: JSON.stringify(detail) })
    .execute();
};
