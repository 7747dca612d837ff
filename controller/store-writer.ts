import { type Round, roundEndMs } from '../protocol/round.ts';
import type { Labels } from '../protocol/labels.ts';
import type { Arrival } from './arrivals/arrival.ts';
import { pointOf } from './series/schema.ts';
import type { Point, SeriesStore } from './series/store.ts';

/** The labels that are tags, by agent and target. */
export type TagsOf = (agent: string, target: string) => Labels;

export const pointsOf = (agent: string, rounds: readonly Round[], tagsOf: TagsOf): Point[] =>
  rounds.map((round) => pointOf(agent, round, tagsOf(agent, round.task.slice(0, round.task.lastIndexOf('/')))));

/** The arrival log's consumer that fills the store: harmless when done again, because a point replaces itself. */
export const writeRounds = async (
  store: SeriesStore,
  arrivals: readonly Arrival[],
  tagsOf: TagsOf,
): Promise<{ readonly rounds: number; readonly newestEnd: number | null }> => {
  const points = arrivals.flatMap(({ agent, batch }) => pointsOf(agent, batch.rounds, tagsOf));
  if (points.length === 0) return { rounds: 0, newestEnd: null };
  await store.write(points);
  const fresh = arrivals.filter(({ batch }) => batch.lane === 'fresh').flatMap(({ batch }) => batch.rounds.map(roundEndMs));
  return { rounds: points.length, newestEnd: fresh.length === 0 ? null : Math.max(...fresh) };
};
