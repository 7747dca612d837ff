import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { Notifier } from '../../protocol/notifier.ts';
import { describeNotifier, SECRET } from './notifier.ts';

/** What receivers made for Alertmanager read (its documentation, "webhook_config"). */
const AlertmanagerV4 = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.literal(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: z.record(z.string(), z.string()),
  commonLabels: z.record(z.string(), z.string()),
  commonAnnotations: z.record(z.string(), z.string()),
  externalURL: z.string(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        startsAt: z.iso.datetime(),
        endsAt: z.iso.datetime(),
        generatorURL: z.string(),
        fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
      }),
    )
    .min(1),
  idempotencyKey: z.string(),
});

describeNotifier('webhook', {
  settings: (url, secret) =>
    Notifier.parse({ id: 'hook', kind: 'webhook', url, hmacSecret: secret, authorization: `Bearer ${secret}`, allowPrivate: true }),
  says: (t, got, notification) => {
    const body = AlertmanagerV4.parse(JSON.parse(got.body));
    const [alert] = body.alerts;

    t.equal(got.headers['content-type'], 'application/json');
    t.equal(got.headers['idempotency-key'], `key/${notification.status}`);
    t.equal(body.idempotencyKey, `key/${notification.status}`);
    t.equal(got.headers['x-sonde-signature-256'], `sha256=${createHmac('sha256', SECRET).update(got.body).digest('hex')}`);
    t.equal(got.headers.authorization, `Bearer ${SECRET}`);
    t.equal(body.status, notification.status);
    t.match(alert?.labels, { alertname: 'high-loss', severity: 'critical', cause: 'target:gw', target: 'gw' });
    t.match(alert?.annotations, { summary: 'High loss: Gateway', description: /ams1\/gw\/icmp at 0\.7/ });
    t.equal(alert?.startsAt, '2027-01-15T08:00:00.000Z');
    t.equal(alert?.endsAt, notification.status === 'firing' ? '0001-01-01T00:00:00Z' : '2027-01-15T08:05:00.000Z');
  },
});

describeNotifier('slack', {
  settings: (url) => Notifier.parse({ id: 'chat', kind: 'slack', url, allowPrivate: true }),
  says: (t, got, notification) => {
    const body = JSON.parse(got.body);

    t.equal(body.text, notification.status === 'firing' ? '[CRITICAL] High loss: Gateway' : '[RESOLVED] High loss: Gateway');
    t.match(body.attachments[0].text, /ams1\/gw\/icmp at 0\.7/);
    t.equal(body.attachments[0].color, notification.status === 'firing' ? '#d33f49' : '#2e9e5b');
  },
});

/** What the Events API v2 asks for (its reference, "Send an event"). */
const PagerDutyEvent = z.strictObject({
  routing_key: z.string().min(1),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  payload: z
    .object({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
    })
    .optional(),
  client: z.string().optional(),
});

describeNotifier('pagerduty', {
  settings: (url, secret) =>
    Notifier.parse({ id: 'pager', kind: 'pagerduty', routingKey: secret, url: new URL('/v2/enqueue', url).href, allowPrivate: true }),
  says: (t, got, notification) => {
    const event = PagerDutyEvent.parse(JSON.parse(got.body));

    t.equal(event.routing_key, SECRET);
    t.equal(event.event_action, notification.status === 'firing' ? 'trigger' : 'resolve');
    t.equal(event.dedup_key, 'sonde/target:gw/1800000000000', 'the same at the begin and at the end');
    t.equal(event.payload?.summary, notification.status === 'firing' ? '[CRITICAL] High loss: Gateway' : undefined);
  },
});

describeNotifier('telegram', {
  settings: (url, secret) =>
    Notifier.parse({
      id: 'tg',
      kind: 'telegram',
      botToken: `123:${secret}`,
      chatId: '-100200',
      url: new URL(url).origin,
      allowPrivate: true,
    }),
  says: (t, got, notification) => {
    const body = JSON.parse(got.body);

    t.equal(got.path, `/bot123:${SECRET}/sendMessage`);
    t.equal(body.chat_id, '-100200');
    t.match(
      body.text,
      notification.status === 'firing' ? /^\[CRITICAL\] High loss: Gateway\nSince 2027/ : /^\[RESOLVED\] .*\nFrom .*5 min/,
    );
  },
});
