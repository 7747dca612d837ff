import type { Log } from '../../protocol/log.ts';
import type { Clock } from '../../protocol/time.ts';

const LINES = 20;
const WINDOW_MS = 60_000;

/** A log for what strangers can cause: of each event at most twenty lines a minute, then one that counts the rest when the next window begins. */
export const makeQuietLog = (log: Log, clock: Clock): Log => {
  const windows = new Map<string, { readonly since: number; lines: number }>();
  const passes = (event: string, message: string): string | null => {
    const now = clock.monotonic();
    const window = windows.get(event);
    if (window !== undefined && now - window.since < WINDOW_MS) {
      window.lines += 1;
      if (window.lines === LINES) return `${message} (from now on this minute such lines are only counted)`;
      return window.lines < LINES ? message : null;
    }
    windows.set(event, { since: now, lines: 1 });
    const untold = (window?.lines ?? 0) - LINES;
    return untold > 0 ? `${message} (and ${untold} such lines before, that were only counted)` : message;
  };
  const through =
    (level: 'info' | 'warn' | 'error'): Log['info'] =>
    (event, message, fields) => {
      const text = passes(event, message);
      if (text !== null) log[level](event, text, fields);
    };
  return { info: log.info.bind(log), warn: through('warn'), error: through('error') };
};
