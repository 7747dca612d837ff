import type { Notification } from '../notification.ts';
import type { Render } from './notifier.ts';
import { iso, linkOf, wordsOf } from './words.ts';

const SUMMARY_MAX = 1_024;
const DEDUP_MAX = 255;

/** Events API v2: trigger and resolve share a `dedup_key`, so that a repeated event changes nothing at PagerDuty. */
export const pagerduty: Render<'pagerduty'> = (settings, notification, key, place) => {
  const { title, text } = wordsOf(settings.template, notification, place);
  const link = linkOf(notification, place);
  const event = {
    routing_key: settings.routingKey,
    event_action: notification.status === 'firing' ? 'trigger' : 'resolve',
    dedup_key: dedupKeyOf(notification),
    ...(notification.status === 'firing'
      ? {
          payload: {
            summary: title.slice(0, SUMMARY_MAX),
            source: notification.members[0]?.series ?? notification.cause,
            severity: notification.severity,
            timestamp: iso(notification.openedAt),
            component: notification.cause,
            class: notification.rule,
            custom_details: { text, labels: notification.labels ?? {}, members: notification.memberCount ?? notification.members.length },
          },
          client: 'Sonde',
          ...(link === '' ? {} : { client_url: link, links: [{ href: link, text: 'The incident' }] }),
        }
      : {}),
  };
  return {
    by: 'http',
    url: settings.url,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(event),
  };
};

/** One for the whole life of an incident. */
export const dedupKeyOf = ({ cause, openedAt }: Notification): string => `sonde/${cause}/${openedAt}`.slice(0, DEDUP_MAX);
