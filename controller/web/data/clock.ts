import { signal } from '@preact/signals';

// The browser's side of time: the controller's clock, read over its messages, and the one place of timers.

let aheadMs = 0;

/** The controller's time, ms since the epoch. */
export const serverNow = (): number => Date.now() + aheadMs;

/** What the controller said its time is: from now on the pages show that. */
export const setServerNow = (at: number): void => {
  aheadMs = at - Date.now();
  now.value = serverNow();
};

/** The controller's time, moving once a second. */
export const now = signal(serverNow());

export const every = (ms: number, run: () => void): (() => void) => {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
};

export const after = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Starts the ticking of `now`; a hidden tab rests. */
export const startClock = (): void => {
  every(1000, () => {
    if (!document.hidden) now.value = serverNow();
  });
  document.addEventListener('visibilitychange', () => {
    now.value = serverNow();
  });
};
