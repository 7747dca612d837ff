import type { ChildProcess } from 'node:child_process';
import type { Log } from '../../protocol/log.ts';
import { systemClock } from '../../protocol/time.ts';
import { openIcmpEngine } from '../icmp/supervisor.ts';
import { makeLog } from '../log.ts';
import type { Settings } from '../settings.ts';

/** `agent run`: measures until it is told to stop. `engine` is the ICMP process, started before anything else was loaded, so that the first packet
 * leaves early; it gets its guard rails later, and sends nothing before. Returns the exit code. */
export const run = async (settings: Settings, signal: AbortSignal, engine: ChildProcess | null): Promise<number> => {
  const log = makeLog(systemClock, settings.logLevel, process.stderr.isTTY === true, (line) => void process.stderr.write(line));
  const handlers: (() => void)[] = [];
  let railsKnown = false;
  await using icmp = openIcmpEngine({
    clock: systemClock,
    log: withoutEarlyWords(log, () => railsKnown),
    limits: null,
    first: engine,
    onState: () => handlers.forEach((handler) => handler()),
    ...(settings.nice === null ? {} : { nice: settings.nice }),
  });
  const { measure } = await import('./measure.ts');
  railsKnown = true;
  // Awaited here: a promise handed back would let go of the ICMP process at once.
  return await measure({ settings, log, icmp, onState: (handler) => void handlers.push(handler) }, signal);
};

/** While the guard rails are not read yet, their absence is no news. */
const withoutEarlyWords = (log: Log, known: () => boolean): Log => ({
  info: log.info,
  warn: log.warn,
  error: (event, message, fields) => {
    if (event !== 'icmp-no-limits' || known()) log.error(event, message, fields);
  },
});
