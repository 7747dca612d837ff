import type { Limits } from '../config/limits.ts';

// What the agent and its ICMP process say to each other. Both are this program, so nothing is validated: types only.

/** A task as the ICMP process wants it. `slot` is the agent's number for it; never used again, so that no round is taken for a successor's. */
export interface EngineTask {
  readonly slot: number;
  readonly address: string;
  readonly intervalMs: number;
  readonly phaseMs: number;
  readonly count: number;
  readonly spacingMs: number;
  readonly timeoutMs: number;
  readonly sizeBytes: number;
  readonly dscp: number;
  readonly ttl: number;
}

export type ToEngine =
  | { readonly type: 'limits'; readonly limits: Limits | null }
  | { readonly type: 'add'; readonly tasks: readonly EngineTask[] }
  | { readonly type: 'remove'; readonly slots: readonly number[] };

/** A closed window of packets, and what became of each. Short, because it crosses a process boundary a thousand times a second. */
export interface ClosedRound {
  readonly slot: number;
  readonly startedMs: number;
  readonly durationMs: number;
  /** By packet that was really sent, in the order of sending: its RTT in tenths of a microsecond; null when no reply came in time. */
  readonly rtts: readonly (number | null)[];
  /** For each of them how long its send took, in tenths of a microsecond: somewhere in that time it left. */
  readonly sends: readonly number[];
  /** Which of them, by number in `rtts`, may have been answered without our seeing it; left out when none. */
  readonly unknown?: readonly number[];
  /** The answered ones in the order in which the answers came; left out when that is the order of sending. */
  readonly arrivals?: readonly number[];
  readonly late: number;
  readonly duplicates: number;
  readonly ttl: number | null;
  /** Left out when none. */
  readonly errors?: Readonly<Record<string, number>>;
  /** Canary RTT, what of it its send does not explain, and scheduler lag, in ms, null when not seen; and socket drops. */
  readonly noise: readonly [canaryMs: number | null, unseenMs: number | null, schedulerLagMs: number | null, socketDrops: number];
}

/** Since the start of the ICMP process; all go up only. */
export interface EngineCounters {
  packetsSent: number;
  repliesReceived: number;
  /** Packets that the guard rails held back. */
  guardRailHits: number;
  /** Rounds that did not start because the last one was still running, or because the process was stopped for too long. */
  roundsSkipped: number;
  /** Replies that count as nothing, by why. */
  wrongCookie: number;
  wrongSource: number;
  truncated: number;
  badChecksum: number;
  /** Packets that the kernel dropped at our sockets. */
  socketDrops: number;
  /** Sends that the kernel refused. */
  sendErrors: number;
  /** Rounds thrown away because the agent did not take them. */
  roundsDropped: number;
}

export type FromEngine =
  | { readonly type: 'ready' /** Whether the kernel says when a packet came. */; readonly stamped: boolean }
  | { readonly type: 'no-permission'; readonly detail: string }
  | { readonly type: 'rounds'; readonly rounds: readonly ClosedRound[] }
  | { readonly type: 'counters'; readonly counters: EngineCounters };

export const noCounters = (): EngineCounters => ({
  packetsSent: 0,
  repliesReceived: 0,
  guardRailHits: 0,
  roundsSkipped: 0,
  wrongCookie: 0,
  wrongSource: 0,
  truncated: 0,
  badChecksum: 0,
  socketDrops: 0,
  sendErrors: 0,
  roundsDropped: 0,
});
