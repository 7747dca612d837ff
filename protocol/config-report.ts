import * as z from 'zod';
import { Generation, Revision } from './ids.ts';
import { PROTOCOL_VERSION } from './version.ts';

export const RejectReason = z.enum([
  'not-decodable',
  'delegation-not-signed-by-root',
  'generation-went-back',
  'not-signed-by-delegate',
  'not-a-configuration',
  'for-another-agent',
  'generation-mismatch',
  'revision-went-back',
  'same-revision-other-content',
  'cannot-be-kept-on-disk',
]);
export type RejectReason = z.infer<typeof RejectReason>;

/** `config/report`: applied, or rejected with every reason. */
export const ConfigReport = z.discriminatedUnion('result', [
  z.object({
    v: z.literal(PROTOCOL_VERSION),
    result: z.literal('applied'),
    generation: Generation,
    revision: Revision,
    started: z.int().nonnegative(),
    stopped: z.int().nonnegative(),
  }),
  z.object({
    v: z.literal(PROTOCOL_VERSION),
    result: z.literal('rejected'),
    generation: Generation.nullable(),
    revision: Revision.nullable(),
    reason: RejectReason,
    details: z.array(z.string().max(500)).max(50),
  }),
]);
export type ConfigReport = z.infer<typeof ConfigReport>;
