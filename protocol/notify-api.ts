import * as z from 'zod';
import { Maintenance, Match, Route } from './mute.ts';

// The part of the REST contract that begins when a rule has fired. Times are ms since the epoch.

const at = z.number();

/** A notifier without its secrets; `secrets` names those that are kept. Beside them, how it does. */
export const NotifierView = z.looseObject({ id: z.string(), kind: z.string() }).and(
  z.object({
    secrets: z.array(z.string()),
    health: z.object({
      /** failing: its last attempt was not taken. */
      state: z.enum(['unused', 'ok', 'failing']),
      deliveredAt: at.nullable(),
      waiting: z.int(),
      error: z.string().nullable(),
    }),
  }),
);
export type NotifierView = z.infer<typeof NotifierView>;
/** GET /notifiers; GET /notifiers/:id; POST (201) and PUT with a NotifierEdit; DELETE → 204. */
export const NotifierList = z.object({ notifiers: z.array(NotifierView) });

/** POST /notifiers/test with a NotifierEdit, kept secrets filled in: one made-up message, sent now. */
export const NotifierTest = z.object({
  ok: z.boolean(),
  /** What the receiver said, or why it was not reached. */
  said: z.string(),
  ms: z.number(),
});
export type NotifierTest = z.infer<typeof NotifierTest>;

/** GET /notifiers/:id/deliveries?limit, newest first: what was sent, each attempt. */
export const Attempt = z.object({ at, ms: z.number(), result: z.enum(['delivered', 'later', 'refused']), said: z.string() });
export type Attempt = z.infer<typeof Attempt>;
export const Delivery = z.object({
  id: z.int(),
  incident: z.int(),
  notifier: z.string(),
  /** firing, resolved, repeated. */
  news: z.string(),
  key: z.string(),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.int(),
  createdAt: at,
  deliveredAt: at.nullable(),
  nextTryAt: at.nullable(),
  error: z.string().nullable(),
  tries: z.array(Attempt),
});
export type Delivery = z.infer<typeof Delivery>;
export const DeliveryList = z.object({ deliveries: z.array(Delivery) });

/** GET and PUT /routes: all of them, in their order. */
export const RouteList = z.strictObject({ routes: z.array(Route).max(200) });

export const SilenceView = z.object({
  id: z.int(),
  match: Match,
  startsAt: at,
  endsAt: at,
  comment: z.string(),
  createdBy: z.string(),
  state: z.enum(['pending', 'active', 'over']),
});
export type SilenceView = z.infer<typeof SilenceView>;
/** GET /silences (those of the last 30 days), POST (201), DELETE /silences/:id ends it now → the silence. */
export const SilenceList = z.object({ silences: z.array(SilenceView) });

/** POST /silences/preview with a Match: what it would mute. */
export const MutePreview = z.object({
  /** Open now and wholly covered. */
  open: z.array(z.object({ id: z.int(), title: z.string() })),
  /** Open now and covered in part: they still page. */
  partly: z.array(z.object({ id: z.int(), title: z.string() })),
  /** Of the last 30 days. */
  past: z.int(),
  pastTotal: z.int(),
  /** Pairs of agent and target that it covers, of how many. */
  pairs: z.int(),
  pairsTotal: z.int(),
  targets: z.array(z.string()),
  agents: z.array(z.string()),
});
export type MutePreview = z.infer<typeof MutePreview>;

/** Maintenance with when it is on: now, and its next three times. */
export const MaintenanceView = Maintenance.extend({
  activeUntil: at.nullable(),
  next: z.array(z.object({ from: at, to: at })),
});
export type MaintenanceView = z.infer<typeof MaintenanceView>;
/** GET /maintenance; POST (201), PUT /maintenance/:id; DELETE → 204; POST /maintenance/preview answers the same and writes nothing. */
export const MaintenanceList = z.object({ maintenance: z.array(MaintenanceView) });
export const MaintenancePreview = z.object({ maintenance: MaintenanceView, mutes: MutePreview });
