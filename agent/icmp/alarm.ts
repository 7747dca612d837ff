/** Calls back once after `ms`; a second call replaces the first. */
export type Alarm = (ms: number, wake: () => void) => void;

/** This thread sleeps and wakes for so long without a turn of the event loop: orders of the agent wait as long. */
const WITHOUT_A_TURN_MS = 50;
/** Longer sleeps are timers of the event loop. */
const SHORT_SLEEP_MS = 10;

/** A turn of the event loop costs more than the packets that a wake sends, and knows whole milliseconds only: the thread of the ICMP process, which has
 * nothing else to do, sleeps itself. Not when replies have to be taken as soon as they come (`maySleep` false). */
export const makeAlarm = (now: () => number, maySleep: boolean): Alarm => {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  let timer: NodeJS.Timeout | null = null;
  let immediate: NodeJS.Immediate | null = null;
  let wakeAtMs = Number.POSITIVE_INFINITY;
  let wake: () => void = () => undefined;
  let isRunning = false;

  const run = (): void => {
    timer = null;
    immediate = null;
    isRunning = true;
    const untilMs = maySleep ? now() + WITHOUT_A_TURN_MS : 0;
    do {
      const inMs = wakeAtMs - now();
      if (inMs > 0 && maySleep) Atomics.wait(sleeper, 0, 0, inMs);
      wakeAtMs = Number.POSITIVE_INFINITY;
      wake();
    } while (wakeAtMs - now() <= SHORT_SLEEP_MS && now() < untilMs);
    isRunning = false;
    set();
  };
  const set = (): void => {
    if (timer !== null) clearTimeout(timer);
    if (immediate !== null) clearImmediate(immediate);
    const inMs = wakeAtMs - now();
    const isSoon = inMs <= (maySleep ? SHORT_SLEEP_MS : 0);
    immediate = isSoon ? setImmediate(run) : null;
    timer = isSoon || inMs === Number.POSITIVE_INFINITY ? null : setTimeout(run, maySleep ? inMs - SHORT_SLEEP_MS / 2 : Math.ceil(inMs));
  };

  return (ms, callback) => {
    wakeAtMs = now() + ms;
    wake = callback;
    if (!isRunning) set();
  };
};
