import * as z from 'zod';
import { Epoch, Sequence, TimestampMs } from './ids.ts';
import { Round } from './round.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** At most this many rounds, and this many bytes after compression, in one message. */
export const BATCH_MAX_ROUNDS = 500;
export const BATCH_MAX_BYTES = 512 * 1024;

/** `rounds`: what one MQTT message carries. All rounds are of one epoch. */
export const Batch = z.object({
  v: z.literal(PROTOCOL_VERSION),
  epoch: Epoch,
  lane: z.enum(['fresh', 'backlog']),
  /** The lowest sequence of this epoch that the agent still holds: everything below it will never be sent again. */
  lowest: Sequence,
  /** Complete up to here, in the controller's time: no fresh round that ended before is still to come. null in the backlog lane and before the first clock exchange. */
  upTo: TimestampMs.nullable(),
  rounds: z.array(Round).max(BATCH_MAX_ROUNDS),
});
export type Batch = z.infer<typeof Batch>;
