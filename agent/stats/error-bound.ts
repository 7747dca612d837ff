import type { ErrorBound } from '../../protocol/probes/icmp.ts';
import { percentile } from './delay.ts';

/** What the agent saw of its own noise while a round ran. null: not seen. */
export interface Noise {
  /** Median RTT of the loopback canary in the same engine. */
  readonly canaryMs: number | null;
  /** How late the engine woke, a high percentile. */
  readonly schedulerLagMs: number | null;
  readonly socketDrops: number;
}

/** One received packet, and how long its reply may have lain in the socket while the engine was held up. */
export interface PacketNoise {
  readonly rttMs: number;
  readonly waitedMs: number;
}

/**
 * How far the round's median RTT may be off. Noise only ever adds to an RTT: each true one lies between the measured one and the measured one
 * less what we may have added. That is, for every packet, the way through our sockets and our loop, which the canary walks too, and waking up,
 * which the lag shows; and for some, what they waited for an engine that was held up. So the true median is at least the median of the
 * RTTs less their noise: a stall that touches a packet far from the median widens nothing. What was not seen counts UNSEEN_MS, so that
 * missing self-observation never looks like precision.
 */
export const errorBound = (noise: Noise, packets: readonly PacketNoise[]): ErrorBound => {
  const usualMs = (noise.canaryMs ?? UNSEEN_MS) + (noise.schedulerLagMs ?? UNSEEN_MS);
  return {
    boundMs: usualMs + shiftOfMedian(packets),
    canaryMs: noise.canaryMs,
    schedulerLagMs: noise.schedulerLagMs,
    socketDrops: noise.socketDrops,
  };
};

/** How much lower the median would be if every packet had been seen at once. */
const shiftOfMedian = (packets: readonly PacketNoise[]): number => {
  if (packets.every(({ waitedMs }) => waitedMs === 0)) return 0;
  const medianOf = (values: number[]): number =>
    percentile(
      values.sort((a, b) => a - b),
      50,
    );
  return medianOf(packets.map(({ rttMs }) => rttMs)) - medianOf(packets.map(({ rttMs, waitedMs }) => rttMs - waitedMs));
};

const UNSEEN_MS = 1;
