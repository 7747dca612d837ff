// What passing time brings: the next step of a route, a repetition, the end of a silence.
import type { Clock } from '../../../protocol/time.ts';
import type { State } from '../../state/database.ts';
import { forgetRemoved } from './failing-notifier.ts';
import { tellAgain } from './tell.ts';

const EVERY_MS = 10_000;

export interface Reminders {
  /** Looks every ten seconds; call it more often. */
  tick(): Promise<void>;
  /** Looks now: routes, silences or maintenance have changed. */
  look(): Promise<void>;
  /** Told when there may be something new in the outbox. */
  onNews(handler: () => void): void;
}

export const openReminders = ({ state, clock }: { readonly state: State; readonly clock: Clock }): Reminders => {
  const handlers: (() => void)[] = [];
  let dueAt = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    dueAt = clock.monotonic() + EVERY_MS;
    const now = Math.floor(clock.now());
    const some = await state.transaction().execute(async (trx) => {
      const isOver = await forgetRemoved(trx, now);
      return (await tellAgain(trx, now)) > 0 || isOver;
    });
    if (some) for (const handler of handlers) handler();
  };
  return {
    tick: async () => {
      if (clock.monotonic() >= dueAt) await look();
    },
    look,
    onNews: (handler) => void handlers.push(handler),
  };
};
