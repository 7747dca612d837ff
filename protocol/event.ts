import * as z from 'zod';
import { PROTOCOL_VERSION } from './version.ts';

/** `event`: something that an operator should see on the agent's page. Told once, at QoS 1; not part of the measurement. */
export const AgentEvent = z.object({
  v: z.literal(PROTOCOL_VERSION),
  at: z.int().nonnegative(),
  level: z.enum(['info', 'warning', 'error']),
  event: z.string().regex(/^[a-z0-9-]{1,64}$/),
  message: z.string().max(1_000),
});
export type AgentEvent = z.infer<typeof AgentEvent>;
