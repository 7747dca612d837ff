import * as z from 'zod';

/** What an ICMP echo task asks for. The default is ten packets, one second apart. */
export const IcmpOptions = z.strictObject({
  kind: z.literal('icmp'),
  count: z.int().min(1).max(100).default(10),
  spacingMs: z.int().min(10).max(60_000).default(1_000),
  /** A reply later than this is a late reply: its packet is lost. */
  timeoutMs: z.int().min(50).max(60_000).default(1_000),
  /** ICMP payload in bytes, without IP and ICMP headers; the cookie needs 24. */
  sizeBytes: z.int().min(24).max(1_472).default(56),
  dscp: z.int().min(0).max(63).default(0),
  ttl: z.int().min(1).max(255).default(64),
});
export type IcmpOptions = z.infer<typeof IcmpOptions>;

const ms = z.number().nonnegative();
const count = z.int().nonnegative();

/** RTT over the received packets, milliseconds (RFC 2681); percentiles by the nearest-rank method (RFC 2330, section 11.3). */
export const RttStatistics = z.object({
  minMs: ms,
  meanMs: ms,
  medianMs: ms,
  maxMs: ms,
  stddevMs: ms,
  p5Ms: ms,
  p10Ms: ms,
  p25Ms: ms,
  p75Ms: ms,
  p90Ms: ms,
  p95Ms: ms,
  p99Ms: ms,
});
export type RttStatistics = z.infer<typeof RttStatistics>;

/** Delay variation, computed on round-trip delay; needs two packets received in a row (ipdv, jitter) or two received (pdv). */
export const DelayVariation = z.object({
  /** IPDV (RFC 3393; RFC 5481, section 4.1): mean and 95th percentile of |D(i) - D(i-1)|; null when no two neighbours both came back. */
  ipdvMeanAbsMs: ms.nullable(),
  ipdvP95AbsMs: ms.nullable(),
  /** PDV (RFC 5481, section 4.2): D(i) - min D. */
  pdvP95Ms: ms,
  pdvMaxMs: ms,
  /** J += (|D| - J) / 16 over the round's received packets in the order of sending (RFC 3550, section 6.4.1). */
  jitterRfc3550Ms: ms.nullable(),
});
export type DelayVariation = z.infer<typeof DelayVariation>;

/** How far the agent's own noise may have moved the round's median RTT, and what that is made of (agent/stats/error-bound.ts). */
export const ErrorBound = z.object({
  /** The bound itself: the true median lies within ± this of the measured one. */
  boundMs: ms,
  /** Median RTT of the loopback canary in the same engine during the round; null when it saw none. */
  canaryMs: ms.nullable(),
  /** How late the engine woke during the round: 90th percentile; null when that was not seen. */
  schedulerLagMs: ms.nullable(),
  /** Packets that the kernel dropped at our socket during the round (all targets). */
  socketDrops: count,
});
export type ErrorBound = z.infer<typeof ErrorBound>;

/** One closed window of echo packets. sent = received + lost + unknown. */
export const IcmpSample = z.object({
  kind: z.literal('icmp'),
  /** The address that was really probed (a name is resolved once a round). */
  address: z.string(),
  sent: count,
  received: count,
  /** No reply within the timeout (RFC 6673); includes `late`. */
  lost: count,
  /** Replies that came after the timeout. One that came after its round had closed is counted in the next round, as such a duplicate is. */
  late: count,
  /** Sent while the socket dropped: neither received nor lost, not part of the loss ratio. */
  unknown: count,
  /** RFC 5560. */
  duplicates: count,
  /** Replies that arrived after one of a later-sent packet (RFC 4737, type-P-reordered). */
  reordered: count,
  longestLossRun: count,
  /** ICMP errors that quote one of our packets, by name (such packets are lost too), and packets that did not leave (`guard-rail`, `send-no-route`, …; not in `sent`). */
  errors: z.record(z.string(), count),
  /** Reply TTL, IPv4 only, of the last reply; null for IPv6 or when none came. */
  ttl: z.int().min(0).max(255).nullable(),
  /** null when nothing came back. */
  rtt: RttStatistics.nullable(),
  variation: DelayVariation.nullable(),
  errorBound: ErrorBound,
  /** The mergeable sketch of the RTTs (protocol/sketch.ts), encoded; '' when nothing came back. */
  sketch: z.string(),
});
export type IcmpSample = z.infer<typeof IcmpSample>;
