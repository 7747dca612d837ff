import type { Row } from './ber.ts';

// SNMP's values to ours, tolerant of devices that give another type than the MIB says. null: it says nothing usable.

export const TYPE = {
  integer: 2,
  octets: 4,
  null: 5,
  oid: 6,
  address: 64,
  counter: 65,
  gauge: 66,
  ticks: 67,
  opaque: 68,
  counter64: 70,
} as const;
/** noSuchObject, noSuchInstance, endOfMibView. */
const FIRST_EXCEPTION = 128;

export const isException = ({ type }: Row): boolean => type >= FIRST_EXCEPTION || type === TYPE.null;
export const isCounter64 = ({ type }: Row): boolean => type === TYPE.counter64;

/** Integer, gauge, counter, ticks; a text of digits too: some firmware writes numbers so. */
export const numberOf = (varbind: Row | undefined): number | null => {
  if (varbind === undefined || isException(varbind)) return null;
  const { value } = varbind;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) {
    const text = textOf(varbind);
    return /^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : null;
  }
  return null;
};

/** A counter's value as it is; gauges and integers are let through where a device declares its counters so. */
export const counterOf = (varbind: Row | undefined): number | bigint | null => {
  if (varbind === undefined) return null;
  const { type, value } = varbind;
  if (type === TYPE.counter64) return typeof value === 'number' || typeof value === 'bigint' ? value : null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return null;
  return type === TYPE.counter || type === TYPE.gauge || type === TYPE.integer ? value : null;
};

/** As people read it: UTF-8, otherwise Latin-1; without the NULs that some firmware ends names with, without control characters. */
export const textOf = (varbind: Row | undefined, most = 255): string => {
  if (varbind === undefined || isException(varbind)) return '';
  const { value } = varbind;
  if (typeof value === 'string' || typeof value === 'number') return String(value).slice(0, most);
  if (!(value instanceof Uint8Array)) return '';
  const end = value.indexOf(0);
  const bytes = Buffer.from(end < 0 ? value : value.subarray(0, end));
  const utf8 = bytes.toString('utf8');
  const text = utf8.includes('\uFFFD') ? bytes.toString('latin1') : utf8;
  return text
    .replaceAll(/[\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, most);
};

/** `00:1b:54:aa:01:02`; '' for an empty one. */
export const hexOf = (varbind: Row | undefined): string => {
  const value = varbind?.value;
  if (varbind === undefined || isException(varbind) || !(value instanceof Uint8Array)) return '';
  return Array.from(value.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join(':');
};

/** An IpAddress, or an InetAddress of 4 or 16 bytes. */
export const addressOf = (varbind: Row | undefined): string => {
  const value = varbind?.value;
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return '';
  if (value.length === 4) return value.join('.');
  if (value.length !== 16) return hexOf(varbind);
  return Array.from({ length: 8 }, (_, i) => (((value[2 * i] ?? 0) << 8) | (value[2 * i + 1] ?? 0)).toString(16)).join(':');
};

/** What a user's own column gives: a number where it is one, otherwise text; null for nothing. */
export const valueOf = (varbind: Row | undefined, read: 'auto' | 'text' | 'hex' | 'ip'): number | string | null => {
  if (varbind === undefined || isException(varbind)) return null;
  switch (read) {
    case 'text':
      return textOf(varbind, 1_024);
    case 'hex':
      return hexOf(varbind);
    case 'ip':
      return addressOf(varbind);
    case 'auto':
      return numericOf(varbind) ?? textOf(varbind, 1_024);
    default:
      return read satisfies never;
  }
};

/** Only what the device itself calls a number: the same column must not be a number today and a text tomorrow. */
const numericOf = (varbind: Row): number | null => {
  if (typeof varbind.value === 'bigint') return exact(varbind.value);
  return typeof varbind.value === 'number' ? varbind.value : null;
};

/** Counters travel modulo 2^53. */
const MODULO = (1n << 53n) - 1n;
export const exact = (counter: number | bigint): number => (typeof counter === 'number' ? counter : Number(counter & MODULO));
