import type { State } from '../state/database.ts';

/** Drops what nobody looks at any more: agents' events and presence before `before` (the turn that still holds is kept). */
export const forgetOld = async (state: State, before: number): Promise<void> => {
  await state.deleteFrom('agent_events').where('at', '<', before).execute();
  await state.deleteFrom('device_events').where('at', '<', before).execute();
  await state
    .deleteFrom('presence')
    .where('from_at', '<', before)
    .where((b) =>
      b.exists(
        b
          .selectFrom('presence as later')
          .select('later.from_at')
          .whereRef('later.agent_id', '=', 'presence.agent_id')
          .whereRef('later.from_at', '>', 'presence.from_at')
          .where('later.from_at', '<=', before),
      ),
    )
    .execute();
};
