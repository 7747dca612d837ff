import type { Trouble } from './ports.ts';
import type { Log } from '../protocol/log.ts';

/** What does not work now, by part: one log line when it begins, one when it is over. */
export interface Troubles {
  /** null: this part is well. */
  readonly set: (part: Trouble['part'], message: string | null) => void;
  readonly list: () => readonly Trouble[];
}

export const openTroubles = (log: Log, now: () => number): Troubles => {
  const byPart = new Map<Trouble['part'], Trouble>();
  return {
    set(part, message) {
      const known = byPart.get(part);
      if (message === null) {
        if (byPart.delete(part))
          log.info(`${part}-recovered`, `${part}: works again`, { afterMs: Math.round(now() - (known?.since ?? now())) });
        return;
      }
      if (known === undefined) log.error(`${part}-trouble`, message);
      byPart.set(part, { part, message, since: known?.since ?? Math.floor(now()) });
    },
    list: () => [...byPart.values()],
  };
};
