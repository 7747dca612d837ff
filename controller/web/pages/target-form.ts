import type { Target } from '../../../protocol/target.ts';
import { parseDuration, writeDuration } from '../format/time.ts';

// The target editor's form: text in, a target out, faults with their arithmetic and their fixes. Pure.

export interface TargetForm {
  readonly address: string;
  readonly name: string;
  readonly family: 'any' | 'v4' | 'v6';
  /** `key:value` each. */
  readonly labels: readonly string[];
  /** `key=a,b` or `key!=a` each; none selects every agent. */
  readonly agents: readonly string[];
  readonly count: string;
  readonly apart: string;
  readonly every: string;
  readonly timeout: string;
  readonly size: string;
  readonly dscp: string;
}

export type FieldName = keyof TargetForm;

export interface Mend {
  readonly label: string;
  readonly field: FieldName;
  readonly value: string;
}

export interface FormFault {
  readonly field: FieldName;
  readonly sentence: string;
  readonly mends: readonly Mend[];
}

export const emptyForm: TargetForm = {
  address: '',
  name: '',
  family: 'any',
  labels: [],
  agents: [],
  count: '10',
  apart: '1 s',
  every: '10 s',
  timeout: '1 s',
  size: '56',
  dscp: '0',
};

/** The nearest legal id to an address or a name. */
export const idOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63)
    .replaceAll(/[.-]+$/g, '');

/** A target with the usual task for an address. */
export const newTarget = (address: string): Target => toTarget({ ...emptyForm, address }, null);

const number = (text: string): number => (/^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN);

/** The form as a target; only for a form without faults. */
export const toTarget = (form: TargetForm, id: string | null, base?: Target): Target => ({
  id: id ?? idOf(form.address),
  name: form.name.trim() || form.address.trim(),
  address: form.address.trim(),
  family: form.family,
  labels: Object.fromEntries(form.labels.map((text) => splitLabel(text))),
  agents: { in: terms(form.agents, false), notIn: terms(form.agents, true) },
  tasks: [
    {
      intervalMs: parseDuration(form.every) ?? 0,
      options: {
        kind: 'icmp',
        count: number(form.count),
        spacingMs: parseDuration(form.apart) ?? 0,
        timeoutMs: parseDuration(form.timeout) ?? 0,
        sizeBytes: number(form.size),
        dscp: number(form.dscp),
        ttl: base?.tasks[0]?.options.ttl ?? 64,
      },
    },
    ...(base?.tasks.slice(1) ?? []),
  ],
});

export const fromTarget = (target: Target): TargetForm => {
  const task = target.tasks[0];
  const selector = [
    ...Object.entries(target.agents.in).map(([key, values]) => `${key}=${values.join(',')}`),
    ...Object.entries(target.agents.notIn).map(([key, values]) => `${key}!=${values.join(',')}`),
  ];
  const form = {
    ...emptyForm,
    address: target.address,
    name: target.name === target.address ? '' : target.name,
    family: target.family,
    labels: Object.entries(target.labels).map(([key, value]) => `${key}:${value}`),
    agents: selector,
  };
  if (!task) return form;
  const { count, spacingMs, timeoutMs, sizeBytes, dscp } = task.options;
  return {
    ...form,
    count: String(count),
    apart: writeDuration(spacingMs),
    every: writeDuration(task.intervalMs),
    timeout: writeDuration(timeoutMs),
    size: String(sizeBytes),
    dscp: String(dscp),
  };
};

const splitLabel = (text: string): [string, string] => {
  const [, key = '', value = ''] = /^([^:=]*)[:=](.*)$/.exec(text) ?? [];
  return [key.trim(), value.trim()];
};

/** `tier=edge,pop` as its parts; null when it is none. */
export const splitTerm = (text: string): { key: string; not: boolean; values: string[] } | null => {
  const [, key, not, values] = /^\s*([a-z][a-z0-9_]{0,31})\s*(!?)[=:]\s*(.+)$/.exec(text) ?? [];
  return key === undefined || values === undefined
    ? null
    : {
        key,
        not: not === '!',
        values: values
          .split(',')
          .map((value) => value.trim())
          .filter(Boolean),
      };
};

const terms = (texts: readonly string[], not: boolean): Record<string, string[]> =>
  Object.fromEntries(
    texts.flatMap((text) => {
      const term = splitTerm(text);
      return term && term.not === not ? [[term.key, term.values] as const] : [];
    }),
  );

/** Why a text is no label, in words; null when it is one. */
export const labelFault = (text: string): string | null => {
  const [key, value] = splitLabel(text);
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(key)) return `"${text}" is not key:value. A key has small letters, digits and _.`;
  return value === '' || value.length > 63 || /[=,!"'\\]/.test(value)
    ? `The value of ${key} has 1 to 63 characters, without = , ! " ' \\.`
    : null;
};

