import { type Round, roundEndMs } from '../protocol/round.ts';
import type { Labels } from '../protocol/labels.ts';
import type { Arrival } from './arrivals/arrival.ts';
import { lateAfterMs } from './alerts/evaluate.ts';
import { PING, pointsOf } from './series/schema.ts';
import { PointsRefused, type RefusedPoint } from './series/refused.ts';
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
    const points = arrival.batch.rounds.flatMap((round) => {
      const all = pointsOf(arrival.agent, round, tagsOf(arrival.agent, targetOf(round)));
      if (!isBackfill(arrival, round)) return all;
      const arrival_lag_ms = arrival.arrivedAt - roundEndMs(round);
      return all.map((point) => (point.measurement === PING ? { ...point, fields: { ...point.fields, arrival_lag_ms } } : point));
    });
    made.set(arrival, points);
    return points;
  };
};

/** What no rule judged because it came too late says so, or a backtest would find what nobody could have been told. */
const isBackfill = ({ arrivedAt, batch }: Arrival, round: Round): boolean =>
  batch.lane === 'backlog' || arrivedAt - roundEndMs(round) > lateAfterMs(round.intervalMs);

const targetOf = ({ task }: Round): string => task.slice(0, task.lastIndexOf('/'));

/** The arrival log's consumer that fills the store: harmless when done again, because a point replaces itself. */
export const writeRounds = async (
  store: SeriesStore,
  arrivals: readonly Arrival[],
  pointsOf: PointsOf,
  setAside: (refused: readonly RefusedPoint[]) => Promise<void>,
): Promise<{ readonly rounds: number; readonly newestEnd: number | null }> => {
  const points = arrivals.flatMap(pointsOf);
  const rounds = arrivals.reduce((sum, { batch }) => sum + batch.rounds.length, 0);
  if (points.length === 0) return { rounds, newestEnd: null };
  const refused = await writePoints(store, points, setAside);
  const fresh = arrivals.filter(({ batch }) => batch.lane === 'fresh').flatMap(({ batch }) => batch.rounds.map(roundEndMs));
  return { rounds: Math.max(0, rounds - refused), newestEnd: fresh.length === 0 ? null : Math.max(...fresh) };
};

/** What the store refuses for good is set aside, durably, and never holds up the rest. How many that were. Rejects when the store cannot write now. */
export const writePoints = async (
  store: Pick<SeriesStore, 'write'>,
  points: readonly Point[],
  setAside: (refused: readonly RefusedPoint[]) => Promise<void>,
): Promise<number> => {
  let rest = points;
  for (;;) {
    try {
      if (rest.length > 0) await store.write(rest);
      return points.length - rest.length;
    } catch (error) {
      if (!(error instanceof PointsRefused) || error.refused.length === 0) throw error;
      await setAside(error.refused);
      const gone = new Set(error.refused.map(({ point }) => point));
      rest = rest.filter((point) => !gone.has(point));
      if (error.othersStored) return points.length - rest.length;
    }
  }
};
