import type { Notification } from '../notification.ts';
import type { Render } from './notifier.ts';
import { linkOf, wordsOf } from './words.ts';

const TEXT_MAX = 2_900; // a section of Slack's holds 3,000 characters

/** An incoming webhook's message: the title links to the incident, the bar at its side has the severity's colour. */
export const slack: Render<'slack'> = (settings, notification, key, place) => {
  const { title, text } = wordsOf(settings.template, notification, place);
  const link = linkOf(notification, place);
  const body = {
    text: escaped(title), // what a phone shows, and all that Mattermost and others need
    attachments: [
      {
        color: colourOf(notification),
        fallback: escaped(title),
        ...(link === '' ? {} : { title: 'Open the incident', title_link: link }),
        text: escaped(text).slice(0, TEXT_MAX),
        ts: Math.floor((notification.resolvedAt ?? notification.openedAt) / 1_000),
      },
    ],
  };
  return {
    by: 'http',
    url: settings.url,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  };
};

/** Slack reads & < > as the beginning of its own marks. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const colourOf = ({ status, severity }: Notification): string =>
  status === 'resolved' ? '#2e9e5b' : severity === 'critical' ? '#d33f49' : severity === 'warning' ? '#d9902f' : '#4c78c9';
