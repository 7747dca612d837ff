// What passing time brings: the next step of a route, a repetition, the end of a silence.
import type { Clock } from '../../../protocol/time.ts';
import type { State } from '../../state/database.ts';
import { forgetRemoved } from './failing-notifier.ts';
import { tellAgain } from './tell.ts';

export interface Reminders {
  /** Looks when it is time again; call it more often. */
  tick(): Promise<void>;
  /** Looks now: routes, silences or maintenance have changed. */
  look(): Promise<void>;
  /** Told when there may be something new in the outbox. */
  onNews(handler: () => void): void;
}

interface RemindersOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly everyMs: number;
}

export const openReminders = ({ state, clock, everyMs }: RemindersOptions): Reminders => {
  const handlers: (() => void)[] = [];
  let dueAt = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    dueAt = clock.monotonic() + everyMs;
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
