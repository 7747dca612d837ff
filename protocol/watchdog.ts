import * as z from 'zod';
import { AgentId, RuleId } from './ids.ts';

// When the controller itself is gone: a heartbeat to an outside address, and agents that page by themselves.

/** One request that the controller has prepared for an agent. What is not known beforehand stands in it as a mark: `@AT@`, `@NOW@`, `@SECONDS@`, `@KEY@`. */
export const PreparedPage = z.strictObject({
  notifier: z.string().max(63),
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  headers: z.record(z.string().max(100), z.string().max(2_000)),
  body: z.string().max(32_000),
  /** The header that carries `sha256=<hex>`, the body's HMAC under this secret. */
  sign: z.strictObject({ header: z.string().max(100), secret: z.string().max(2_000) }).optional(),
  allowPrivate: z.boolean(),
});
export type PreparedPage = z.infer<typeof PreparedPage>;

/** What a watching agent says when it has not heard the controller, and when it hears it again. Travels sealed to the agent. */
export const WatchdogPages = z.strictObject({ gone: z.array(PreparedPage).max(10), back: z.array(PreparedPage).max(10) });
export type WatchdogPages = z.infer<typeof WatchdogPages>;

/** The place in the sealing context, and the capability by which an agent says that it can page. */
export const WATCHDOG_PLACE = 'watchdog';

/** The part of an agent's configuration. */
export const Watchdog = z.strictObject({
  /** Heard nothing of the controller for this long: it is gone. */
  silentAfterMs: z.int().min(60_000).max(86_400_000),
  /** Said again this often; 0: once. */
  repeatMs: z.union([z.literal(0), z.int().min(300_000).max(86_400_000)]),
  /** WatchdogPages as JSON, sealed to the agent. */
  sealed: z.string().max(1_000_000),
});
export type Watchdog = z.infer<typeof Watchdog>;

/** PUT /watchdog. */
export const WatchdogEdit = z.strictObject({
  /** Asked with POST while all is well, so that somebody outside notices when it stops. Left out: stays; empty: none. */
  heartbeatUrl: z.union([z.literal(''), z.url({ protocol: /^https?$/, error: 'an http or https address' })]).optional(),
  heartbeatEveryMs: z.int().min(10_000).max(3_600_000).default(60_000),
  /** Loopback, private and link-local addresses are refused unless this is on. */
  allowPrivate: z.boolean().default(false),
  /** Who pages when the controller is gone. */
  agents: z.array(AgentId).max(50).default([]),
  /** Through which notifiers; only those that are one HTTP request. */
  notifiers: z.array(RuleId).max(10).default([]),
  silentAfterMs: Watchdog.shape.silentAfterMs.default(600_000),
  repeatMs: Watchdog.shape.repeatMs.default(3_600_000),
});
export type WatchdogEdit = z.infer<typeof WatchdogEdit>;

/** GET /watchdog, and the answer to PUT. */
export const WatchdogView = z.object({
  heartbeat: z
    .object({
      /** Of the address, which is a secret. */
      host: z.string(),
      everyMs: z.int(),
      allowPrivate: z.boolean(),
      state: z.enum(['waiting', 'ok', 'failing', 'held']),
      at: z.number().nullable(),
      said: z.string(),
    })
    .nullable(),
  agents: z.array(z.string()),
  notifiers: z.array(z.string()),
  silentAfterMs: z.int(),
  repeatMs: z.int(),
});
export type WatchdogView = z.infer<typeof WatchdogView>;
