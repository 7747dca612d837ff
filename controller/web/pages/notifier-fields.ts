import type { NotifierKind } from '../../../protocol/notifier.ts';

// What each kind of notifier is asked for. The schema in protocol/notifier.ts checks it; this says how it looks.

export interface NotifierField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly help?: string;
  readonly secret?: boolean;
  /** A list, one a comma. */
  readonly many?: boolean;
  readonly number?: boolean;
  readonly options?: readonly (readonly [string, string])[];
  readonly needed?: boolean;
}

export const KINDS: { readonly [K in NotifierKind]: { readonly name: string; readonly fields: readonly NotifierField[] } } = {
  webhook: {
    name: 'Webhook',
    fields: [
      {
        name: 'url',
        label: 'URL',
        placeholder: 'https://hooks.example.net/sonde',
        help: "Gets each incident in Alertmanager's form, version 4.",
        needed: true,
      },
      {
        name: 'hmacSecret',
        label: 'Signing secret',
        hint: 'optional',
        secret: true,
        help: 'The body is signed with it: x-sonde-signature-256.',
      },
      { name: 'authorization', label: 'Authorization header', hint: 'optional', secret: true },
    ],
  },
  email: {
    name: 'E-mail',
    fields: [
      { name: 'to', label: 'To', placeholder: 'noc@example.net, Ines <ines@example.net>', many: true, needed: true },
      { name: 'from', label: 'From', placeholder: 'Sonde <sonde@example.net>', needed: true },
      { name: 'host', label: 'Mail server', placeholder: 'mail.example.net', needed: true },
      { name: 'port', label: 'Port', placeholder: '587', number: true },
      {
        name: 'security',
        label: 'Encryption',
        options: [
          ['starttls', 'STARTTLS, required'],
          ['tls', 'TLS from the first byte'],
          ['none', 'none'],
        ],
      },
      { name: 'user', label: 'User', hint: 'optional' },
      { name: 'password', label: 'Password', hint: 'optional', secret: true },
    ],
  },
  slack: {
    name: 'Slack',
    fields: [
      {
        name: 'url',
        label: 'Incoming webhook',
        placeholder: 'https://hooks.slack.com/services/…',
        secret: true,
        help: 'Mattermost and Rocket.Chat take the same.',
        needed: true,
      },
    ],
  },
  pagerduty: {
    name: 'PagerDuty',
    fields: [
      { name: 'routingKey', label: 'Integration key', secret: true, help: 'Of an integration of the kind Events API v2.', needed: true },
    ],
  },
  telegram: {
    name: 'Telegram',
    fields: [
      { name: 'botToken', label: "Bot's token", secret: true, needed: true },
      { name: 'chatId', label: 'Chat', placeholder: '-1001234567890 or @channel', needed: true },
    ],
  },
  mqtt: {
    name: 'MQTT',
    fields: [
      { name: 'url', label: 'Broker', placeholder: 'mqtts://broker.example.net', needed: true },
      { name: 'topic', label: 'Topic', placeholder: 'sonde/alerts' },
      { name: 'user', label: 'User', hint: 'optional' },
      { name: 'password', label: 'Password', hint: 'optional', secret: true },
    ],
  },
};
export const kindOptions = Object.entries(KINDS).map(([kind, { name }]) => [kind as NotifierKind, name] as const); // the border: its own keys

/** The texts of a form as the API takes them; an empty one is left out, so that a kept secret stays. */
export const bodyOf = (
  kind: NotifierKind,
  id: string,
  texts: Readonly<Record<string, string>>,
  more: { readonly allowPrivate: boolean; readonly sendResolved: boolean; readonly title: string; readonly text: string },
): object => {
  const fields = KINDS[kind].fields.flatMap((field): [string, unknown][] => {
    const text = (texts[field.name] ?? '').trim();
    if (text === '') return [];
    if (field.many)
      return [
        [
          field.name,
          text
            .split(',')
            .map((one) => one.trim())
            .filter(Boolean),
        ],
      ];
    return [[field.name, field.number ? Number(text) : text]];
  });
  const template = { ...(more.title === '' ? {} : { title: more.title }), ...(more.text === '' ? {} : { text: more.text }) };
  return {
    id,
    kind,
    ...Object.fromEntries(fields),
    allowPrivate: more.allowPrivate,
    sendResolved: more.sendResolved,
    ...(Object.keys(template).length === 0 ? {} : { template }),
  };
};

/** What a kept notifier shows in its form. */
export const textsOf = (notifier: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(notifier).flatMap(([name, value]): [string, string][] =>
      Array.isArray(value)
        ? [[name, value.join(', ')]]
        : typeof value === 'string' || typeof value === 'number'
          ? [[name, String(value)]]
          : [],
    ),
  );

/** Where it leads, in a few words. */
export const addressOf = (notifier: Readonly<Record<string, unknown>>): string => {
  const texts = textsOf(notifier);
  switch (texts['kind'] ?? '') {
    case 'email':
      return `${texts['to'] ?? ''} by ${texts['host'] ?? ''}`;
    case 'telegram':
      return `chat ${texts['chatId'] ?? ''}`;
    case 'mqtt':
      return `${texts['topic'] ?? ''} at ${texts['url'] ?? ''}`;
    default:
      return texts['url'] ?? '';
  }
};
