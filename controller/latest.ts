import type { LatestColumn } from './ports.ts';
import type { Changes } from './fleet/changes.ts';
import { columnOfPoint } from './series/columns.ts';
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
  const newest = new Map<string, LatestColumn>();
  const remember = (point: Point): LatestColumn => {
    const { agent = '', target = '', task = '' } = point.tags;
    const interval = point.fields['interval_ms'];
    const latest = { agent, target, task, intervalMs: typeof interval === 'number' ? interval : 0, column: columnOfPoint(point) };
    const key = `${agent} ${task}`;
    if ((newest.get(key)?.column.at ?? Number.NEGATIVE_INFINITY) <= point.at) newest.set(key, latest);
    return latest;
  };
  try {
    // The database may hold other people's pings: theirs have no task of ours, or say where they came from.
    for (const point of await store.latest(PING, { origin: [''] }))
      if (point.tags['agent'] !== undefined && point.tags['task'] !== undefined) remember(point);
  } catch (error) {
    onError(error);
  }
  return {
    add(agent, points) {
      const rounds = points.filter(({ measurement }) => measurement === PING);
      const byTask = Map.groupBy(rounds.map(remember), ({ task }) => task);
      for (const [task, latest] of byTask) changes.emit({ kind: 'rounds', agent, task, columns: latest.map(({ column }) => column) });
    },
    list: () => [...newest.values()],
    keepAgents(isKnown) {
      for (const [key, { agent }] of newest) if (!isKnown(agent)) newest.delete(key);
    },
  };
};
