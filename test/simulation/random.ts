import type { Random } from '../../protocol/random.ts';

/** Randomness from a seed: the same text gives the same numbers, and each part forks its own, so that one more draw in one part moves nothing in another. */
export interface Seeded extends Random {
  fork(name: string): Seeded;
  between(from: number, to: number): number;
  /** A whole number, both ends included. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** Waiting time of a Poisson process with this mean. */
  exponential(mean: number): number;
}

export const seeded = (seed: string): Seeded => {
  const next = sfc32(seed);
  const fraction = (): number => next() / 2 ** 32;
  const between = (from: number, to: number): number => from + fraction() * (to - from);
  const integer = (from: number, to: number): number => Math.floor(between(from, to + 1));
  return {
    fraction,
    hex: (bytes) => Array.from({ length: bytes }, () => (next() & 0xff).toString(16).padStart(2, '0')).join(''),
    fork: (name) => seeded(`${seed}/${name}`),
    between,
    integer,
    chance: (probability) => fraction() < probability,
    pick: (items) => items[integer(0, items.length - 1)] ?? items[0],
    exponential: (mean) => -mean * Math.log(1 - fraction()),
  };
};

/** Small Fast Counter (Chris Doty-Humphrey's PractRand), 32 bits. */
const sfc32 = (seed: string): (() => number) => {
  let [a, b, c, counter] = [hash(`${seed}#a`), hash(`${seed}#b`), hash(`${seed}#c`), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) next();
  return next;
};

/** FNV-1a. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value | 0;
};
