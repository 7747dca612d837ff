import { createHash, createHmac } from 'node:crypto';
import type { Notification } from '../notification.ts';
import type { Place, Render } from './notifier.ts';
import { iso, linkOf, wordsOf } from './words.ts';

export const SIGNATURE_HEADER = 'x-sonde-signature-256';

/** The body of Alertmanager's webhook, version 4, with one alert an incident, so that receivers made for it work as they are. */
export const webhook: Render<'webhook'> = (settings, notification, key, place) => {
  const labels = labelsOf(notification);
  const link = linkOf(notification, place);
  const { title, text } = wordsOf(settings.template, notification, place);
  const annotations = {
    ...notification.annotations,
    summary: settings.template?.title ? title : notification.title,
    description: settings.template?.text ? text : describe(notification),
  };
  const alert = {
    status: notification.status,
    labels,
    annotations,
    startsAt: iso(notification.openedAt),
    endsAt: notification.resolvedAt === null ? '0001-01-01T00:00:00Z' : iso(notification.resolvedAt),
    generatorURL: link,
    fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
  };
  const body = JSON.stringify({
    version: '4',
    groupKey: `${notification.rule}/${notification.cause}`,
    truncatedAlerts: 0,
    status: notification.status,
    receiver: settings.id,
    groupLabels: { alertname: labels.alertname, cause: labels.cause },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: place.origin,
    alerts: [alert],
    idempotencyKey: key,
    ...silenceLink(notification, place),
  });
  return {
    by: 'http',
    url: settings.url,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(settings.authorization ? { authorization: settings.authorization } : {}),
      ...(settings.hmacSecret ? { [SIGNATURE_HEADER]: signatureOf(settings.hmacSecret, body) } : {}),
    },
    body,
  };
};

/** `sha256=<hex>` over the body's bytes: a receiver that knows the secret can tell that nobody else wrote it. */
export const signatureOf = (secret: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(body, 'utf8').digest('hex')}`;

const silenceLink = ({ incident }: Notification, { origin }: Place): object =>
  origin === '' ? {} : { silenceURL: `${origin}/silences?incident=${incident}` };

/** The incident's labels as Alertmanager knows them: names of letters, digits and underscores. */
export const labelsOf = (notification: Notification) => {
  const [kind = '', id = ''] = notification.cause.split(/:(.*)/s);
  return {
    ...notification.labels,
    alertname: notification.rule,
    severity: notification.severity,
    cause: notification.cause,
    incident: String(notification.incident),
    [kind.replaceAll(/[^a-zA-Z0-9_]/g, '_')]: id,
  };
};

const describe = ({ members }: Notification): string =>
  members.length === 0 ? '' : members.map(({ series, value }) => (value === null ? series : `${series} at ${value}`)).join(', ');
