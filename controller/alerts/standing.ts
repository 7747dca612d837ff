// What an agent says of itself, as series that rules look at: measurement `agent`.
import type { OnlineStatus } from '../../protocol/status.ts';
import type { Observation } from './observation.ts';

/** How often the standing of an agent is judged, whether a new status came or not. */
export const STANDING_EVERY_MS = 30_000;
const HOUR_MS = 3_600_000;

/** One series each, because each has a cause of its own. */
export const standingOf = (status: OnlineStatus, now: number): readonly Observation[] => {
  const { clock, spool, certificateExpiresAt, health } = status;
  const series = (task: string, values: Record<string, number>): Observation => ({
    measurement: 'agent',
    task,
    at: now - STANDING_EVERY_MS,
    end: now,
    intervalMs: STANDING_EVERY_MS,
    boundMs: 0,
    values,
  });
  const all = [series('spool', { spool_ratio: spool.bytes / spool.capBytes, spool_dropped: spool.dropped })];
  // Half of the path's asymmetry cannot be seen: what lies inside the exchange's own bound is no skew.
  if (clock !== null) all.push(series('clock', { clock_skew_ms: Math.max(0, Math.abs(clock.offsetMs) - clock.boundMs) }));
  if (certificateExpiresAt !== undefined) all.push(series('certificate', { certificate_hours: (certificateExpiresAt - now) / HOUR_MS }));
  const load: Record<string, number> = {};
  if (health.cpuPercent !== undefined) load['cpu_percent'] = health.cpuPercent;
  if (health.memoryBytes !== undefined) load['memory_bytes'] = health.memoryBytes;
  if (Object.keys(load).length > 0) all.push(series('load', load));
  return all;
};
