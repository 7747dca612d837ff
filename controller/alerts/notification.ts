import * as z from 'zod';
import { Labels } from '../../protocol/labels.ts';
import { Severity } from '../../protocol/rule.ts';

/** One series of an incident, as pages and notifications show it. */
export const Member = z.object({
  series: z.string(),
  agent: z.string(),
  target: z.string().nullable(),
  value: z.number().nullable(),
  since: z.number(),
  /** The rule that fires there; absent in what was written before rules shared incidents. */
  rule: z.string().optional(),
});
export type Member = z.infer<typeof Member>;

/** What the outbox keeps and a notifier renders: one incident that opened, worsened or ended. Times are event times, ms. */
export const Notification = z.object({
  status: z.enum(['firing', 'resolved']),
  incident: z.number(),
  rule: z.string(),
  ruleName: z.string(),
  cause: z.string(),
  title: z.string(),
  severity: Severity,
  openedAt: z.number(),
  resolvedAt: z.number().nullable(),
  /** The first of them; `memberCount` says how many there are. */
  members: z.array(Member),
  memberCount: z.number().optional(),
  /** The rule's own labels, and its annotations with the incident's words filled in. */
  labels: Labels.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  /** Not the first word of it: nobody has acknowledged it yet. */
  repeated: z.boolean().optional(),
  /** Made up by the test button. */
  test: z.boolean().optional(),
});
export type Notification = z.infer<typeof Notification>;
