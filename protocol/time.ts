import { setTimeout as delay } from 'node:timers/promises';

/** Time as both sides see it. Tests and the simulation pass clocks of their own; no other file reads the time or sets a timer. */
export interface Clock {
  /** Wall clock, ms since the epoch: for labels and timestamps only. */
  now(): number;
  /** CLOCK_MONOTONIC in ms: for every duration and every RTT. Runs on over restarts of a program, stands still while the host is suspended. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6, // performance.now starts anew with each process
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
};

/** Sleeps until the signal aborts or the time is over; true when the time is over. For loops that end quietly. */
export const slept = async (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
};
