import * as z from 'zod';
import { type IncidentDetail, IncidentView } from '../../protocol/api.ts';
import { Verdict } from '../../protocol/verdict.ts';
import type { State } from '../state/database.ts';
import { readAround } from './incident-around.ts';

type Members = IncidentView['members'];
const Members = z.array(IncidentView.shape.members.element);
interface IncidentRow {
  readonly id: number;
  readonly rule_id: string;
  readonly cause: string;
  readonly title: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly state: 'firing' | 'resolved';
  readonly opened_at: number;
  readonly resolved_at: number | null;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string | null;
  readonly members: string;
  readonly member_count: number | null;
}

export const parseMembers = (json: string): Members => Members.parse(JSON.parse(json));

export const viewIncident = (row: IncidentRow): IncidentView => ({
  id: row.id,
  rule: row.rule_id,
  cause: row.cause,
  title: row.title,
  severity: row.severity,
  state: row.state,
  openedAt: row.opened_at,
  resolvedAt: row.resolved_at,
  acknowledgedAt: row.acknowledged_at,
  acknowledgedBy: row.acknowledged_by,
  members: parseMembers(row.members),
  ...(row.member_count === null ? {} : { memberCount: row.member_count }),
});

/** Newest first. */
export const listIncidents = async (
  state: State,
  filter: { readonly state?: 'firing' | 'resolved' | undefined; readonly limit: number },
): Promise<IncidentView[]> => {
  let query = state.selectFrom('incidents').selectAll().orderBy('opened_at', 'desc').orderBy('id', 'desc').limit(filter.limit);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  return (await query.execute()).map(viewIncident);
};

/** With its timeline and what was sent to whom; null when there is none of this number. */
export const readIncident = async (state: State, id: number, now: number): Promise<IncidentDetail | null> => {
  const row = await state.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const events = await state
    .selectFrom('incident_events')
    .select(['at', 'kind', 'detail'])
    .where('incident_id', '=', id)
    .orderBy('at')
    .orderBy('id')
    .execute();
  const sent = await state.selectFrom('outbox').selectAll().where('incident_id', '=', id).orderBy('id').execute();
  const notifications = sent.map((message) => ({
    notifier: message.notifier_id,
    state: message.state,
    attempts: message.attempts,
    createdAt: message.created_at,
    deliveredAt: message.delivered_at,
    error: message.last_error,
  }));
  return { ...viewIncident(row), events, notifications, ...(await readVerdict(state, id)), ...(await readAround(state, row, now)) };
};

const readVerdict = async (state: State, id: number): Promise<Pick<IncidentDetail, 'verdict'>> => {
  const row = await state.selectFrom('verdicts').select('document').where('incident_id', '=', id).executeTakeFirst();
  return row === undefined ? {} : { verdict: Verdict.parse(JSON.parse(row.document)) };
};
