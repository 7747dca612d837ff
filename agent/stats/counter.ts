// What two readings of one counter may mean. Pure. RFC 2578 section 7.1.6: a counter has no defined first value and wraps at its width;
// RFC 2863 section 3.1.5: it may jump at a discontinuity.

export interface CounterReading {
  readonly value: bigint;
  readonly bits: 32 | 64;
}

/** Of one counter alone. `wrap` and `reset` may both be possible: the other counters of the same port decide (counters.ts). */
export interface Reckoned {
  /** Counted on, without a wrap; null when it went back, or further than the port can carry. */
  readonly ahead: bigint | null;
  /** Counted over its top; null when that would be more than the port can carry. */
  readonly wrapped: bigint | null;
  readonly wentBack: boolean;
  /** True when what it says now may have been counted from zero since the last reading. */
  readonly mayBeFresh: boolean;
}

/** `most`: what the port can count at most between the two readings. */
export const reckon = (before: CounterReading, now: CounterReading, most: number): Reckoned => {
  const limit = BigInt(Math.ceil(Math.min(most, Number.MAX_SAFE_INTEGER)));
  const difference = now.value - before.value;
  const wentBack = difference < 0n;
  const over = difference + (1n << BigInt(now.bits));
  return {
    ahead: !wentBack && difference <= limit ? difference : null,
    wrapped: wentBack && over <= limit ? over : null,
    wentBack,
    mayBeFresh: now.value <= limit,
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
  const reckoned = [...now].flatMap(([name, reading]) => {
    const old = before.get(name);
    return old === undefined || old.bits !== reading.bits ? [] : [{ name, old, reading, ...reckon(old, reading, mostOf(name)) }];
  });
  const back = reckoned.filter(({ wentBack }) => wentBack);
  if (back.length > 0 && !areWraps(back, reckoned)) return { kind: 'none', why: 'reset' };
  const deltas = new Map<string, number>();
  for (const { name, ahead, wrapped } of reckoned) {
    const delta = ahead ?? wrapped;
    if (delta === null) return { kind: 'none', why: 'impossible' };
    deltas.set(name, Number(delta));
  }
  return { kind: 'counted', deltas };
};

interface Evidence extends Reckoned {
  readonly old: CounterReading;
  readonly reading: CounterReading;
}

/** A lone counter is believed to have wrapped when the way over the top was at most this part of the way round. */
const SHORT_WAY = 4n;

const areWraps = (back: readonly Evidence[], all: readonly Evidence[]): boolean => {
  if (back.some(({ wrapped }) => wrapped === null)) return false;
  // One that is too high to have begun at zero proves that nothing was reset.
  if (all.some(({ mayBeFresh, reading }) => !mayBeFresh && reading.value > 0n)) return true;
  const counting = all.filter(({ old, wentBack }) => old.value > 0n && !wentBack);
  if (back.length === 1 && counting.length > 0) return true;
  return back.length === 1 && back.every(({ wrapped, reading }) => wrapped !== null && wrapped * SHORT_WAY <= 1n << BigInt(reading.bits));
};
