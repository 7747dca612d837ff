import * as z from 'zod';

/** Where a fault sits: in the agent itself, in its first mile, on a path that several share, or at the target. */
export const VerdictClass = z.enum(['agent', 'first-mile', 'shared-path', 'target']);
export type VerdictClass = z.infer<typeof VerdictClass>;

/**
 * One element that may be the cause. `agent`: the agent's id. `first-mile`: the agent's site. `shared-path`: a hop's address, a link as two addresses
 * joined by `>`, a provider as `AS<number>`, a target site as `site:<site>`. `target`: the target's id.
 */
export const Suspect = z.object({ class: VerdictClass, element: z.string(), confidence: z.number().min(0).max(1) });
export type Suspect = z.infer<typeof Suspect>;

/** Why there is no single answer, or that there is one. */
export const VerdictOutcome = z.enum(['one', 'several-fit', 'too-few-vantage-points', 'too-little-history', 'nothing-found']);
export type VerdictOutcome = z.infer<typeof VerdictOutcome>;

/** What is known of an incident's cause: judged when it opens and again while it lasts. Times are ms since the epoch. */
export const Verdict = z.object({
  /** When it was judged, and what part of the past it rests on. */
  at: z.int(),
  from: z.int(),
  to: z.int(),
  outcome: VerdictOutcome,
  /** When the cause began; null where none was found. */
  since: z.int().nullable(),
  /** Best first, at most three; one of them for outcome `one`. */
  suspects: z.array(Suspect).max(3),
  /** What speaks for and against the first suspect. */
  evidence: z.array(z.object({ kind: z.string(), supports: z.boolean(), text: z.string() })),
  /** The measurements that would part the suspects, the most telling first. */
  deciding: z.array(
    z.object({
      kind: z.enum(['trace', 'ping']),
      agent: z.string(),
      target: z.string(),
      bits: z.number(),
      parts: z.tuple([z.array(z.string()), z.array(z.string())]),
    }),
  ),
});
export type Verdict = z.infer<typeof Verdict>;
