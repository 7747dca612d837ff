import type { Clock } from '../../protocol/time.ts';

/** Refused attempts a source has in its window; beyond them it is not even listened to. */
export interface FailureLimit {
  count(source: string): void;
  isBlocked(source: string): boolean;
}

const FAILURES = 20;
const WINDOW_MS = 60_000;
const SOURCES_MAX = 10_000;

export const makeFailureLimit = (clock: Clock): FailureLimit => {
  const windows = new Map<string, { readonly since: number; failures: number }>();
  const windowOf = (source: string): { readonly since: number; failures: number } | undefined => {
    const window = windows.get(source);
    if (window !== undefined && clock.monotonic() - window.since < WINDOW_MS) return window;
    windows.delete(source);
    return undefined;
  };
  return {
    isBlocked: (source) => (windowOf(source)?.failures ?? 0) >= FAILURES,
    count: (source) => {
      const window = windowOf(source);
      if (window !== undefined) {
        window.failures += 1;
        return;
      }
      if (windows.size >= SOURCES_MAX)
        for (const oldest of windows.keys()) {
          windows.delete(oldest);
          break;
        }
      windows.set(source, { since: clock.monotonic(), failures: 1 });
    },
  };
};