const hostName = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?$/i;
const isV4 = (text: string): boolean => /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);
const isV6 = (text: string): boolean => text.includes(':') && URL.canParse(`http://[${text}]/`);

const isAddress = (text: string): boolean => isV4(text) || isV6(text) || (hostName.test(text) && !/^[0-9.]+$/.test(text));

const fault = (field: FieldName, sentence: string, ...mends: Mend[]): FormFault => ({ field, sentence, mends });
const within = (field: FieldName, value: number | null, low: number, high: number, sentence: string, mend: Mend): FormFault[] =>
  value !== null && value >= low && value <= high ? [] : [fault(field, sentence, mend)];

/** Everything that keeps the form from being saved, in the order of the fields. */
export const faultsOf = (form: TargetForm): FormFault[] => [
  ...addressFaults(form),
  ...form.labels.flatMap((label) => (labelFault(label) === null ? [] : [fault('labels', labelFault(label) ?? '')])),
  ...form.agents.flatMap((term) => (splitTerm(term) ? [] : [fault('agents', `"${term}" is not of the form key=value or key!=value.`)])),
  ...within('count', number(form.count), 1, 100, 'A round has 1 to 100 packets.', { label: '10 packets', field: 'count', value: '10' }),
  ...within('apart', parseDuration(form.apart), 10, 60_000, 'Packets are 10 ms to 60 s apart.', {
    label: '1 s apart',
    field: 'apart',
    value: '1 s',
  }),
  ...within('every', parseDuration(form.every), 200, 86_400_000, 'A round comes every 200 ms to 24 h.', {
    label: 'Every 10 s',
    field: 'every',
    value: '10 s',
  }),
  ...within('timeout', parseDuration(form.timeout), 50, 60_000, 'A reply is waited for 50 ms to 60 s.', {
    label: '1 s',
    field: 'timeout',
    value: '1 s',
  }),
  ...within('size', number(form.size), 24, 1472, 'A packet carries 24 to 1,472 bytes.', { label: '56 bytes', field: 'size', value: '56' }),
  ...within('dscp', number(form.dscp), 0, 63, 'DSCP is 0 to 63.', { label: '0', field: 'dscp', value: '0' }),
  ...roundFaults(form),
];

const addressFaults = ({ address, family }: TargetForm): FormFault[] => {
  const text = address.trim();
  if (!isAddress(text))
    return [fault('address', text === '' ? 'An address or a name is needed.' : 'This is no IPv4 or IPv6 address and no host name.')];
  if (family === 'v4' && isV6(text))
    return [fault('family', 'The address is an IPv6 one.', { label: 'v6 only', field: 'family', value: 'v6' })];
  return family === 'v6' && isV4(text)
    ? [fault('family', 'The address is an IPv4 one.', { label: 'v4 only', field: 'family', value: 'v4' })]
    : [];
};

/** A round has to end before the next begins: (count − 1) × apart to send, the timeout to wait. */
const roundFaults = (form: TargetForm): FormFault[] => {
  const [count, apart, wait, every] = [
    number(form.count),
    parseDuration(form.apart),
    parseDuration(form.timeout),
    parseDuration(form.every),
  ];
  if (Number.isNaN(count) || apart === null || wait === null || every === null) return [];
  const needs = (count - 1) * apart + wait;
  if (needs <= every) return [];
  const enough = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * 1000).find((ms) => ms >= needs);
  const closer = count > 1 ? [500, 200, 100, 50, 20, 10].find((ms) => (count - 1) * ms + wait <= every) : undefined;
  const mends: Mend[] = [];
  if (enough !== undefined) mends.push({ label: `Every ${writeDuration(enough)}`, field: 'every', value: writeDuration(enough) });
  if (closer !== undefined && closer < apart)
    mends.push({ label: `${writeDuration(closer)} apart`, field: 'apart', value: writeDuration(closer) });
  return [
    fault(
      'every',
      `A round needs ${seconds(needs)}: ${seconds(needs - wait)} to send, ${seconds(wait)} to wait. ${writeDuration(every)} is too short.`,
      ...mends,
    ),
  ];
};

const seconds = (ms: number): string => `${Math.round(ms) / 1000} s`;

/** What the task sends to the target from one agent, packets a second; null when it cannot be said. */
export const sends = (form: TargetForm): number | null => {
  const [count, every] = [number(form.count), parseDuration(form.every)];
  return Number.isNaN(count) || !every ? null : (count * 1000) / every;
};
