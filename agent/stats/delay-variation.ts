import type { DelayVariation } from '../../protocol/probes/icmp.ts';
import { mean, percentile } from './delay.ts';

/**
 * IPDV, RFC 5481 section 4.1: D(i) - D(i-1) of neighbours in the order of sending, here over round-trip delay.
 * A lost packet has no delay, so both pairs that touch it are undefined (RFC 3393 section 4.1).
 */
export const ipdv = (rttsMs: readonly (number | null)[]): number[] => {
  const differences: number[] = [];
  let previous: number | null = null;
  for (const current of rttsMs) {
    if (current !== null && previous !== null) differences.push(current - previous);
    previous = current;
  }
  return differences;
};

/** PDV, RFC 5481 section 4.2: D(i) - min D over the round's received packets. Never negative. */
export const pdv = (receivedMs: readonly number[]): number[] => {
  const floor = Math.min(...receivedMs);
  return receivedMs.map((rtt) => rtt - floor);
};

/** RFC 3550 section 6.4.1: J += (|D| - J) / 16 for each received packet after the first, in the order of sending, from J = 0; D is the change of round-trip delay. */
export const jitterRfc3550 = (receivedMs: readonly number[]): number => {
  let jitter = 0;
  let previous: number | null = null;
  for (const current of receivedMs) {
    if (previous !== null) jitter += (Math.abs(current - previous) - jitter) / 16;
    previous = current;
  }
  return jitter;
};

/** All of them for one round: RTTs in the order of sending, null for a packet that did not come back. null when fewer than two came back. */
export const delayVariation = (rttsMs: readonly (number | null)[]): DelayVariation | null => {
  const received = rttsMs.filter((rtt) => rtt !== null);
  if (received.length < 2) return null;
  const differences = ipdv(rttsMs).map(Math.abs).sort(ascending);
  const variations = pdv(received).sort(ascending);
  return {
    ipdvMeanAbsMs: differences.length === 0 ? null : mean(differences),
    ipdvP95AbsMs: differences.length === 0 ? null : percentile(differences, 95),
    pdvP95Ms: percentile(variations, 95),
    pdvMaxMs: percentile(variations, 100),
    jitterRfc3550Ms: jitterRfc3550(received),
  };
};

const ascending = (a: number, b: number): number => a - b;
