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
/** So much later than asked for, or so long without looking at the sockets, is a stall: replies that came meanwhile were seen late. */
const STALL_MS = 0.15;
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

/** When the engine saw nothing of what came in: not woken, or at something else. In the order of time, for as long as a round may ask. */
export interface Stalls {
  add(fromMs: number, toMs: number): void;
  /** How long a reply that was seen at this time may have lain there at most; 0 when no stall was near. */
  waitedMs(seenMs: number): number;
}

const KEPT_STALLS = 4_096;
/** What came during a stall is seen at its end, one after the other. */
const AFTERMATH_MS = 0.5;

export const makeStalls = (): Stalls => {
  const froms: number[] = [];
  const tos: number[] = [];
  /** Number of stalls that began before or at this time. */
  const begunAt = (atMs: number): number => {
    let low = 0;
    let high = froms.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((froms[middle] ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add: (fromMs, toMs) => {
      froms.push(fromMs);
      tos.push(toMs);
      if (froms.length < 2 * KEPT_STALLS) return;
      froms.splice(0, KEPT_STALLS);
      tos.splice(0, KEPT_STALLS);
    },
    waitedMs: (seenMs) => {
      const last = begunAt(seenMs) - 1;
      return (tos[last] ?? 0) + AFTERMATH_MS >= seenMs ? seenMs - (froms[last] ?? seenMs) : 0;
    },
  };
};
