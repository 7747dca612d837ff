import { createHash } from 'node:crypto';
import type { Notifier } from '../../../protocol/rule.ts';
import type { Notification } from '../notification.ts';
import type { Render } from './notifier.ts';

/** The body of Alertmanager's webhook, version 4, with one alert an incident, so that receivers made for it work as they are. */
export const webhook: Render<Extract<Notifier, { kind: 'webhook' }>> = (settings, notification, key) => {
  const labels = labelsOf(notification);
  const annotations = { summary: notification.title, description: describe(notification) };
  const alert = {
    status: notification.status,
    labels,
    annotations,
    startsAt: iso(notification.openedAt),
    endsAt: notification.resolvedAt === null ? '0001-01-01T00:00:00Z' : iso(notification.resolvedAt),
    generatorURL: '',
    fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
  };
  const body = {
    version: '4',
    groupKey: `${notification.rule}/${notification.cause}`,
    truncatedAlerts: 0,
    status: notification.status,
    receiver: settings.id,
    groupLabels: { alertname: labels.alertname, cause: labels.cause },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: '',
    alerts: [alert],
    idempotencyKey: key,
  };
  return {
    url: settings.url,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    allowPrivate: settings.allowPrivate,
  };
};

const labelsOf = (notification: Notification) => {
  const [kind = '', id = ''] = notification.cause.split(/:(.*)/s);
  return {
    alertname: notification.rule,
    severity: notification.severity,
    cause: notification.cause,
    incident: String(notification.incident),
    [kind]: id,
  };
};

const describe = ({ members }: Notification): string =>
  members.length === 0 ? '' : members.map(({ series, value }) => (value === null ? series : `${series} at ${value}`)).join(', ');

const iso = (at: number): string => new Date(at).toISOString();
