import * as z from 'zod';
import { Epoch, Generation, Revision } from './ids.ts';
import { PROTOCOL_VERSION } from './version.ts';

export const Health = z.object({
  /** ok, or what keeps ICMP from running: no CAP_NET_RAW, limits file missing, child restarting. */
  icmp: z.enum(['ok', 'starting', 'no-permission', 'no-limits', 'failed']),
  detail: z.string().max(500).optional(),
  icmpRestarts: z.int().nonnegative(),
  /** Packets that the guard rails held back since the agent's start. */
  guardRailHits: z.int().nonnegative(),
  roundsSkipped: z.int().nonnegative(),
  cpuPercent: z.number().nonnegative().optional(),
  memoryBytes: z.int().nonnegative().optional(),
});
export type Health = z.infer<typeof Health>;

export const OnlineStatus = z.object({
  v: z.literal(PROTOCOL_VERSION),
  state: z.literal('online'),
  epoch: Epoch,
  version: z.string().max(64),
  hostname: z.string().max(253),
  capabilities: z.array(z.string().max(32)).max(64),
  /** What is applied now; null before the first configuration. */
  applied: z.object({ generation: Generation, revision: Revision }).nullable(),
  /** True when no dated "this is the latest" has come for long: the agent goes on, but its configuration may be old. */
  mayBeStale: z.boolean(),
  clock: z.object({ offsetMs: z.number(), boundMs: z.number().nonnegative(), ageS: z.number().nonnegative() }).nullable(),
  spool: z.object({
    rounds: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    capBytes: z.int().positive(),
    dropped: z.int().nonnegative(),
  }),
  packetsPerSecond: z.number().nonnegative(),
  health: Health,
  certificateExpiresAt: z.int().nonnegative().optional(),
  /** `host:port` where this agent's own /metrics and /probe can be reached from elsewhere. */
  metricsAddress: z.string().max(300).optional(),
});

/** `status`, retained; `offline` is the last will, or a graceful goodbye. */
export const Status = z.discriminatedUnion('state', [
  OnlineStatus,
  z.object({ v: z.literal(PROTOCOL_VERSION), state: z.literal('offline'), reason: z.enum(['line-cut', 'stopped']) }),
]);
export type Status = z.infer<typeof Status>;
export type OnlineStatus = z.infer<typeof OnlineStatus>;
