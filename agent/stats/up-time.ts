export interface UpTime {
  /** sysUpTime, hundredths of a second; wraps after 497 days. */
  readonly cs: number;
  /** When it was read, monotonic ms. */
  readonly atMs: number;
}

const WRAP_CS = 2 ** 32;
/** Clocks of devices run as they like; what is asked now is answered a little later. */
const SLACK_CS = 1_000;
const SLACK_SHARE = 0.02;

/** Whether the device, or its SNMP agent, began anew between the two readings: its up time is behind where it would be. Pure. */
export const hasRestarted = (before: UpTime, now: UpTime): boolean => {
  const passedCs = (now.atMs - before.atMs) / 10;
  const expected = before.cs + passedCs;
  const slack = SLACK_CS + SLACK_SHARE * Math.abs(passedCs);
  // On the ring of 2^32, so that a wrap is no restart, however often it went round while nobody asked.
  const ahead = (((now.cs - expected) % WRAP_CS) + WRAP_CS) % WRAP_CS;
  if (ahead <= slack || WRAP_CS - ahead <= slack) return false;
  // One that stands still is an agent that answers from memory: what began anew has been up for no longer than the time that passed.
  if (now.cs === before.cs && now.cs > passedCs + slack) return false;
  return now.cs < expected; // further on than it should be: a clock that was set, not a new beginning
};
