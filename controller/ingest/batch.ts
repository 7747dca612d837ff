import * as z from 'zod';
import type { Acknowledgement } from '../../protocol/acknowledgement.ts';
import { BATCH_MAX_BYTES, BATCH_MAX_ROUNDS, Batch } from '../../protocol/batch.ts';
import { DECODED_MAX_BYTES, decode, describe } from '../../protocol/codec.ts';
import { Sequence } from '../../protocol/ids.ts';
import { Round, roundEndMs } from '../../protocol/round.ts';
import type { Parsed } from '../../protocol/labels.ts';

export interface ParsedBatch {
  readonly batch: Batch;
  /** Rounds that will never be taken, by name; at most one a sequence. */
  readonly refused: Acknowledgement['refused'];
}

const Envelope = z.compile(Batch.extend({ rounds: z.array(z.unknown()).max(BATCH_MAX_ROUNDS) }));
const Named = z.object({ seq: Sequence });
/** Thousands a second come through: the schema as one function of straight code. */
const QuickRound = z.compile(Round);

/** Bytes to a batch. A malformed round in a good batch is refused by its sequence and the rest is kept; not ok: nothing of it can be named. */
export const parseBatch = (body: Uint8Array): Parsed<ParsedBatch> => {
  if (body.length > BATCH_MAX_BYTES) return { ok: false, reason: `${body.length} bytes, more than the ${BATCH_MAX_BYTES} allowed` };
  const envelope = decode(Envelope, body, DECODED_MAX_BYTES);
  if (!envelope.ok) return envelope;
  const rounds: Round[] = [];
  const refused: { seq: number; reason: string }[] = [];
  for (const raw of envelope.value.rounds) {
    const round = QuickRound.safeParse(raw);
    if (round.success) {
      rounds.push(round.data);
      continue;
    }
    const named = Named.safeParse(raw);
    if (!named.success) return { ok: false, reason: `a round without a sequence: ${describe(named.error)}`.slice(0, 500) };
    refused.push({ seq: named.data.seq, reason: describe(round.error) });
  }
  const taken = new Set(rounds.map(({ seq }) => seq));
  return { ok: true, value: { batch: { ...envelope.value, rounds }, refused: refused.filter(({ seq }) => !taken.has(seq)) } };
};

/** For a clock that is right to its bound, and a little for the way. */
const FUTURE_TOLERANCE_MS = 1_000;

/** Rounds whose end lies ahead of the controller's clock by more than their bound, and when all of them will have ended; null when none does. */
export const roundsFromFuture = (rounds: readonly Round[], now: number): { sequences: ReadonlySet<number>; dueAt: number } | null => {
  const early = rounds.filter((round) => roundEndMs(round) > now + (round.time.boundMs ?? 0) + FUTURE_TOLERANCE_MS);
  if (early.length === 0) return null;
  return { sequences: new Set(early.map(({ seq }) => seq)), dueAt: Math.max(...early.map(roundEndMs)) };
};
