import type { ErrorBound } from '../../protocol/probes/icmp.ts';

/** What the agent saw of its own noise while a round ran. null: not seen. */
export interface Noise {
  /** Median RTT of the loopback canary in the same engine. */
  readonly canaryMs: number | null;
  /** 95th percentile of how late the engine woke. */
  readonly schedulerLagMs: number | null;
  readonly socketDrops: number;
}

/**
 * How far the median RTT may be off. Two things move it, both upwards: the way through our own sockets and event loop, which the canary
 * walks too, and waking up, which every reply costs and the lag shows. They add; a round in which neither was seen is bounded by
 * UNSEEN_MS for each, so that missing self-observation never looks like precision.
 */
export const errorBound = (noise: Noise): ErrorBound => ({
  boundMs: (noise.canaryMs ?? UNSEEN_MS) + (noise.schedulerLagMs ?? UNSEEN_MS),
  canaryMs: noise.canaryMs,
  schedulerLagMs: noise.schedulerLagMs,
  socketDrops: noise.socketDrops,
});

const UNSEEN_MS = 1;
