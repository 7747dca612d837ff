import type * as z from 'zod';
import type { PresenceSpan } from '../../protocol/api.ts';
import type { State } from '../state/database.ts';

type Span = z.infer<typeof PresenceSpan>;

/** The agent's spans that touch [from, to), the first cut at `from`; the last is open when it lasts. */
export const readPresence = async (state: State, agent: string, from: number, to: number): Promise<Span[]> => {
  const before = await state
    .selectFrom('presence')
    .select(['from_at', 'state'])
    .where('agent_id', '=', agent)
    .where('from_at', '<=', from)
    .orderBy('from_at', 'desc')
    .limit(1)
    .execute();
  const inside = await state
    .selectFrom('presence')
    .select(['from_at', 'state'])
    .where('agent_id', '=', agent)
    .where('from_at', '>', from)
    .where('from_at', '<', to)
    .orderBy('from_at')
    .execute();
  const next = await state
    .selectFrom('presence')
    .select('from_at')
    .where('agent_id', '=', agent)
    .where('from_at', '>=', to)
    .where('from_at', '>', from)
    .orderBy('from_at')
    .limit(1)
    .executeTakeFirst();
  return spansOf([...before, ...inside], from, next?.from_at ?? null);
};

interface Turn {
  readonly from_at: number;
  readonly state: 'online' | 'off';
}

/** Turns in the order of time to spans; the same state twice is one span. Pure. */
export const spansOf = (turns: readonly Turn[], from: number, end: number | null): Span[] => {
  const changes = turns.filter((turn, index) => index === 0 || turn.state !== turns[index - 1]?.state);
  return changes.map(({ from_at, state }, index) => ({ from: Math.max(from, from_at), to: changes[index + 1]?.from_at ?? end, state }));
};
