import * as z from 'zod';
import { AgentId, Generation, Revision, TimestampMs } from './ids.ts';
import { Task } from './task.ts';
import { PROTOCOL_VERSION } from './version.ts';
import { Watchdog } from './watchdog.ts';

/** Says which key may sign, in which generation. Signed by the root key that agents pin at enrolment. */
export const Delegation = z.strictObject({
  kind: z.literal('delegation'),
  generation: Generation,
  /** Ed25519, SPKI, base64. */
  publicKey: z.string().max(200),
});
export type Delegation = z.infer<typeof Delegation>;

/** `config`: what one agent does. Ordered by (generation, revision). */
export const Config = z.strictObject({
  kind: z.literal('config'),
  agent: AgentId,
  generation: Generation,
  revision: Revision,
  tasks: z.array(Task).max(20_000),
  /** Only for agents that page when the controller is gone. */
  watchdog: Watchdog.optional(),
});
export type Config = z.infer<typeof Config>;

/** `config/latest`: which revision is the latest for this agent, dated. */
export const Latest = z.strictObject({
  kind: z.literal('latest'),
  agent: AgentId,
  generation: Generation,
  revision: Revision,
  at: TimestampMs,
});
export type Latest = z.infer<typeof Latest>;

/** What is signed and how it travels: the bodies are JSON texts, and each signature is over the UTF-8 bytes of the text as sent. */
export const Signed = z.object({
  v: z.literal(PROTOCOL_VERSION),
  delegation: z.object({ body: z.string().max(2_000), signature: z.string().max(200) }),
  body: z.string().max(16 * 1024 * 1024),
  signature: z.string().max(200),
});
export type Signed = z.infer<typeof Signed>;
