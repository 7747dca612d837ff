import type { Notification } from '../notification.ts';

/** One HTTP POST, ready to be sent. */
export interface NotifierRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
}

/** How one kind of notifier says one notification. Pure: it sends nothing itself. `key` is the same for every attempt at the same news. */
export type Render<Settings> = (settings: Settings, notification: Notification, key: string) => NotifierRequest;
