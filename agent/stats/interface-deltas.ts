import { NET_COUNTERS, type NoDelta } from '../../protocol/probes/net.ts';
import { type CounterReading, stepsOf } from './counter.ts';

// How far the counters of one of our own interfaces went between two ticks. Pure. Linux counts with 64 bits, some drivers with 32; an interface
// that was made anew under its old name begins at zero.

/** In the order of NET_COUNTERS; a bigint where a number would not be exact. */
export type Counts = readonly (number | bigint)[];

export type Deltas = { readonly deltas: number[]; readonly noDelta?: undefined } | { readonly deltas: null; readonly noDelta: NoDelta };

/** Drivers bring their counters up to date every few seconds: that much may come early or late. */
const UPDATE_MS = 15_000;
const FASTEST_BPS = 1.6e12;
/** What drivers of virtual machines say of their speed is a habit, not a limit: memory is faster. */
const SPEED_ALLOWANCE = 4;
/** The smallest frame with its preamble and gap takes 84 bytes of a line, others less. */
const SMALLEST_PACKET_BYTES = 20;
const WRAP_32 = 2 ** 32;

/** `speedBps`: what the interface says that it carries; null when it does not say. Never negative, never more than it can carry. */
export const deltasOf = (before: Counts | undefined, now: Counts, ms: number, speedBps: number | null): Deltas => {
  if (before === undefined) return { deltas: null, noDelta: 'first' };
  const limitBps = speedBps === null ? FASTEST_BPS : Math.max(1e9, speedBps * SPEED_ALLOWANCE);
  const mostBytes = (limitBps / 8) * ((ms + UPDATE_MS) / 1_000);
  return plain(before, now, mostBytes) ?? judged(before, now, mostBytes);
};

const mostOf = (index: number, mostBytes: number): number => (index % 4 === 0 ? mostBytes : mostBytes / SMALLEST_PACKET_BYTES);

/** What nearly always is: everything counted on by a little. null: it has to be looked at closely. */
const plain = (before: Counts, now: Counts, mostBytes: number): Deltas | null => {
  if (isSame(before, now)) return QUIET;
  const deltas: number[] = [];
  for (let index = 0; index < now.length; index += 1) {
    const [value, old] = [now[index], before[index]];
    if (typeof value !== 'number' || typeof old !== 'number') return null;
    const delta = value - old;
    if (delta < 0 || delta > mostOf(index, mostBytes)) return null;
    deltas.push(delta);
  }
  return { deltas };
};

/** Most interfaces of a host with hundreds carry nothing: they cost nothing. Nobody writes into it. */
const QUIET: Deltas = { deltas: NET_COUNTERS.map(() => 0) };

const isSame = (before: Counts, now: Counts): boolean => {
  for (let index = 0; index < now.length; index += 1) if (now[index] !== before[index]) return false;
  return true;
};

const judged = (before: Counts, now: Counts, mostBytes: number): Deltas => {
  const bits = before.map((value) => (value < WRAP_32 ? 32 : 64));
  const named = (counts: Counts): Map<string, CounterReading> =>
    new Map(NET_COUNTERS.map((name, index) => [name, { value: BigInt(counts[index] ?? 0), bits: bits[index] === 32 ? 32 : 64 }]));
  const steps = stepsOf(named(before), named(now), (name) => mostOf(INDEX.get(name) ?? 0, mostBytes));
  if (steps.kind === 'none') return { deltas: null, noDelta: steps.why };
  return { deltas: NET_COUNTERS.map((name) => steps.deltas.get(name) ?? 0) };
};

const INDEX: ReadonlyMap<string, number> = new Map(NET_COUNTERS.map((name, index) => [name, index]));

/** Counters modulo 2^53, exact in JSON; the same array where they are so already. */
export const exact = (counts: Counts): number[] =>
  areExact(counts) ? counts : counts.map((value) => (typeof value === 'number' ? value : Number(BigInt.asUintN(53, value))));
const areExact = (counts: Counts): counts is number[] => counts.every((value) => typeof value === 'number');

/** Adds a row to a sum, modulo 2^53, in place: hundreds of times a tick. */
export const addTo = (sum: number[], counts: readonly number[]): void => {
  for (let index = 0; index < sum.length; index += 1) {
    const [value, other] = [sum[index] ?? 0, counts[index] ?? 0];
    const together = value + other;
    sum[index] = Number.isSafeInteger(together) ? together : Number(BigInt.asUintN(53, BigInt(value) + BigInt(other)));
  }
};

export const noCounts = (): number[] => NET_COUNTERS.map(() => 0);
