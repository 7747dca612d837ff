import type { Render } from './notifier.ts';
import { wordsOf } from './words.ts';

const TEXT_MAX = 4_096;

/** sendMessage of the Bot API, as plain text: nothing in it can be taken for a mark. */
export const telegram: Render<'telegram'> = (settings, notification, key, place) => {
  const { title, text } = wordsOf(settings.template, notification, place);
  const body = {
    chat_id: settings.chatId,
    text: `${title}\n${text}`.slice(0, TEXT_MAX),
    disable_notification: notification.severity === 'info',
    link_preview_options: { is_disabled: true },
  };
  return {
    by: 'http',
    url: `${settings.url.replace(/\/+$/, '')}/bot${settings.botToken}/sendMessage`,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  };
};
