import type { ErrorBound } from '../../protocol/probes/icmp.ts';
import { percentile } from './delay.ts';

/** What the agent saw of its own noise while a round ran. null: not seen. */
export interface Noise {
  /** Median RTT of the loopback canary in the same engine. */
  readonly canaryMs: number | null;
  /** How much later than the return of its send the canary came, a high percentile: nothing, as long as the kernel's stamps are what they should be.
   * Where it stamps nothing, the lag is in it. */
  readonly unseenMs: number | null;
  /** How late the engine woke, a high percentile. It moves no RTT, because the kernel says when a reply came; it tells how busy the host is. */
  readonly schedulerLagMs: number | null;
  readonly socketDrops: number;
}

/** One received packet, and how long its send took: it left the host somewhere in that time. */
export interface PacketNoise {
  readonly rttMs: number;
  readonly sendMs: number;
}

/**
 * How far the round's median RTT may be off. Noise only ever adds to an RTT: each true one lies between the measured one and the measured one
 * less what we may have added. For every packet that is the time its send took, from cold caches to a process that was put aside in the
 * midst of it; the canary shows what that does not explain. So the true median is at least the median of the RTTs less their sends: a
 * hold-up that touches a packet far from the median widens nothing. Without a canary the bound is UNSEEN_MS and the
 * scheduler's lag wider, so that missing self-observation never looks like precision.
 */
export const errorBound = (noise: Noise, packets: readonly PacketNoise[]): ErrorBound => ({
  boundMs: STAMP_MS + (noise.unseenMs ?? UNSEEN_MS + (noise.schedulerLagMs ?? 0)) + shiftOfMedian(packets),
  canaryMs: noise.canaryMs,
  schedulerLagMs: noise.schedulerLagMs,
  socketDrops: noise.socketDrops,
});

/** How much lower the median would be if sending took no time. */
const shiftOfMedian = (packets: readonly PacketNoise[]): number => {
  if (packets.length === 0) return 0;
  const medianOf = (values: number[]): number =>
    percentile(
      values.sort((a, b) => a - b),
      50,
    );
  return medianOf(packets.map(({ rttMs }) => rttMs)) - medianOf(packets.map(({ rttMs, sendMs }) => rttMs - Math.min(rttMs, sendMs)));
};

/** From a packet's reaching the host to the kernel's looking at its clock: 3 to 8 µs were seen on a slow virtual machine. */
const STAMP_MS = 0.01;
const UNSEEN_MS = 1;
