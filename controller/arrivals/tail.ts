import type { Arrival } from './arrival.ts';

/** The newest arrivals as they were parsed, so that consumers that keep up never read the file. Bounded; the file is the truth. */
export interface Tail {
  push(arrival: Arrival): void;
  /** Null when some of what was asked for is not in memory. */
  read(after: number, maxRounds: number): readonly Arrival[] | null;
  dropUpTo(position: number): void;
  clear(): void;
}

/** About 4 KB a round with its points. What has fallen out is parsed a second time, just when there is no time for it. */
const MOST_ROUNDS = 30_000;
const MOST_ARRIVALS = 30_000;

export const openTail = (): Tail => {
  let arrivals: Arrival[] = [];
  let rounds = 0;
  const keepFrom = (index: number): void => {
    if (index > 0) for (const { batch } of arrivals.splice(0, index)) rounds -= batch.rounds.length;
  };
  return {
    push(arrival) {
      const newest = arrivals.at(-1);
      // Consecutive only: a hole would hide what lies in the file.
      if (newest !== undefined && newest.position + 1 !== arrival.position) {
        arrivals = [];
        rounds = 0;
      }
      arrivals.push(arrival);
      rounds += arrival.batch.rounds.length;
      if (rounds > MOST_ROUNDS || arrivals.length > MOST_ARRIVALS) keepFrom(Math.ceil(arrivals.length / 2));
    },
    read(after, maxRounds) {
      const oldest = arrivals[0];
      if (oldest === undefined || after + 1 < oldest.position) return null;
      const found: Arrival[] = [];
      let sum = 0;
      for (let i = after + 1 - oldest.position; i < arrivals.length; i += 1) {
        const arrival = arrivals[i];
        if (arrival === undefined) break;
        sum += arrival.batch.rounds.length;
        if (found.length > 0 && sum > maxRounds) break;
        found.push(arrival);
      }
      return found;
    },
    dropUpTo(position) {
      const oldest = arrivals[0];
      if (oldest !== undefined) keepFrom(position + 1 - oldest.position);
    },
    clear() {
      arrivals = [];
      rounds = 0;
    },
  };
};
