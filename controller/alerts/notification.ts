import * as z from 'zod';

/** One series of an incident, as pages and notifications show it. */
export const Member = z.object({
  series: z.string(),
  agent: z.string(),
  target: z.string().nullable(),
  value: z.number().nullable(),
  since: z.number(),
});
export type Member = z.infer<typeof Member>;

/** What the outbox keeps and a notifier renders: one incident that opened or ended. Times are event times, ms. */
export const Notification = z.object({
  status: z.enum(['firing', 'resolved']),
  incident: z.number(),
  rule: z.string(),
  ruleName: z.string(),
  cause: z.string(),
  title: z.string(),
  severity: z.enum(['warning', 'critical']),
  openedAt: z.number(),
  resolvedAt: z.number().nullable(),
  members: z.array(Member),
});
export type Notification = z.infer<typeof Notification>;
