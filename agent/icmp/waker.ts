/** Wakes the engine for what is due, several packets at a time, and notices how late it was woken. */
export interface Waker {
  /** At the start of a tick. */
  woke(nowMs: number): void;
  /** Something else ran since the last tick: how late the next one is says less. */
  disturbed(): void;
  /** Wakes once at `dueMs`, or a little later: never sooner than COALESCE_MS from now, but for what is due already. An earlier wake stays. */
  sleepUntil(dueMs: number, wake: () => void): void;
}

export interface WakerDeps {
  now(): number;
  wakeIn(ms: number, wake: () => void): void;
  lag(lagMs: number, nowMs: number): void;
  /** The engine stood still in [fromMs, toMs]: not woken, or kept busy. */
  stalled(fromMs: number, toMs: number): void;
}

/** A wake costs as much as three packets: packets due within this time go together. Nobody sees it: an RTT counts from the real send. */
const COALESCE_MS = 3;
/** The event loop's timers know whole milliseconds. */
const TIMER_GRAIN_MS = 1;
/** So much later than asked for is a stall: what the scheduler does otherwise is noise, and the error bound tells it. */
const STALL_MS = 2;
const LONGEST_SLEEP_MS = 60_000;

export const makeWaker = (deps: WakerDeps): Waker => {
  let expectedMs = Number.POSITIVE_INFINITY;
  let graceMs = 0;
  let awakeSinceMs = Number.POSITIVE_INFINITY;
  return {
    woke: (nowMs) => {
      if (Number.isFinite(graceMs)) deps.lag(Math.max(0, nowMs - expectedMs - graceMs), nowMs);
      if (nowMs - expectedMs > STALL_MS) deps.stalled(expectedMs, nowMs);
      expectedMs = Number.POSITIVE_INFINITY;
      awakeSinceMs = nowMs;
    },
    disturbed: () => {
      graceMs = Math.max(graceMs, TIMER_GRAIN_MS);
    },
    sleepUntil: (dueMs, wake) => {
      const nowMs = deps.now();
      if (nowMs - awakeSinceMs > STALL_MS) deps.stalled(awakeSinceMs, nowMs);
      awakeSinceMs = Number.POSITIVE_INFINITY;
      const inMs = dueMs <= nowMs ? 0 : Math.min(LONGEST_SLEEP_MS, Math.max(COALESCE_MS, Math.ceil(dueMs - nowMs)));
      if (nowMs + inMs >= expectedMs) return;
      expectedMs = nowMs + inMs;
      graceMs = inMs === 0 ? Number.POSITIVE_INFINITY : 0; // what follows at once says nothing about waking
      deps.wakeIn(inMs, wake);
    },
  };
};

/** When the engine stood still, for as long as a round may ask. */
export interface Stalls {
  add(fromMs: number, toMs: number): void;
  at(atMs: number): boolean;
}

const KEPT_STALLS = 1_000;

export const makeStalls = (): Stalls => {
  const stalls: { fromMs: number; toMs: number }[] = [];
  return {
    add: (fromMs, toMs) => {
      stalls.push({ fromMs, toMs });
      if (stalls.length > KEPT_STALLS) stalls.shift();
    },
    at: (atMs) => stalls.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs),
  };
};
