import * as z from 'zod';

export const VerdictClass = z.enum(['agent', 'first-mile', 'shared-path', 'target']);
export type VerdictClass = z.infer<typeof VerdictClass>;

/** One element that may be the cause: see `elements.ts` for how each class names its own. */
export const Suspect = z.object({ class: VerdictClass, element: z.string(), confidence: z.number().min(0).max(1) });
export type Suspect = z.infer<typeof Suspect>;

/** One cause. `answered` false: there is one, but it cannot be told which. `since`: seconds since 1970. */
export const VerdictIncident = z.object({ answered: z.boolean(), since: z.number(), verdicts: z.array(Suspect).max(3) });
export type VerdictIncident = z.infer<typeof VerdictIncident>;

/** An empty list: all is quiet. */
export const VerdictAnswer = z.object({ incidents: z.array(VerdictIncident) });
export type VerdictAnswer = z.infer<typeof VerdictAnswer>;
