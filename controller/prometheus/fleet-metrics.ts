// What the fleet measures, for /metrics/fleet: the newest of each series and counters since the start. Series that have gone quiet are dropped, not frozen.
import type { Clock } from '../../protocol/time.ts';
import { PING } from '../series/schema.ts';
import type { Point } from '../series/store.ts';
import { exposition } from '../../protocol/exposition.ts';
import { interfaceFamilies, type PolledSeries } from './interface-metrics.ts';
import { countPing, newPing, pingFamilies, type PingSeries } from './ping-metrics.ts';

export interface FleetMetrics {
  /** Points of fresh rounds, in the order of arrival. Backfill is not counted: it would look like a burst of now. */
  add(points: readonly Point[]): void;
  /** Prometheus' text format. */
  render(prefix: string): string;
}

/** Polled measurements that have names in Prometheus' world. */
const POLLED = new Set(['net', 'netstat', 'interface']);
/** Quiet for so many intervals, and this long at least. */
const STALE_INTERVALS = 3;
const STALE_MS = 60_000;
const POLL_INTERVAL_MS = 60_000;
/** As many series as are told apart at most. */
const MOST_SERIES = 100_000;

export const openFleetMetrics = (clock: Pick<Clock, 'now'>): FleetMetrics => {
  const pings = new Map<string, PingSeries>();
  const polled = new Map<string, PolledSeries>();
  const addPing = (point: Point): void => {
    const key = `${point.tags['agent']} ${point.tags['task']}`;
    let series = pings.get(key);
    if (series !== undefined && addressOf(series.newest) !== addressOf(point) && point.fields['address'] !== undefined) series = undefined;
    if (series === undefined) {
      if (pings.size >= MOST_SERIES) return;
      series = newPing(point);
      pings.set(key, series);
    }
    countPing(series, point);
  };
  const addPolled = (point: Point): void => {
    const key = `${point.measurement} ${JSON.stringify(Object.entries(point.tags).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
    const known = polled.get(key);
    if (known !== undefined && known.newest.at >= point.at) return;
    if (known === undefined && polled.size >= MOST_SERIES) return;
    polled.set(key, { newest: point, before: known?.newest ?? null });
  };
  const isQuiet = (newest: Point): boolean => {
    const interval = newest.fields['interval_ms'];
    const duration = newest.fields['duration_ms'];
    const end = newest.at + (typeof duration === 'number' ? duration : 0);
    const intervalMs = typeof interval === 'number' ? interval : POLL_INTERVAL_MS;
    return clock.now() - end > Math.max(STALE_MS, STALE_INTERVALS * intervalMs);
  };
  const dropQuiet = <T extends { readonly newest: Point }>(all: Map<string, T>): T[] => {
    for (const [key, { newest }] of all) if (isQuiet(newest)) all.delete(key);
    return [...all.values()];
  };
  return {
    add(points) {
      for (const point of points) {
        if (point.measurement === PING) addPing(point);
        else if (POLLED.has(point.measurement)) addPolled(point);
      }
    },
    render: (prefix) => exposition([...pingFamilies(dropQuiet(pings)), ...interfaceFamilies(dropQuiet(polled), prefix)]),
  };
};

const addressOf = ({ fields }: Point): string => (typeof fields['address'] === 'string' ? fields['address'] : '');
