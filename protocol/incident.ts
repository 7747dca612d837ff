import * as z from 'zod';
import { Delivery } from './notify-api.ts';
import { Severity } from './rule.ts';
import { Verdict } from './verdict.ts';

// Incidents as the API, the pages and the command line see them; a part of the contract in api.ts. Times are ms since the epoch.

const at = z.number();

export const IncidentView = z.object({
  id: z.int(),
  rule: z.string(),
  cause: z.string(),
  title: z.string(),
  severity: Severity,
  state: z.enum(['firing', 'resolved']),
  openedAt: at,
  resolvedAt: at.nullable(),
  acknowledgedAt: at.nullable(),
  acknowledgedBy: z.string().nullable(),
  members: z.array(
    z.object({
      series: z.string(),
      agent: z.string(),
      target: z.string().nullable(),
      value: z.number().nullable(),
      since: at,
      /** The rule that fires there; one incident may have several. */
      rule: z.string().optional(),
    }),
  ),
  /** How many there are; `members` shows the first of them. */
  memberCount: z.int().optional(),
});
export type IncidentView = z.infer<typeof IncidentView>;
/** One trace: the addresses on the way in their order, without the target; null where nobody answered. */
const Way = z.object({ at, hops: z.array(z.string().nullable()), reached: z.boolean() });
/** The way to a target before an incident and since. */
export const WayAround = z.object({
  agent: z.string(),
  target: z.string(),
  /** null: no trace was made then. */
  before: Way.nullable(),
  after: Way.nullable(),
  /** The first hop that differs, from 0; null when none does. */
  differsFrom: z.int().nullable(),
});
export type WayAround = z.infer<typeof WayAround>;

/** GET /incidents?state=firing|resolved&limit (newest first, 200 unless said). */
export const IncidentList = z.object({ incidents: z.array(IncidentView) });
/** GET /incidents/:id; POST /incidents/:id/acknowledge (empty body) answers the same. */
export const IncidentDetail = IncidentView.extend({
  /** Missing until the incident has been judged for the first time. */
  verdict: Verdict.optional(),
  events: z.array(z.object({ at, kind: z.string(), detail: z.string() })),
  notifications: z.array(
    z.object({
      notifier: z.string(),
      state: z.enum(['waiting', 'delivered', 'failed']),
      attempts: z.int(),
      createdAt: at,
      deliveredAt: at.nullable(),
      error: z.string().nullable(),
    }),
  ),
  /** Each message with its attempts. */
  deliveries: z.array(Delivery).default([]),
  /** What mutes all of it now. */
  mutedBy: z.array(z.object({ kind: z.enum(['silence', 'maintenance']), id: z.string(), why: z.string(), until: at })).default([]),
  /** Who is told next, unless somebody acknowledges it. */
  next: z.array(z.object({ notifier: z.string(), at, repeated: z.boolean() })).default([]),
  /** What people and devices changed around its beginning, newest first. */
  changes: z.array(z.object({ at, who: z.string(), what: z.string() })).default([]),
  /** Of some of its pairs, those that changed first; empty where no agent traces. */
  ways: z.array(WayAround).default([]),
  /** The line that the rule has now. */
  line: z
    .object({ name: z.string(), field: z.string(), comparison: z.enum(['above', 'below']), threshold: z.number() })
    .nullable()
    .default(null),
});
export type IncidentDetail = z.infer<typeof IncidentDetail>;

/** Where to look first, of the chart for troubleshooting an interface and a path. */
export const Hint = z.object({
  id: z.enum(['errors', 'duplex', 'speed', 'saturation', 'loss-follows-load', 'drops', 'ports', 'port-conflict', 'baseline']),
  title: z.string(),
  /** The numbers behind it. */
  why: z.string(),
  /** What to do, in order. */
  steps: z.array(z.string()),
});
export type Hint = z.infer<typeof Hint>;
/** GET /incidents/:id/hints */
export const HintList = z.object({ hints: z.array(Hint) });
