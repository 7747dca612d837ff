import * as z from 'zod';
import { PROTOCOL_VERSION } from './version.ts';

/** `clock/request`: T1 in the agent's own steady time, echoed untouched (RFC 5905's four timestamps over MQTT, QoS 0). */
export const ClockRequest = z.object({ v: z.literal(PROTOCOL_VERSION), t1: z.number() });
/** `clock/reply`: T2 in, T3 out, both in the controller's (slewed, never stepped) time, ms since the epoch. */
export const ClockReply = z.object({ v: z.literal(PROTOCOL_VERSION), t1: z.number(), t2: z.number(), t3: z.number() });
export type ClockRequest = z.infer<typeof ClockRequest>;
export type ClockReply = z.infer<typeof ClockReply>;

/** The controller's time is slewed towards its host's wall clock by at most this, parts in a million: what an agent's bound must allow for
 * beside its own crystal. Small, so that bounds stay small; a clock that is an hour off is for a reboot, not for slewing. */
export const SLEW_MAX_PPM = 100;
