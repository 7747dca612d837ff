import type { Clock } from '../../protocol/time.ts';
import type { Host } from './host.ts';
import type { Timeline } from './timeline.ts';

/** What a dead program's code is thrown into: nothing catches it but code that is dead already. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** A promise for the dead: never settled, so that nothing after its await ever runs. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {});

const sleeping = new WeakMap<AbortSignal, Set<() => void>>();

/** Who waits for this signal to abort: one listener for all of them, because adding and removing one takes longer than a sleep does. */
export const sleepersOf = (signal: AbortSignal): Set<() => void> => {
  const known = sleeping.get(signal);
  if (known !== undefined) return known;
  const sleepers = new Set<() => void>();
  sleeping.set(signal, sleepers);
  signal.addEventListener('abort', () => {
    for (const wake of sleepers) wake();
  });
  return sleepers;
};

/** One run of a program on a host. It can be killed after any number of steps; every door to the world (clock, disk, line) asks `step` first. */
export class Life {
  readonly #timeline: Timeline;
  readonly #host: Host;
  readonly #onDeath: () => void;
  #dead = false;
  #stepsLeft: number | null = null;
  readonly clock: Clock;
  /** Aborts on a graceful stop only: a kill tells nobody. */
  readonly stopping = new AbortController();

  constructor(timeline: Timeline, host: Host, onDeath: () => void) {
    this.#timeline = timeline;
    this.#host = host;
    this.#onDeath = onDeath;
    this.clock = {
      now: () => Math.floor(host.wall()),
      monotonic: () => host.monotonic(),
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** False when the program is dead, or dies on this very step. */
  step(): boolean {
    if (this.#dead) return false;
    if (this.#stepsLeft === null) return true;
    this.#stepsLeft -= 1;
    if (this.#stepsLeft > 0) return true;
    this.kill();
    return false;
  }

  /** Throws when dead: for doors that answer at once. */
  orThrow(): void {
    if (!this.step()) throw new Killed();
  }

  /** kill -9 after so many more steps. */
  killAfter(steps: number): void {
    this.#stepsLeft ??= steps;
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#onDeath();
  }

  /** Runs something of the world for this program, unless it is dead by then; a suspended host does it after its resume. */
  later(ms: number, run: () => void): { cancel(): void } {
    return this.#wake(this.#host.monotonic() + ms, run);
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.step()) return never();
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const sleepers = sleepersOf(signal);
      const onAbort = (): void => {
        timer.cancel();
        reject(signal.reason);
      };
      const timer = this.#wake(this.#host.monotonic() + Math.max(1, ms), () => {
        // as Node: no timer is shorter than 1 ms
        sleepers.delete(onAbort);
        resolve();
      });
      sleepers.add(onAbort);
    });
  }

  /** Due by the host's monotonic clock: what was slept through is waited for again. */
  #wake(due: number, run: () => void): { cancel(): void } {
    let cancelled = false;
    const wait = (): void => {
      timer = this.#timeline.at(this.#host.trueTimeOf(due), () => {
        if (cancelled || this.#dead) return;
        if (this.#host.suspended) return this.#host.onResume(wait);
        if (this.#host.monotonic() < due - 1e-3) return wait();
        run();
      });
    };
    let timer: { cancel(): void } = { cancel: () => {} };
    wait();
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }
}
