import * as z from 'zod';
import { RuleId } from './ids.ts';
import { Selector } from './labels.ts';

/** A threshold on a field of a pair's rounds, with hold and quiet times; judged on event time. */
export const Rule = z.strictObject({
  id: RuleId,
  name: z.string().min(1).max(120),
  enabled: z.boolean().default(true),
  kind: z.enum(['threshold', 'agent-off']).default('threshold'),
  field: z.enum(['loss_ratio', 'rtt_median_ms', 'rtt_p95_ms', 'ipdv_mean_abs_ms', 'pdv_p95_ms', 'jitter_rfc3550_ms']).default('loss_ratio'),
  comparison: z.enum(['above', 'below']).default('above'),
  threshold: z.number(),
  /** Breached this long before it fires. */
  forMs: z.int().min(0).max(86_400_000).default(60_000),
  /** Clear this long before it resolves. */
  keepMs: z.int().min(0).max(86_400_000).default(60_000),
  severity: z.enum(['warning', 'critical']).default('critical'),
  targets: z.strictObject({ labels: Selector.default({ in: {}, notIn: {} }) }).prefault({}),
  /** Who is told; empty: every notifier. */
  notifiers: z.array(z.string()).default([]),
});
export type Rule = z.infer<typeof Rule>;

/** Where the news of an incident goes. */
export const Notifier = z.strictObject({
  id: RuleId,
  kind: z.literal('webhook'),
  url: z.url({ protocol: /^https?$/ }),
  /** Loopback, private and link-local addresses are refused unless this is on. */
  allowPrivate: z.boolean().default(false),
});
export type Notifier = z.infer<typeof Notifier>;
