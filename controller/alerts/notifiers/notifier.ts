import type { Notifier, NotifierKind } from '../../../protocol/notifier.ts';
import type { Notification } from '../notification.ts';

/** One HTTP POST, ready to be sent. */
export interface HttpParcel {
  readonly by: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One mail. The same news has the same `messageId`, so that a mail system sees a second copy for what it is. */
export interface MailParcel {
  readonly by: 'smtp';
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  /** The mail that this one goes on from. */
  readonly inReplyTo: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One MQTT message, QoS 1. */
export interface MqttParcel {
  readonly by: 'mqtt';
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** What is sent, how, and the key that is the same for every attempt at the same news. */
export type Parcel = (HttpParcel | MailParcel | MqttParcel) & { readonly key: string; readonly allowPrivate: boolean };

/** What a receiver says to a parcel, in HTTP's words: 2xx it is taken; 5xx, 408, 425 and 429 try later; anything else never. */
export interface Answer {
  readonly status: number;
  /** What it said, for people; nothing of ours. */
  readonly said?: string;
  readonly retryAfterMs?: number;
}

/** Where our own pages are reached, without a slash at the end; '' when nobody said. */
export interface Place {
  readonly origin: string;
}

export type Settings<K extends NotifierKind> = Extract<Notifier, { kind: K }>;
export type Rendered = HttpParcel | MailParcel | MqttParcel;

/** How one kind of notifier says one notification. Pure: it sends nothing itself. */
export type Render<K extends NotifierKind> = (settings: Settings<K>, notification: Notification, key: string, place: Place) => Rendered;
