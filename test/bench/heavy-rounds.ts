import { outcomeOf } from '../../agent/icmp/sample.ts';
import { RTT_UNITS_PER_MS } from '../../agent/icmp/round.ts';
import { pointOf } from '../../controller/series/schema.ts';
import type { Point } from '../../controller/series/store.ts';
import type { Round } from '../../protocol/round.ts';

/** A random number in [0, 1) from a seed: the same rounds at each run. */
export const makeChance = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export interface FleetShape {
  readonly agents: number;
  readonly targets: number;
  /** Rounds of each pair. */
  readonly rounds: number;
  readonly intervalMs: number;
  readonly startAt: number;
}

/**
 * ICMP rounds of ten packets as the engine would close them, made into points: each pair has a base RTT of its own, log-normal queues on top,
 * one packet in two hundred from a Pareto tail, and a little loss. In the order of time, all pairs of one interval together.
 */
export function* heavyRounds({ agents, targets, rounds, intervalMs, startAt }: FleetShape, seed = 7): Generator<Point[]> {
  const chance = makeChance(seed);
  const bases = Array.from({ length: agents * targets }, () => 0.5 + 180 * chance() ** 2);
  for (let n = 0; n < rounds; n += 1) {
    const points: Point[] = [];
    for (let pair = 0; pair < bases.length; pair += 1) {
      const agent = Math.floor(pair / targets);
      const at = startAt + n * intervalMs + ((pair * 7_919) % intervalMs);
      const rtts = Array.from({ length: 10 }, () => rttOf(bases[pair] ?? 1, chance));
      points.push(pointOf(`agent-${agent}`, roundOf(n, `t${pair % targets}/icmp`, at, intervalMs, rtts, chance), {}));
    }
    yield points;
  }
}

const rttOf = (baseMs: number, chance: () => number): number | null => {
  if (chance() < 0.003) return null;
  const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  const queue = 0.2 * Math.exp(0.9 * normal);
  const tail = chance() < 0.005 ? 2 / (1 - chance()) ** (1 / 1.5) : 0;
  return Math.round(Math.min(900, baseMs + queue + tail) * RTT_UNITS_PER_MS);
};

const roundOf = (
  seq: number,
  task: string,
  at: number,
  intervalMs: number,
  rtts: readonly (number | null)[],
  chance: () => number,
): Round => {
  const durationMs = 9_000 + Math.floor(chance() * 4);
  const noise = [
    Math.round(20 + chance() * 15) / 1_000,
    Math.round(chance() * 9) / 1_000,
    Math.round(50 + chance() * 90) / 1_000,
    0,
  ] as const;
  const sends = rtts.map(() => 40 + Math.floor(chance() * 60));
  const closed = { slot: 0, startedMs: 0, durationMs, rtts, sends, late: 0, duplicates: 0, ttl: 57, noise };
  const time = { source: 'controller', boundMs: 0.4 + Math.round(chance() * 40) / 1_000, ageS: 12 } as const;
  return { seq, task, at, durationMs, intervalMs, time, outcome: outcomeOf(closed, '192.0.2.1') };
};
