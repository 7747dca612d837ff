/** Random draws that a seed repeats (mulberry32): a case is its seed. */
export interface Dice {
  /** Uniform in [0, 1). */
  fraction(): number;
  between(low: number, high: number): number;
  /** Uniform on a logarithmic scale. */
  logBetween(low: number, high: number): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  normal(): number;
  pick<T>(from: readonly T[]): T;
  /** `count` different members, in drawn order. */
  some<T>(from: readonly T[], count: number): T[];
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T;
  binomial(n: number, p: number): number;
}

/** The dice of a seed. */
export const diceOf = (seed: number): Dice => {
  let state = (seed * 2654435761) >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + (high - low) * fraction();
  const whole = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  const pick = <T>(from: readonly T[]): T => {
    const found = from[Math.floor(fraction() * from.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  return {
    fraction,
    between,
    whole,
    pick,
    logBetween: (low, high) => Math.exp(between(Math.log(low), Math.log(high))),
    chance: (probability) => fraction() < probability,
    normal: () => Math.sqrt(-2 * Math.log(1 - fraction())) * Math.cos(2 * Math.PI * fraction()),
    some: (from, count) => {
      const left = [...from];
      return Array.from({ length: Math.min(count, left.length) }, () => left.splice(Math.floor(fraction() * left.length), 1)).flat();
    },
    weighted: (from) => {
      let at = fraction() * from.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of from) {
        at -= weight;
        if (at < 0) return value;
      }
      return pick(from)[1];
    },
    binomial: (n, p) => {
      let hits = 0;
      for (let i = 0; i < n; i++) if (fraction() < p) hits++;
      return hits;
    },
  };
};

/** A number in [0, 1) that depends on its words only: which of several equal paths a flow takes. */
export const hashOf = (...words: readonly (string | number)[]): number => {
  let hash = 2166136261;
  for (const letter of words.join('|')) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};
