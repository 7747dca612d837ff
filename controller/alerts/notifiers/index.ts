import type { Notifier } from '../../../protocol/rule.ts';
import type { Notification } from '../notification.ts';
import type { NotifierRequest, Render } from './notifier.ts';
import { webhook } from './webhook.ts';

// The one map of notifiers. A kind that the contract lists and this map lacks does not compile.
const notifiers: { readonly [K in Notifier['kind']]: Render<Extract<Notifier, { kind: K }>> } = { webhook };

export const render = (notifier: Notifier, notification: Notification, key: string): NotifierRequest =>
  notifiers[notifier.kind](notifier, notification, key);
