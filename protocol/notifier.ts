import * as z from 'zod';
import { RuleId } from './ids.ts';

// Where the news of an incident goes. One schema a kind; the list of kinds is at the end.

/** Words that a template may name in double braces; `labels.x` and `annotations.x` too. */
export const TEMPLATE_WORDS = [
  'title',
  'status',
  'severity',
  'rule',
  'cause',
  'since',
  'duration',
  'members',
  'count',
  'link',
  'agents',
  'targets',
] as const;
const NAMED = /\{\{\s*([^{}]*?)\s*\}\}/g;

const Text = z
  .string()
  .max(4_000)
  .superRefine((text, context) => {
    for (const [, word = ''] of text.matchAll(NAMED))
      if (!(TEMPLATE_WORDS as readonly string[]).includes(word) && !/^(labels|annotations)\.[a-z][a-z0-9_]{0,31}$/.test(word))
        context.addIssue({
          code: 'custom',
          message: `there is no word {{${word}}}: it may be ${TEMPLATE_WORDS.join(', ')}, labels.NAME or annotations.NAME`,
        });
  });
/** What people read instead of our own words. */
export const Template = z.strictObject({ title: Text.optional(), text: Text.optional() });
export type Template = z.infer<typeof Template>;

const common = {
  id: RuleId,
  /** Loopback, private and link-local addresses are refused unless this is on. */
  allowPrivate: z.boolean().default(false),
  /** Whether the end of an incident is told too. */
  sendResolved: z.boolean().default(true),
  template: Template.optional(),
};
const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https address' });
const secret = z.string().min(1).max(2_000);
/** One line: a line break in a header would begin another one. */
const line = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'one line, without control characters');

/** Alertmanager's webhook, version 4. */
export const WebhookNotifier = z.strictObject({
  ...common,
  kind: z.literal('webhook'),
  url: httpUrl,
  /** The body's HMAC-SHA256 under this goes along as `x-sonde-signature-256: sha256=<hex>`. */
  hmacSecret: secret.optional(),
  /** The Authorization header, whole. */
  authorization: line(2_000).optional(),
});
/** A Slack incoming webhook; Mattermost and Rocket.Chat take the same. */
export const SlackNotifier = z.strictObject({ ...common, kind: z.literal('slack'), url: httpUrl });

const mailAddress = line(320).regex(
  /^[^<>]*<[^<>@\s]+@[^<>@\s]+>$|^[^<>@\s,;]+@[^<>@\s,;]+$/,
  'a mail address: noc@example.net, or NOC <noc@example.net>',
);
export const EmailNotifier = z.strictObject({
  ...common,
  kind: z.literal('email'),
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(587),
  /** starttls: refused when the server does not offer it. tls: from the first byte. none: readable by everyone on the way. */
  security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
  user: line(320).optional(),
  password: secret.optional(),
  from: mailAddress,
  to: z.array(mailAddress).min(1).max(50),
});
/** PagerDuty, Events API v2. */
export const PagerDutyNotifier = z.strictObject({
  ...common,
  kind: z.literal('pagerduty'),
  routingKey: secret,
  url: httpUrl.default('https://events.pagerduty.com/v2/enqueue'),
});
export const TelegramNotifier = z.strictObject({
  ...common,
  kind: z.literal('telegram'),
  botToken: z.string().regex(/^[A-Za-z0-9:_-]{1,200}$/, "a bot's token: digits, a colon, letters, digits, _ and -"),
  chatId: z.string().regex(/^(-?\d{1,20}|@[A-Za-z0-9_]{1,64})$/, 'a number, or @name of a channel'),
  url: httpUrl.default('https://api.telegram.org'),
});
/** A message on a topic, for automation at home in MQTT. */
export const MqttNotifier = z.strictObject({
  ...common,
  kind: z.literal('mqtt'),
  url: z.url({ protocol: /^mqtts?$/, error: 'mqtt:// or mqtts://' }),
  user: line(320).optional(),
  password: secret.optional(),
  topic: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[^+#\0]+$/, 'a topic without + and #')
    .default('sonde/alerts'),
  retain: z.boolean().default(false),
});

export const Notifier = z.discriminatedUnion('kind', [
  WebhookNotifier,
  SlackNotifier,
  EmailNotifier,
  PagerDutyNotifier,
  TelegramNotifier,
  MqttNotifier,
]);
export type Notifier = z.infer<typeof Notifier>;
export type NotifierKind = Notifier['kind'];

/** What lies encrypted at rest, for each kind. A webhook's address is among it: many carry their secret in the path. */
export const SEALED_FIELDS: { readonly [K in NotifierKind]: readonly string[] } = {
  webhook: ['url', 'hmacSecret', 'authorization'],
  slack: ['url'],
  email: ['password'],
  pagerduty: ['routingKey'],
  telegram: ['botToken'],
  mqtt: ['password'],
};
/** What nobody is shown again. */
export const isHidden = (kind: NotifierKind, field: string): boolean =>
  SEALED_FIELDS[kind].includes(field) && !(kind === 'webhook' && field === 'url');

/** As sent to the API: a secret that is left out stays as it is kept; an empty one is taken away. */
export const NotifierEdit = z.discriminatedUnion('kind', [
  WebhookNotifier.extend({ hmacSecret: z.string().max(2_000).optional(), authorization: line(2_000).optional() }),
  SlackNotifier.partial({ url: true }),
  EmailNotifier.extend({ password: z.string().max(2_000).optional() }),
  PagerDutyNotifier.partial({ routingKey: true }),
  TelegramNotifier.partial({ botToken: true }),
  MqttNotifier.extend({ password: z.string().max(2_000).optional() }),
]);
export type NotifierEdit = z.infer<typeof NotifierEdit>;
