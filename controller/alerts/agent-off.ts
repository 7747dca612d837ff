import type { Reading } from './lifecycle.ts';

/** What the control database knows of one agent's presence. `since` is null for an agent that was never heard of. */
export interface PresenceNow {
  readonly online: boolean;
  readonly since: number | null;
}

/** Whether an agent is off for the rule, by the controller's own timer. Off counts from `earliest` at most: while the controller itself was away or stood still, nobody could come back. */
export const agentOffReading = (presence: PresenceNow, forMs: number, now: number, earliest: number): Reading => {
  if (presence.online) return 'clear';
  if (presence.since === null) return 'no-data';
  return now - Math.max(presence.since, earliest) >= forMs ? 'breached' : 'no-data';
};

export interface PresenceRow {
  readonly from_at: number;
  readonly state: 'online' | 'off';
}

/** Whether the agent was cut off from the controller at any time in [from, to], by its presence rows in order of time. Before its first row it was not there yet. */
export const wasOff = (rows: readonly PresenceRow[], from: number, to: number): boolean =>
  rows.length > 0 &&
  [{ from_at: 0, state: 'off' as const }, ...rows].some(
    (row, index) => row.state === 'off' && row.from_at <= to && (rows[index]?.from_at ?? Number.POSITIVE_INFINITY) > from,
  );
