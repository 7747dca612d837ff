import type { Render } from './notifier.ts';
import { linkOf, wordsOf } from './words.ts';

/** One message on one topic, as JSON. */
export const mqtt: Render<'mqtt'> = (settings, notification, key, place) => {
  const { url, user, password, topic, retain } = settings;
  const link = linkOf(notification, place);
  const payload = {
    ...wordsOf(settings.template, notification, place),
    status: notification.status,
    severity: notification.severity,
    rule: notification.rule,
    cause: notification.cause,
    incident: notification.incident,
    openedAt: notification.openedAt,
    resolvedAt: notification.resolvedAt,
    labels: notification.labels ?? {},
    members: notification.members,
    ...(link === '' ? {} : { link }),
    idempotencyKey: key,
  };
  return { by: 'mqtt', url, user, password, topic, retain, payload: JSON.stringify(payload) };
};
