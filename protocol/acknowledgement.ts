import * as z from 'zod';
import { Epoch, Sequence } from './ids.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** Closed range of sequences, [first, last]. */
export const SequenceRange = z.tuple([Sequence, Sequence]);
export type SequenceRange = z.infer<typeof SequenceRange>;

/** `rounds/ack`: sent only after the arrival log has committed. What was refused is acknowledged too: it will never be taken. */
export const Acknowledgement = z.object({
  v: z.literal(PROTOCOL_VERSION),
  epoch: Epoch,
  ranges: z.array(SequenceRange).max(2_000),
  refused: z.array(z.object({ seq: Sequence, reason: z.string().max(500) })).max(500),
  /** How many rounds a second the agent may send in its backlog lane from now on. 0: wait. */
  backlogPerSecond: z.number().nonnegative(),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;
