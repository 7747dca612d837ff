import type { Log } from '../protocol/log.ts';
import type { Clock } from '../protocol/time.ts';

export const LOG_LEVELS = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MARK: Record<LogLevel, string> = { info: ' ', warn: '!', error: '✖' };

/** Lines for people on a terminal, otherwise one JSON object a line: time, level, event, message, fields. */
export const makeLog = (clock: Clock, level: LogLevel, forPeople: boolean, write: (line: string) => void): Log => {
  const say = (of: LogLevel, event: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (LOG_LEVELS.indexOf(of) < LOG_LEVELS.indexOf(level)) return;
    const time = new Date(clock.now()).toISOString();
    if (!forPeople) return write(`${JSON.stringify({ time, level: of, event, message, ...fields })}\n`);
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    write(`${time.slice(11, 23)} ${MARK[of]} ${message}${rest.length === 0 ? '' : `  (${rest.join(' ')})`}\n`);
  };
  return {
    info: (event, message, fields) => say('info', event, message, fields),
    warn: (event, message, fields) => say('warn', event, message, fields),
    error: (event, message, fields) => say('error', event, message, fields),
  };
};
