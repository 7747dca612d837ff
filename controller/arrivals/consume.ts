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
  /** So many may be handed over before the first of them is done with, when that many full ones wait; 1 unless said. Their order is the log's. */
  readonly atOnce?: number;
  /** The consumer cannot go on because of this; null when it goes on again. */
  readonly onTrouble: (message: string | null) => void;
}

/** So many arrivals at once say that more are coming: a rest makes one commit of what would be ten. */
const BUSY_ARRIVALS = 20;
const BUSY_REST_MS = 50;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

interface UnderWay {
  readonly arrivals: readonly Arrival[];
  /** What went wrong; null: it is done. */
  readonly done: Promise<{ readonly error: unknown } | null>;
}

/** Runs until the signal aborts; never rejects. */
export const runConsumer = async (options: ConsumerOptions, signal: AbortSignal): Promise<void> => {
  const { name, log, bell, clock, handle, maxRounds, atOnce = 1, onTrouble } = options;
  let underWay: UnderWay[] = [];
  let retryMs = FIRST_RETRY_MS;
  /** False: nothing to hand over, or too little to do it beside others. */
  const handOver = (): boolean => {
    if (underWay.length >= atOnce) return false;
    const arrivals = log.read(underWay.at(-1)?.arrivals.at(-1)?.position ?? log.position(name), maxRounds);
    if (arrivals.length === 0 || (underWay.length > 0 && roundsIn(arrivals) < maxRounds / 2)) return false;
    const done = handle(arrivals).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    underWay.push({ arrivals, done });
    return true;
  };
  while (!signal.aborted) {
    try {
      while (handOver());
      const [first] = underWay;
      if (first === undefined) {
        await bell.next(signal); // nothing came between the reading and this line: both are in one turn
        continue;
      }
      const failed = await first.done;
      if (failed !== null) throw failed.error;
      underWay.shift();
      log.move(name, first.arrivals.at(-1)?.position ?? 0);
      onTrouble(null);
      retryMs = FIRST_RETRY_MS;
      if (first.arrivals.length >= BUSY_ARRIVALS && log.position(name) >= log.last() - BUSY_ARRIVALS)
        await slept(clock, BUSY_REST_MS, signal);
    } catch (error) {
      await Promise.all(underWay.map(({ done }) => done));
      underWay = [];
      if (signal.aborted) return;
      onTrouble(error instanceof Error ? error.message : String(error));
      await slept(clock, retryMs, signal);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }
};

const roundsIn = (arrivals: readonly Arrival[]): number => arrivals.reduce((sum, { batch }) => sum + batch.rounds.length, 0);
