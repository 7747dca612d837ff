// What people read: our own words for a notification, or the notifier's template with the words filled in.
import type { Template } from '../../../protocol/notifier.ts';
import type { Notification } from '../notification.ts';
import type { Place } from './notifier.ts';

const MEMBERS_SHOWN = 10;
const NAMED = /\{\{\s*([^{}]*?)\s*\}\}/g;

export interface Words {
  readonly title: string;
  readonly text: string;
}

/** Title and text of a notification. A template names words in double braces; one that does not exist for this incident is empty. */
export const wordsOf = (template: Template | undefined, notification: Notification, place: Place): Words => {
  const words = wordList(notification, place);
  const fill = (text: string): string => text.replaceAll(NAMED, (_, name: string) => words(name) ?? '');
  return {
    title: oneLine(template?.title ? fill(template.title) : titleOf(notification)),
    text: template?.text ? fill(template.text) : textOf(notification, place),
  };
};

/** Of the incident's page; '' when nobody said where our pages are. */
export const linkOf = ({ incident }: Pick<Notification, 'incident'>, { origin }: Place): string =>
  origin === '' ? '' : `${origin}/incidents/${incident}`;

const titleOf = (notification: Notification): string => {
  const { status, severity, title, repeated, test } = notification;
  const state = status === 'resolved' ? 'RESOLVED' : repeated === true ? `STILL ${severity.toUpperCase()}` : severity.toUpperCase();
  return `${test === true ? 'TEST ' : ''}[${state}] ${title}`;
};

const textOf = (notification: Notification, place: Place): string => {
  const { status, openedAt, resolvedAt, ruleName, annotations } = notification;
  const lines = [
    ...Object.values(annotations ?? {}).filter((text) => text !== ''),
    status === 'resolved' && resolvedAt !== null
      ? `From ${iso(openedAt)} to ${iso(resolvedAt)}, ${durationOf(resolvedAt - openedAt)}.`
      : `Since ${iso(openedAt)}, by the rule ${ruleName}.`,
    ...membersOf(notification),
    linkOf(notification, place),
  ];
  return lines.filter((line) => line !== '').join('\n');
};

const membersOf = ({ members, memberCount }: Notification): readonly string[] => {
  const more = (memberCount ?? members.length) - Math.min(members.length, MEMBERS_SHOWN);
  return [
    ...members.slice(0, MEMBERS_SHOWN).map(({ series, value }) => (value === null ? series : `${series} at ${rounded(value)}`)),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
};

const wordList = (notification: Notification, place: Place): ((name: string) => string | undefined) => {
  const { openedAt, resolvedAt, members, labels, annotations } = notification;
  const known: Readonly<Record<string, () => string>> = {
    title: () => notification.title,
    status: () => notification.status,
    severity: () => notification.severity,
    rule: () => notification.ruleName,
    cause: () => notification.cause,
    since: () => iso(openedAt),
    duration: () => (resolvedAt === null ? '' : durationOf(resolvedAt - openedAt)),
    members: () => membersOf(notification).join('\n'),
    count: () => String(notification.memberCount ?? members.length),
    link: () => linkOf(notification, place),
    agents: () => [...new Set(members.map(({ agent }) => agent))].join(', '),
    targets: () => [...new Set(members.flatMap(({ target }) => target ?? []))].join(', '),
  };
  return (name) => {
    const [kind = '', key = ''] = name.split(/\.(.*)/s);
    if (kind === 'labels' && key !== '') return labels?.[key];
    if (kind === 'annotations' && key !== '') return annotations?.[key];
    return known[name]?.();
  };
};

/** ms as a person says it: `1 h 5 min`. */
export const durationOf = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? '0 s' : shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
};

const rounded = (value: number): string => String(Number(value.toPrecision(6)));
export const iso = (at: number): string => new Date(at).toISOString();
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
