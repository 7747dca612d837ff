// One consumer of the arrival log: reads on from its cursor, hands over, moves the cursor after it. What fails is tried again, never passed over.
import { type Clock, slept } from '../../protocol/time.ts';
import type { Arrival } from './arrival.ts';
import type { ArrivalLog } from './log.ts';

/** Wakes those who wait for more. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
}

export const openBell = (): Bell => {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    ring() {
      resolve();
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
    next(signal) {
      if (signal.aborted) return Promise.resolve();
      const aborted = Promise.withResolvers<void>();
      const onAbort = (): void => aborted.resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
    },
  };
};

export interface ConsumerOptions {
  readonly name: string;
  readonly log: Pick<ArrivalLog, 'read' | 'position' | 'move' | 'last'>;
  readonly bell: Bell;
  readonly clock: Clock;
  /** Must be durable when it resolves, and harmless when it is done again after a crash. */
  readonly handle: (arrivals: readonly Arrival[]) => Promise<void>;
  readonly maxRounds: number;
  /** The consumer cannot go on because of this; null when it goes on again. */
  readonly onTrouble: (message: string | null) => void;
}

/** So many arrivals at once say that more are coming: a rest makes one commit of what would be ten. */
const BUSY_ARRIVALS = 20;
const BUSY_REST_MS = 50;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** Runs until the signal aborts; never rejects. */
export const runConsumer = async (options: ConsumerOptions, signal: AbortSignal): Promise<void> => {
  const { name, log, bell, clock, handle, maxRounds, onTrouble } = options;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      const arrivals = log.read(log.position(name), maxRounds);
      const last = arrivals.at(-1);
      if (last === undefined) {
        await bell.next(signal); // nothing came between the reading and this line: both are in one turn
        continue;
      }
      await handle(arrivals);
      log.move(name, last.position);
      onTrouble(null);
      retryMs = FIRST_RETRY_MS;
      if (arrivals.length >= BUSY_ARRIVALS && log.position(name) >= log.last() - BUSY_ARRIVALS) await slept(clock, BUSY_REST_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error instanceof Error ? error.message : String(error));
      await slept(clock, retryMs, signal);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }
};
