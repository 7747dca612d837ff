import type { Clock } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';

/** One row of who did what. `detail` carries no secret. */
export const audit = async (state: State, clock: Clock, actor: string, action: string, detail: object): Promise<void> => {
  await state
    .insertInto('audit')
    .values({ at: Math.floor(clock.now()), actor, action, detail: JSON.stringify(detail) })
    .execute();
};
