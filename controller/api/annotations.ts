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

/** A chart has room for no more. */
const MOST = 100;

/** What belongs beside the pair's picture: its incidents, and changes of its target or agent, in the order of time. */
export const readAnnotations = async (state: State, where: Where): Promise<Annotation[]> =>
  [...(await incidents(state, where)), ...(await changes(state, where))].toSorted((a, b) => a.from - b.from);

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
