import { createHash } from 'node:crypto';
import type { Notification } from '../notification.ts';
import type { Render } from './notifier.ts';
import { wordsOf } from './words.ts';

/** A mail of plain text. Its Message-ID is made of the key, and all mails of an incident are one thread. */
export const email: Render<'email'> = (settings, notification, key, place) => {
  const { title, text } = wordsOf(settings.template, notification, place);
  const { host, port, security, user, password, from, to } = settings;
  return {
    by: 'smtp',
    host,
    port,
    security,
    user,
    password,
    from,
    to,
    subject: title,
    text: `${text}\n`,
    messageId: idOf(key),
    inReplyTo: idOf(threadOf(notification)),
    // RFC 3834: no holiday reply comes back.
    headers: { 'auto-submitted': 'auto-generated', 'x-sonde-key': key, ...(isUrgent(notification) ? { importance: 'high' } : {}) },
  };
};

const idOf = (text: string): string => `<${createHash('sha256').update(text).digest('hex').slice(0, 40)}@sonde.invalid>`;
const threadOf = ({ cause, openedAt }: Notification): string => `${cause}/${openedAt}`;
const isUrgent = ({ status, severity }: Notification): boolean => status === 'firing' && severity === 'critical';
