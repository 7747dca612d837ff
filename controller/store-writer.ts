import { type Round, roundEndMs } from '../protocol/round.ts';
import type { Labels } from '../protocol/labels.ts';
import type { Arrival } from './arrivals/arrival.ts';
import { pointOf } from './series/schema.ts';
import type { Point, SeriesStore } from './series/store.ts';

/** The labels that are tags, by agent and target. */
export type TagsOf = (agent: string, target: string) => Labels;

/** The points of arrivals, made once for all who want them. */
export type PointsOf = (arrival: Arrival) => readonly Point[];

export const makePointsOf = (tagsOf: TagsOf): PointsOf => {
  const made = new WeakMap<Arrival, readonly Point[]>();
  return (arrival) => {
    const known = made.get(arrival);
    if (known !== undefined) return known;
    const points = arrival.batch.rounds.map((round) => pointOf(arrival.agent, round, tagsOf(arrival.agent, targetOf(round))));
    made.set(arrival, points);
    return points;
  };
};

const targetOf = ({ task }: Round): string => task.slice(0, task.lastIndexOf('/'));

/** The arrival log's consumer that fills the store: harmless when done again, because a point replaces itself. */
export const writeRounds = async (
  store: SeriesStore,
  arrivals: readonly Arrival[],
  pointsOf: PointsOf,
): Promise<{ readonly rounds: number; readonly newestEnd: number | null }> => {
  const points = arrivals.flatMap(pointsOf);
  if (points.length === 0) return { rounds: 0, newestEnd: null };
  await store.write(points);
  const fresh = arrivals.filter(({ batch }) => batch.lane === 'fresh').flatMap(({ batch }) => batch.rounds.map(roundEndMs));
  return { rounds: points.length, newestEnd: fresh.length === 0 ? null : Math.max(...fresh) };
};
