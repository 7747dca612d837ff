import * as z from 'zod';
import { describeNotifier } from './notifier.ts';

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
  settings: (url) => ({ id: 'hook', kind: 'webhook', url, allowPrivate: true }),
  says: (t, got, notification) => {
    const body = AlertmanagerV4.parse(JSON.parse(got.body));
    const [alert] = body.alerts;

    t.equal(got.headers['content-type'], 'application/json');
    t.equal(got.headers['idempotency-key'], `key/${notification.status}`);
    t.equal(body.idempotencyKey, `key/${notification.status}`);
    t.equal(body.status, notification.status);
    t.match(alert?.labels, { alertname: 'high-loss', severity: 'critical', cause: 'target:gw', target: 'gw' });
    t.match(alert?.annotations, { summary: 'High loss: Gateway', description: /ams1\/gw\/icmp at 0\.7/ });
    t.equal(alert?.startsAt, '2027-01-15T08:00:00.000Z');
    t.equal(alert?.endsAt, notification.status === 'firing' ? '0001-01-01T00:00:00Z' : '2027-01-15T08:05:00.000Z');
  },
});
