import * as z from 'zod';
import { Suspect, VerdictClass } from '../../protocol/verdict.ts';

export { Suspect, VerdictClass };

/** One cause. `answered` false: there is one, but it cannot be told which. `since`: seconds since 1970. */
export const VerdictIncident = z.object({ answered: z.boolean(), since: z.number(), verdicts: z.array(Suspect).max(3) });
export type VerdictIncident = z.infer<typeof VerdictIncident>;

/** An empty list: all is quiet. */
export const VerdictAnswer = z.object({ incidents: z.array(VerdictIncident) });
export type VerdictAnswer = z.infer<typeof VerdictAnswer>;
