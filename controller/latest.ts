import type { LatestColumn } from './ports.ts';
import type { Changes } from './fleet/changes.ts';
import { columnOfPoint, FIELDS_OF_ROUND } from './series/columns.ts';
import { ownSeries } from './series/own.ts';
import { PING } from './series/schema.ts';
import type { Point, SeriesStore } from './series/store.ts';

/** The newest round of every pair and probe, in memory, and the fan-out of new ones to those who watch. */
export interface LatestRounds {
  /** Points of one agent in the order of arrival. */
  readonly add: (agent: string, points: readonly Point[]) => void;
  readonly list: () => readonly LatestColumn[];
  /** Forgets agents that are not there any more. */
  readonly keepAgents: (isKnown: (agent: string) => boolean) => void;
}

/** Begins with what the store has; a store that does not answer now is no reason not to start. */
export const openLatestRounds = async (store: SeriesStore, changes: Changes, onError: (error: unknown) => void): Promise<LatestRounds> => {
  const byAgent = new Map<string, Map<string, Point>>();
  const remember = (point: Point): void => {
    const { agent = '', task = '' } = point.tags;
    let newest = byAgent.get(agent);
    if (newest === undefined) byAgent.set(agent, (newest = new Map<string, Point>()));
    if ((newest.get(task)?.at ?? Number.NEGATIVE_INFINITY) <= point.at) newest.set(task, point);
  };
  try {
    // The database may hold other people's pings: theirs have no task of ours, or say where they came from.
    for (const point of await store.latest(PING, ownSeries(), [...FIELDS_OF_ROUND, 'interval_ms']))
      if (point.tags['agent'] !== undefined && point.tags['task'] !== undefined) remember(point);
  } catch (error) {
    onError(error);
  }
  return {
    add(agent, points) {
      const rounds = points.filter(({ measurement }) => measurement === PING);
      for (const point of rounds) remember(point);
      if (!changes.isHeard()) return;
      for (const [task, own] of Map.groupBy(rounds, ({ tags }) => tags['task'] ?? ''))
        changes.emit({ kind: 'rounds', agent, task, columns: own.map(columnOfPoint) });
    },
    list: () => [...byAgent.values()].flatMap((newest) => [...newest.values()].map(latestOf)),
    keepAgents(isKnown) {
      for (const agent of byAgent.keys()) if (!isKnown(agent)) byAgent.delete(agent);
    },
  };
};

const latestOf = (point: Point): LatestColumn => {
  const { agent = '', target = '', task = '' } = point.tags;
  const interval = point.fields['interval_ms'];
  return { agent, target, task, intervalMs: typeof interval === 'number' ? interval : 0, column: columnOfPoint(point) };
};
