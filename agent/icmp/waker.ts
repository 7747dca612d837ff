/** Wakes the engine for what is due, several packets at a time, and notices how late it was woken. */
export interface Waker {
  /** At the start of a tick. */
  woke(nowMs: number): void;
  /** Something else ran since the last tick: how late the next one is says less. */
  disturbed(): void;
  /** Wakes once at `dueMs`, or a little later: never sooner than COALESCE_MS from now, but for what is due already. An earlier wake stays. Returns when it will wake, ms. */
  sleepUntil(dueMs: number, wake: () => void): number;
}

export interface WakerDeps {
  now(): number;
  wakeIn(ms: number, wake: () => void): void;
  lag(lagMs: number, nowMs: number): void;
}

/** A wake costs as much as three packets: packets due within this time go together. Nobody sees it: an RTT counts from the real send. */
const COALESCE_MS = 5;
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
    sleepUntil: (dueMs, wake) => {
      const nowMs = deps.now();
      const inMs = dueMs <= nowMs ? 0 : Math.min(LONGEST_SLEEP_MS, Math.max(COALESCE_MS, Math.ceil(dueMs - nowMs)));
      if (nowMs + inMs >= expectedMs) return expectedMs;
      expectedMs = nowMs + inMs;
      graceMs = inMs === 0 ? Number.POSITIVE_INFINITY : 0; // what follows at once says nothing about waking
      deps.wakeIn(inMs, wake);
      return expectedMs;
    },
  };
};
