import type { VerdictCase } from './case.ts';

/** What one trace showed, with the hops that were silent filled in where other traces tell who sits there. */
export interface Way {
  readonly at: number;
  readonly hops: readonly (number | null)[];
  /** For each hop that was silent: who may sit there. */
  readonly guesses: ReadonlyMap<number, readonly number[]>;
  readonly reached: boolean;
  readonly inWindow: boolean;
}

/** Every pair's traces, oldest first. */
export const waysOf = (given: VerdictCase): readonly (readonly Way[])[] => {
  const ways: Way[][] = given.pairs.agent.map(() => []);
  const between = neighboursOf(given);
  given.traces.hops.forEach((hops, i) => {
    const at = given.traces.at[i] ?? 0;
    const guesses = new Map<number, readonly number[]>();
    hops.forEach((hop, position) => {
      if (hop !== null) return;
      const found = between.get(key(hops[position - 1], hops[position + 1]));
      if (found !== undefined && found.size <= 2) guesses.set(position, [...found]);
    });
    ways[given.traces.pair[i] ?? -1]?.push({ at, hops, guesses, reached: given.traces.reached[i] === 1, inWindow: at >= given.start });
  });
  return ways.map((own) => own.toSorted((a, b) => a.at - b.at));
};

const key = (before: number | null | undefined, after: number | null | undefined): string => `${before ?? '?'}>${after ?? '?'}`;

/** Who was seen between two hops. */
const neighboursOf = (given: VerdictCase): Map<string, Set<number>> => {
  const between = new Map<string, Set<number>>();
  for (const hops of given.traces.hops)
    hops.forEach((hop, i) => {
      const before = hops[i - 1] ?? null;
      const after = hops[i + 1] ?? null;
      if (hop === null || before === null || after === null) return;
      const place = key(before, after);
      between.set(place, (between.get(place) ?? new Set()).add(hop));
    });
  return between;
};
