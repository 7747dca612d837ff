/** Wakes the engine for what is due, several packets at a time, and notices how late it was woken. */
export interface Waker {
  /** At the start of a tick. */
  woke(nowMs: number): void;
  /** Something else ran since the last tick: how late the next one is says less. */
  disturbed(): void;
  /** Wakes once at `dueMs`, or later by what it waits for company: `packetsPerMs` says how much there is. An earlier wake stays. Returns when it will wake, ms. */
  sleepUntil(dueMs: number, packetsPerMs: number, wake: () => void): number;
}

export interface WakerDeps {
  now(): number;
  wakeIn(ms: number, wake: () => void): void;
  lag(lagMs: number, nowMs: number): void;
  /** Who wakes us knows whole milliseconds only. */
  readonly wholeMs: boolean;
}

/** A wake costs as much as three packets: where there are many, those that are due within this time go together. An RTT counts from the real send. */
const COALESCE_MS = 5;
/** Up to this rate each packet goes when it is due. */
const ALONE_PER_MS = 2;
/** The event loop's timers know whole milliseconds. */
const TIMER_GRAIN_MS = 1;
const LONGEST_SLEEP_MS = 60_000;

export const makeWaker = (deps: WakerDeps): Waker => {
  let expectedMs = Number.POSITIVE_INFINITY;
  let graceMs = 0;
  return {
    woke: (nowMs) => {
      if (Number.isFinite(graceMs)) deps.lag(Math.max(0, nowMs - expectedMs - graceMs), nowMs);
      expectedMs = Number.POSITIVE_INFINITY;
    },
    disturbed: () => {
      graceMs = Math.max(graceMs, TIMER_GRAIN_MS);
    },
    sleepUntil: (dueMs, packetsPerMs, wake) => {
      const nowMs = deps.now();
      const coalesceMs = packetsPerMs > ALONE_PER_MS ? COALESCE_MS : 0;
      const inMs =
        dueMs <= nowMs ? 0 : Math.min(LONGEST_SLEEP_MS, Math.max(coalesceMs, deps.wholeMs ? Math.ceil(dueMs - nowMs) : dueMs - nowMs));
      if (nowMs + inMs >= expectedMs) return expectedMs;
      expectedMs = nowMs + inMs;
      graceMs = inMs === 0 ? Number.POSITIVE_INFINITY : 0; // what follows at once says nothing about waking
      deps.wakeIn(inMs, wake);
      return expectedMs;
    },
  };
};
