import * as z from 'zod';
import { RuleId, TimestampMs } from './ids.ts';
import { Selector } from './labels.ts';

// Who is told of which incident, and when nobody is: routes, silences, maintenance windows.

const everything = { in: {}, notIn: {} };

/** Which incidents. Empty parts match all; beside the labels, `target` and `agent` name one by its id. */
export const Match = z.strictObject({
  rules: z.array(RuleId).max(200).default([]),
  severities: z.array(z.enum(['info', 'warning', 'critical'])).default([]),
  targets: Selector.default(everything),
  agents: Selector.default(everything),
});
export type Match = z.infer<typeof Match>;

/** Mutes what matches from now to an end. */
export const SilenceRequest = z
  .strictObject({
    match: Match,
    startsAt: TimestampMs.optional(),
    /** Its end, or how long it lasts. */
    endsAt: TimestampMs.optional(),
    forMs: z.int().min(1_000).max(31_536_000_000).optional(),
    comment: z.string().trim().min(1, 'say why: who finds it later asks').max(500),
  })
  .refine(({ endsAt, forMs }) => (endsAt === undefined) !== (forMs === undefined), { path: ['endsAt'], message: 'say endsAt or forMs' })
  .refine(({ startsAt, endsAt }) => startsAt === undefined || endsAt === undefined || startsAt < endsAt, {
    path: ['endsAt'],
    message: 'must be after startsAt',
  });
export type SilenceRequest = z.infer<typeof SilenceRequest>;

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};
const timeZone = z.string().refine(isTimeZone, 'a time zone such as Europe/Berlin, or UTC');

/** A planned time in which nobody is told. A cron window ends when the clock on the wall of its zone says start plus length, also over a change of the clocks. */
export const Schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('once'), startsAt: TimestampMs, endsAt: TimestampMs }),
  z.strictObject({
    kind: z.literal('cron'),
    /** Minute, hour, day of month, month, day of week: when it begins. */
    pattern: z
      .string()
      .trim()
      .regex(/^\S+(\s+\S+){4}$/, 'five parts: minute, hour, day of month, month, day of week'),
    timeZone,
    lengthMinutes: z.int().min(1).max(20_160),
  }),
]);
export type Schedule = z.infer<typeof Schedule>;
export const Maintenance = z.strictObject({
  id: RuleId,
  name: z.string().trim().min(1).max(120),
  enabled: z.boolean().default(true),
  match: Match.prefault({}),
  schedule: Schedule,
});
export type Maintenance = z.infer<typeof Maintenance>;

/** Who is told of incidents whose rule names nobody: the first route that matches, and those after it while `goOn` is set. */
export const Route = z.strictObject({
  id: RuleId,
  name: z.string().trim().min(1).max(120),
  match: Match.prefault({}),
  /** Each step is told when the incident has been open so long after the first telling, unless somebody acknowledged it. */
  steps: z
    .array(z.strictObject({ afterMs: z.int().min(0).max(86_400_000).default(0), notifiers: z.array(RuleId).min(1).max(50) }))
    .min(1)
    .max(10),
  /** Said again this often until it is acknowledged or over; 0: once. */
  repeatMs: z.union([z.literal(0), z.int().min(60_000).max(604_800_000)]).default(0),
  goOn: z.boolean().default(false),
});
export type Route = z.infer<typeof Route>;
