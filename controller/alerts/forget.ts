import type { State } from '../state/database.ts';

/** Drops incidents that were over before `before` with all that hangs on them, what was tried to tell of them, and silences that have ended. */
export const forgetIncidents = async (state: State, before: number): Promise<void> =>
  state.transaction().execute(async (trx) => {
    const old = trx.selectFrom('incidents').select('id').where('state', '=', 'resolved').where('resolved_at', '<', before);
    const messages = trx.selectFrom('outbox').select('id').where('state', '!=', 'waiting').where('incident_id', 'in', old);
    await trx
      .deleteFrom('outbox_attempts')
      .where((at) => at.or([at('outbox_id', 'in', messages), at('at', '<', before)]))
      .execute();
    await trx.deleteFrom('outbox').where('id', 'in', messages).execute();
    // What still waits to be told keeps its incident.
    const told = old.where('id', 'not in', trx.selectFrom('outbox').select('incident_id'));
    await trx.deleteFrom('verdicts').where('incident_id', 'in', told).execute();
    await trx.deleteFrom('incident_events').where('incident_id', 'in', told).execute();
    await trx.deleteFrom('incidents').where('id', 'in', told).execute();
    await trx.deleteFrom('silences').where('ends_at', '<', before).execute();
  });
