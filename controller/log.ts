import pino from 'pino';
import type { Log } from '../protocol/log.ts';

type Level = 'info' | 'warn' | 'error';

/** Lines on standard error: JSON for journald and machines, words for people on a terminal. `event` names the kind of line. */
export const openLog = (options: { readonly pretty: boolean }): Log => {
  const write = options.pretty ? forPeople : forMachines();
  return {
    info: (event, message, fields) => write('info', event, message, fields),
    warn: (event, message, fields) => write('warn', event, message, fields),
    error: (event, message, fields) => write('error', event, message, fields),
  };
};

type Write = (level: Level, event: string, message: string, fields: Readonly<Record<string, unknown>> | undefined) => void;

const forMachines = (): Write => {
  const logger = pino(
    { base: null, messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    pino.destination({ fd: 2, sync: true }),
  );
  return (level, event, message, fields) => logger[level]({ event, ...fields }, message);
};

const MARKS: Readonly<Record<Level, string>> = { info: '·', warn: '!', error: '✖' };

const forPeople: Write = (level, event, message) => {
  process.stderr.write(`${MARKS[level]} ${message}  (${event})\n`);
};
