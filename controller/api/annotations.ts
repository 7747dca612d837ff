import type { PairHistory } from '../../protocol/api.ts';
import type { State } from '../state/database.ts';
import { parseMembers } from './incident-view.ts';

type Annotation = PairHistory['annotations'][number];
interface Where {
  readonly agent: string;
  readonly target: string;
  readonly from: number;
  readonly to: number;
}

/** A line may have been full since long before the chart begins. */
const OWN_LOAD_BEFORE_MS = 6 * 3_600_000;
/** A chart has room for no more. */
const MOST = 100;

/** What belongs beside the pair's picture, in the order of time: its incidents, changes of its target, its agent and the rules, and what the
 * device did that has the target's address. */
export const readAnnotations = async (state: State, where: Where): Promise<Annotation[]> =>
  [
    ...(await incidents(state, where)),
    ...(await changes(state, where)),
    ...(await ruleChanges(state, where)),
    ...(await deviceChanges(state, where)),
    ...(await ownLoad(state, where)),
  ].toSorted((a, b) => a.from - b.from);

const incidents = async (state: State, { agent, target, from, to }: Where): Promise<Annotation[]> => {
  const rows = await state
    .selectFrom('incidents')
    .select(['id', 'cause', 'title', 'opened_at', 'resolved_at', 'members'])
    .where('opened_at', '<', to)
    .where((is) => is.or([is('resolved_at', 'is', null), is('resolved_at', '>', from)]))
    .orderBy('opened_at', 'desc')
    .limit(5 * MOST)
    .execute();
  return rows
    .filter(
      ({ cause, members }) =>
        cause === `agent:${agent}` ||
        cause === `target:${target}` ||
        parseMembers(members).some((member) => member.agent === agent && member.target === target),
    )
    .slice(0, MOST)
    .map(({ id, title, opened_at, resolved_at }) => ({ kind: 'incident', from: opened_at, to: resolved_at, title, incident: id }));
};

/** The fleet's history names what was changed by its id, as one word. */
const changes = async (state: State, { agent, target, from, to }: Where): Promise<Annotation[]> => {
  const rows = await state
    .selectFrom('revisions')
    .select(['at', 'author', 'reason', 'revision'])
    .where('at', '>=', from)
    .where('at', '<', to)
    .where((is) => is.or([is('reason', 'like', `%${target}%`), is('reason', 'like', `%${agent}%`)]))
    .orderBy('at', 'desc')
    .limit(5 * MOST)
    .execute();
  return rows
    .filter(({ reason }) => reason.split(/[\s,]+/).some((word) => word === target || word === agent))
    .slice(0, MOST)
    .map(({ at, author, reason, revision }) => ({
      kind: 'change',
      from: at,
      to: at,
      title: `revision ${revision}: ${reason} (${author})`,
    }));
};

/** The audit knows who changed which rule. */
const ruleChanges = async (state: State, { from, to }: Where): Promise<Annotation[]> => {
  const rows = await state
    .selectFrom('audit')
    .select(['at', 'actor', 'action', 'detail'])
    .where('action', 'in', ['rule-create', 'rule-replace', 'rule-remove'])
    .where('at', '>=', from)
    .where('at', '<', to)
    .orderBy('at', 'desc')
    .limit(MOST)
    .execute();
  return rows.map(({ at, actor, action, detail }) => {
    const { rule }: { readonly rule?: unknown } = JSON.parse(detail); // our own column, written by documents.ts
    const did = { 'rule-create': 'added', 'rule-replace': 'changed', 'rule-remove': 'removed' }[action] ?? action;
    return { kind: 'change', from: at, to: at, title: `rule ${String(rule)} ${did} (${actor})` };
  });
};

/** Links come and go all day: they belong on the port's own page. */
const deviceChanges = async (state: State, { target, from, to }: Where): Promise<Annotation[]> => {
  const address = (await addressesOf(state, 'targets')).get(target);
  const devices = [...(await addressesOf(state, 'devices'))].filter(([id, where]) => id === target || where === address).map(([id]) => id);
  if (devices.length === 0) return [];
  const rows = await state
    .selectFrom('device_events')
    .select(['at', 'device_id', 'title'])
    .where('device_id', 'in', devices)
    .where('kind', '!=', 'link')
    .where('at', '>=', from)
    .where('at', '<', to)
    .orderBy('at', 'desc')
    .limit(MOST)
    .execute();
  return rows.map(({ at, device_id, title }) => ({ kind: 'change', from: at, to: at, title: `${device_id}: ${title}` }));
};

const addressesOf = async (state: State, table: 'targets' | 'devices'): Promise<ReadonlyMap<string, string>> => {
  const rows = await state.selectFrom(table).select(['id', 'document']).execute();
  return new Map(rows.map(({ id, document }) => [id, String(JSON.parse(document).address).toLowerCase()]));
};

/** When one of the agent's own lines was full: latency seen then was seen under the agent's own load. Full until it is said to be free. */
const ownLoad = async (state: State, { agent, from, to }: Where): Promise<Annotation[]> => {
  const rows = await state
    .selectFrom('agent_events')
    .select(['at', 'event', 'message'])
    .where('agent_id', '=', agent)
    .where('event', 'in', ['uplink-saturated', 'uplink-free'])
    .where('at', '>=', from - OWN_LOAD_BEFORE_MS)
    .where('at', '<', to)
    .orderBy('at', 'desc')
    .limit(MOST)
    .execute();
  const open = new Map<string, number>();
  const spans: Annotation[] = [];
  const close = (line: string, until: number): void => {
    const since = open.get(line);
    open.delete(line);
    if (since !== undefined && until >= from)
      spans.push({ kind: 'change', from: Math.max(from, since), to: until, title: `under the agent's own load: ${line} is full` });
  };
  for (const { at, event, message } of rows.toReversed()) {
    const line = message.slice(0, message.indexOf(' is '));
    if (event === 'uplink-free') close(line, at);
    else if (!open.has(line)) open.set(line, at);
  }
  for (const line of open.keys()) close(line, to);
  return spans;
};
