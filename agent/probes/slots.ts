import { type Clock, slept } from '../../protocol/time.ts';

export interface Slots {
  readonly clock: Clock;
  /** In [0, intervalMs): a slot is where monotonic time ≡ phase modulo interval. */
  readonly phaseMs: number;
  readonly signal: AbortSignal;
}

/** When a task's rounds are due, monotonic ms, each as it comes. Who takes longer than the interval skips slots; they never pile up. */
export async function* slots(intervalMs: number, { clock, phaseMs, signal }: Slots): AsyncGenerator<number> {
  let lastMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const nowMs = clock.monotonic();
    const next = phaseMs + (Math.floor((nowMs - phaseMs) / intervalMs) + 1) * intervalMs;
    const atMs = next <= lastMs ? next + intervalMs : next; // a timer may fire a moment early
    if (!(await slept(clock, atMs - nowMs, signal))) return;
    lastMs = atMs;
    yield atMs;
  }
}
