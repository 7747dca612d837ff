import type { Log } from '../../protocol/log.ts';
import type { Journal } from './journal.ts';
import type { Life } from './life.ts';

/** A program's log lines among the world's events. The dead write none. */
export const journalLog = (journal: Journal, life: Life, who: string): Log => {
  const line =
    (level: string) =>
    (event: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (life.dead) return;
      journal.count(`log ${level} ${event}`);
      journal.event(`${who} ${level} ${event}: ${message} ${JSON.stringify(fields)}`);
    };
  return { info: line('info'), warn: line('warn'), error: line('error') };
};
