// What two readings of one counter may mean. Pure. RFC 2578 section 7.1.6: a counter has no defined first value and wraps at its width;
// RFC 2863 section 3.1.5: it may jump at a discontinuity.

export interface CounterReading {
  /** A number while that is exact. */
  readonly value: number | bigint;
  readonly bits: 32 | 64;
}

/** Of one counter alone. `wrap` and `reset` may both be possible: the other counters of the same port decide (counters.ts). */
export interface Reckoned {
  /** Counted on, without a wrap; null when it went back, or further than the port can carry. */
  readonly ahead: number | null;
  /** Counted over its top; null when that would be more than the port can carry. */
  readonly wrapped: number | null;
  readonly wentBack: boolean;
  /** True when what it says now may have been counted from zero since the last reading. */
  readonly mayBeFresh: boolean;
}

/** `most`: what the port can count at most between the two readings. */
export const reckon = (before: CounterReading, now: CounterReading, most: number): Reckoned => {
  const limit = Math.ceil(Math.min(most, Number.MAX_SAFE_INTEGER));
  const wentBack = now.value < before.value;
  const mayBeFresh = now.value <= limit;
  if (typeof before.value === 'number' && typeof now.value === 'number') {
    const difference = now.value - before.value;
    // Over the top of 64 bits from below 2^53 is more than any limit: there the sum need not be exact.
    const over = difference + 2 ** now.bits;
    return {
      ahead: !wentBack && difference <= limit ? difference : null,
      wrapped: wentBack && over <= limit ? over : null,
      wentBack,
      mayBeFresh,
    };
  }
  const difference = BigInt(now.value) - BigInt(before.value);
  const over = difference + (1n << BigInt(now.bits));
  return {
    ahead: !wentBack && difference <= limit ? Number(difference) : null,
    wrapped: wentBack && over <= limit ? Number(over) : null,
    wentBack,
    mayBeFresh,
  };
};

/** What all counters of one port mean together, by name: how far each counted, or why none of them can be used. */
export type Steps =
  | { readonly kind: 'counted'; readonly deltas: ReadonlyMap<string, number> }
  | { readonly kind: 'none'; readonly why: 'reset' | 'impossible' };

/**
 * A wrap is one counter's own affair; a reset takes all counters of a port back to zero at once. So one counter that went back is a wrap
 * when its neighbours counted on, and a reset when they went back with it, or when nothing speaks for the wrap.
 */
export const stepsOf = (
  before: ReadonlyMap<string, CounterReading>,
  now: ReadonlyMap<string, CounterReading>,
  mostOf: (name: string) => number,
): Steps => {
  const all: Evidence[] = [];
  const deltas = new Map<string, number>();
  let back = 0;
  let isImpossible = false;
  for (const [name, reading] of now) {
    const old = before.get(name);
    if (old === undefined || old.bits !== reading.bits) continue;
    const reckoned = reckon(old, reading, mostOf(name));
    const delta = reckoned.ahead ?? reckoned.wrapped;
    if (delta === null) isImpossible = true;
    else deltas.set(name, delta);
    if (reckoned.wentBack) back += 1;
    all.push({ old, reading, reckoned });
  }
  if (back > 0 && !areWraps(all)) return { kind: 'none', why: 'reset' };
  return isImpossible ? { kind: 'none', why: 'impossible' } : { kind: 'counted', deltas };
};

interface Evidence {
  readonly old: CounterReading;
  readonly reading: CounterReading;
  readonly reckoned: Reckoned;
}

/** A lone counter is believed to have wrapped when the way over the top was at most this part of the way round. */
const SHORT_WAY = 4;

const areWraps = (all: readonly Evidence[]): boolean => {
  const back = all.filter(({ reckoned }) => reckoned.wentBack);
  if (back.some(({ reckoned }) => reckoned.wrapped === null)) return false;
  // One that is too high to have begun at zero proves that nothing was reset.
  if (all.some(({ reckoned, reading }) => !reckoned.mayBeFresh && reading.value > 0)) return true;
  const [only, ...others] = back;
  if (only === undefined || others.length > 0) return false;
  const isCounting = all.some(({ old, reckoned }) => old.value > 0 && !reckoned.wentBack);
  return isCounting || (only.reckoned.wrapped ?? 0) * SHORT_WAY <= 2 ** only.reading.bits;
};
