import * as z from 'zod';
import { PROTOCOL_VERSION } from './version.ts';

/** `clock/request`: T1 in the agent's own steady time, echoed untouched (RFC 5905's four timestamps over MQTT, QoS 0). */
export const ClockRequest = z.object({ v: z.literal(PROTOCOL_VERSION), t1: z.number() });
/** `clock/reply`: T2 in, T3 out, both in the controller's (slewed, never stepped) time, ms since the epoch. */
export const ClockReply = z.object({ v: z.literal(PROTOCOL_VERSION), t1: z.number(), t2: z.number(), t3: z.number() });
export type ClockRequest = z.infer<typeof ClockRequest>;
export type ClockReply = z.infer<typeof ClockReply>;
