/** The agent's waits, ms. The simulation may stretch those that only cost wake-ups; nothing else changes them. */
export interface Timing {
  /** Rounds that close within this time share one commit. */
  readonly commitMs: number;
  /** An acknowledgement waits this long for rounds to share a commit with: until then a crash sends again what the controller has. */
  readonly settleMs: number;
  /** How often the host is asked whether it was suspended. */
  readonly suspendCheckMs: number;
  /** Between clock exchanges, once the first few of a session are through. */
  readonly clockExchangeMs: number;
  /** Between status messages when nothing changes. */
  readonly statusMs: number;
  /** Between what `onStatus` is told. */
  readonly tellMs: number;
  /** A batch without acknowledgement is sent again after this. */
  readonly resendMs: number;
  /** A round that ended longer ago than this is backlog. */
  readonly freshMs: number;
  /** A closed round is spooled at most this late: `upTo` stays so far behind. */
  readonly graceMs: number;
  /** Without a newer "this is the latest" for this long, the configuration may be stale. */
  readonly staleMs: number;
}

export const defaultTiming: Timing = {
  commitMs: 200,
  settleMs: 30_000,
  suspendCheckMs: 1_000,
  clockExchangeMs: 30_000,
  statusMs: 60_000,
  tellMs: 60_000,
  resendMs: 15_000,
  freshMs: 30_000,
  graceMs: 1_000,
  staleMs: 15 * 60_000,
};
