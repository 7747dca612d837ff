// How often somebody may try a password: a token bucket for each address and each login. Pure but for the two maps.

const BURST = 10;
const REFILL_MS = 6_000;
/** Beyond this many names, those that are full again are forgotten. */
const MOST_NAMES = 10_000;

interface Bucket {
  readonly left: number;
  readonly at: number;
}

export interface Attempts {
  /** Takes one try from every name; 0 when all had one, otherwise ms to wait. */
  take(names: readonly string[], now: number): number;
  /** A good sign-in gives back what was taken. */
  forget(name: string): void;
}

export const openAttempts = (): Attempts => {
  const buckets = new Map<string, Bucket>();
  const leftOf = (name: string, now: number): number => {
    const bucket = buckets.get(name);
    return bucket === undefined ? BURST : Math.min(BURST, bucket.left + Math.max(0, now - bucket.at) / REFILL_MS);
  };
  const forgetFull = (now: number): void => {
    for (const name of buckets.keys()) if (leftOf(name, now) >= BURST) buckets.delete(name);
  };
  return {
    take(names, now) {
      const least = Math.min(...names.map((name) => leftOf(name, now)));
      if (least < 1) return Math.ceil((1 - least) * REFILL_MS);
      if (buckets.size >= MOST_NAMES) forgetFull(now);
      if (buckets.size >= MOST_NAMES) return REFILL_MS;
      for (const name of names) buckets.set(name, { left: leftOf(name, now) - 1, at: now });
      return 0;
    },
    forget: (name) => {
      buckets.delete(name);
    },
  };
};
