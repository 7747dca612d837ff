// What stands around an incident on its page: what was sent, what mutes it, who is next, what people and devices changed.
import { sql } from 'kysely';
import type { IncidentDetail } from '../../protocol/api.ts';
import { Rule } from '../../protocol/rule.ts';
import { Member } from '../alerts/notification.ts';
import { readAhead } from '../alerts/telling/next.ts';
import type { IncidentRow } from '../alerts/telling/subjects.ts';
import { waysAround } from '../alerts/ways-around.ts';
import type { State } from '../state/database.ts';
import { readDeliveries } from './deliveries.ts';

type Around = Pick<IncidentDetail, 'deliveries' | 'mutedBy' | 'next' | 'changes' | 'ways' | 'line'>;

const BEFORE_MS = 3_600_000;
const AFTER_MS = 900_000;
const READ_MOST = 2_000;
const SHOWN_MOST = 50;

export const readAround = async (state: State, row: IncidentRow, now: number): Promise<Around> => {
  const { muted, next } = await readAhead(state, row, now);
  return {
    deliveries: await readDeliveries(state, { incident: row.id }),
    mutedBy: muted.map(({ kind, id, why, until }) => ({ kind, id, why, until: until(now) ?? now })),
    next: next.map((one) => ({ ...one })),
    changes: await readChanges(state, row),
    ways: waysAround([], { openedAt: row.opened_at, members: membersIn(row) }), // no agent traces yet
    line: await readLine(state, row.rule_id),
  };
};

const membersIn = (row: IncidentRow): readonly Member[] => Member.array().parse(JSON.parse(row.members));

/** From an hour before it began to a little after, as far as it touches what the incident is about. */
const readChanges = async (state: State, row: IncidentRow): Promise<Around['changes']> => {
  const members = membersIn(row);
  const causes = row.cause.split(/[:/=]/).slice(1);
  const names = new Set(
    [row.rule_id, ...causes, ...members.flatMap(({ agent, target, rule }) => [agent, target ?? '', rule ?? ''])].filter(Boolean),
  );
  const [from, to] = [row.opened_at - BEFORE_MS, row.opened_at + AFTER_MS];
  const audited = await state
    .selectFrom('audit')
    .select(['at', 'actor', 'action', 'detail'])
    .where('at', '>=', from)
    .where('at', '<=', to)
    .where('action', 'not in', ['sign-in', 'incident-acknowledge', 'silence-create', 'silence-end'])
    .orderBy('id', 'desc')
    .limit(sql.lit(READ_MOST))
    .execute();
  const people = audited.flatMap(({ at, actor, action, detail }) => {
    const about = namesIn(JSON.parse(detail)).filter((name) => names.has(name));
    return about.length === 0 ? [] : [{ at, who: actor, what: `${action.replaceAll('-', ' ')} ${about.slice(0, 3).join(', ')}` }];
  });
  const devices = await state
    .selectFrom('device_events')
    .select(['at', 'device_id', 'title'])
    .where('at', '>=', from)
    .where('at', '<=', to)
    .where('device_id', 'in', [...names, ''])
    .orderBy('id', 'desc')
    .limit(sql.lit(SHOWN_MOST))
    .execute();
  const agents = await state
    .selectFrom('agent_events')
    .select(['at', 'agent_id', 'message'])
    .where('at', '>=', from)
    .where('at', '<=', to)
    .where('event', '=', 'config-applied')
    .where('agent_id', 'in', [...names, ''])
    .orderBy('id', 'desc')
    .limit(sql.lit(SHOWN_MOST))
    .execute();
  return [
    ...people,
    ...devices.map(({ at, device_id, title }) => ({ at, who: device_id, what: title })),
    ...agents.map(({ at, agent_id, message }) => ({ at, who: agent_id, what: message })),
  ]
    .toSorted((a, b) => b.at - a.at)
    .slice(0, SHOWN_MOST);
};

/** The ids that an audit entry names: at its top, or in lists there. */
const namesIn = (detail: unknown): readonly string[] => {
  if (typeof detail !== 'object' || detail === null) return [];
  return Object.values(detail).flatMap((value: unknown) =>
    typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [],
  );
};

const readLine = async (state: State, id: string): Promise<Around['line']> => {
  const row = await state.selectFrom('rules').select('document').where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const { name, kind, field, comparison, threshold } = Rule.parse(JSON.parse(row.document));
  return kind === 'threshold' ? { name, field, comparison, threshold } : null;
};
