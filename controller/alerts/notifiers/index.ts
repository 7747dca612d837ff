import type { Notifier, NotifierKind } from '../../../protocol/notifier.ts';
import type { Notification } from '../notification.ts';
import { email } from './email.ts';
import { mqtt } from './mqtt.ts';
import type { Parcel, Place, Render, Rendered } from './notifier.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

// THE LIST of notifiers. A kind that the contract lists and this map lacks does not compile.
const notifiers: { readonly [K in NotifierKind]: Render<K> } = { webhook, slack, email, pagerduty, telegram, mqtt };

/** What one notifier sends for one notification. */
export const render = (notifier: Notifier, notification: Notification, key: string, place: Place): Parcel => ({
  ...rendered(notifier, notification, key, place),
  key,
  allowPrivate: notifier.allowPrivate,
});

const rendered = <K extends NotifierKind>(
  notifier: Extract<Notifier, { kind: K }>,
  notification: Notification,
  key: string,
  place: Place,
): Rendered => {
  const by: Render<K> = notifiers[notifier.kind as K]; // Border: TypeScript loses the tie between a kind and its settings in a union.
  return by(notifier, notification, key, place);
};
