// InfluxDB's line protocol as points: `measurement,tag=value field=1i,other="text" timestamp`. Bad lines are named one by one, the good ones kept.
import type { FieldValue, Point } from './store.ts';

export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}
export interface ParsedLines {
  readonly points: readonly (Point & { readonly line: number })[];
  readonly bad: readonly BadLine[];
}
export type Precision = 'ns' | 'us' | 'ms' | 's';

const NS: Readonly<Record<Precision, bigint>> = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n };
const NS_PER_MS = 1_000_000n;
/** The most digits of a time that may be one: 64 bits have 19. */
const TIME_MOST = 20;

/** `now` (ms) is the time of lines that carry none. Times are kept to the millisecond. Pure. */
export const parseLines = (text: string, precision: Precision, now: number): ParsedLines => {
  const points: (Point & { line: number })[] = [];
  const bad: BadLine[] = [];
  let line = 0;
  for (const source of text.split('\n')) {
    line += 1;
    const trimmed = source.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    try {
      points.push({ ...parseLine(trimmed, precision, now), line });
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      bad.push({ line, reason: error.message });
    }
  }
  return { points, bad };
};

class LineError extends Error {}

const parseLine = (text: string, precision: Precision, now: number): Point => {
  const [head, afterHead] = until(text, 0, ' ');
  if (afterHead >= text.length) throw new LineError('no fields');
  const [body, afterBody] = until(text, afterHead + 1, ' ', true);
  const [name = '', ...pairs] = split(head, ',');
  if (name === '') throw new LineError('no measurement');
  const tags: Record<string, string> = {};
  for (const pair of pairs) {
    const [key, value] = keyAndValue(pair, 'tag');
    if (value !== '') tags[key] = unescape(value);
  }
  const fields: Record<string, FieldValue> = {};
  const integers: string[] = [];
  for (const pair of split(body, ',', true)) {
    const [key, value] = keyAndValue(pair, 'field');
    const [parsed, isInteger] = fieldValue(key, value);
    fields[key] = parsed;
    if (isInteger) integers.push(key);
  }
  const at = timeOf(text.slice(afterBody + 1).trim(), precision, now);
  return { measurement: unescape(name), tags, at, fields, ...(integers.length > 0 ? { integers } : {}) };
};

/** Up to the next unescaped character, outside of quoted values where there are any; and where that is. */
const until = (text: string, start: number, end: string, quotes = false): [string, number] => {
  let quoted = false;
  let equals = -2;
  for (let i = start; i < text.length; i += 1) {
    const character = text[i];
    if (character === '\\') i += 1;
    else if (character === '=' && !quoted) equals = i;
    if (quotes && character === '"' && (quoted || i === equals + 1)) quoted = !quoted;
    else if (character === end && !quoted) return [text.slice(start, i), i];
  }
  if (quoted) throw new LineError('a text without its closing quote');
  return [text.slice(start), text.length];
};

const split = (text: string, by: string, quotes = false): string[] => {
  const parts: string[] = [];
  let start = 0;
  while (start <= text.length) {
    const [part, end] = until(text, start, by, quotes);
    parts.push(part);
    start = end + 1;
  }
  return parts;
};

const keyAndValue = (pair: string, what: 'tag' | 'field'): [string, string] => {
  const [key, end] = until(pair, 0, '=');
  if (key === '' || end >= pair.length) throw new LineError(`${what} "${pair.slice(0, 80)}": KEY=VALUE is needed`);
  return [unescape(key), pair.slice(end + 1)];
};

const unescape = (text: string): string => (text.includes('\\') ? text.replaceAll(/\\([,= ])/g, '$1') : text);

const TRUE = new Set(['t', 'T', 'true', 'True', 'TRUE']);
const FALSE = new Set(['f', 'F', 'false', 'False', 'FALSE']);

const fieldValue = (key: string, text: string): [FieldValue, isInteger: boolean] => {
  if (text.startsWith('"')) {
    if (text.length < 2 || !text.endsWith('"')) throw new LineError(`field ${key}: a text without its closing quote`);
    return [text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1'), false];
  }
  if (TRUE.has(text)) return [true, false];
  if (FALSE.has(text)) return [false, false];
  if (/^-?\d+[iu]$/.test(text)) {
    const whole = Number(text.slice(0, -1));
    if (!Number.isSafeInteger(whole)) throw new LineError(`field ${key}: ${text} is beyond what is kept exactly (2^53)`);
    return [whole, true];
  }
  const number = Number(text);
  if (text === '' || !/^[-+]?(\d|\.\d)/.test(text) || !Number.isFinite(number))
    throw new LineError(`field ${key}: "${text.slice(0, 80)}" is neither a number, a quoted text, true nor false`);
  return [number, false];
};

const timeOf = (text: string, precision: Precision, now: number): number => {
  if (text === '') return now;
  if (!/^-?\d+$/.test(text)) throw new LineError(`time "${text.slice(0, 40)}": a whole number of ${precision} is needed`);
  // Nanoseconds since 1970 are more than a number keeps exactly: it would round some whole milliseconds down to the one before.
  const ns = text.length > TIME_MOST ? null : BigInt(text) * NS[precision];
  const at = ns === null ? Number.NaN : Number(ns >= 0n ? ns / NS_PER_MS : (ns - NS_PER_MS + 1n) / NS_PER_MS);
  if (!Number.isSafeInteger(at) || Math.abs(at) > 8_640_000_000_000_000)
    throw new LineError(`time ${text.slice(0, 40)} is no time in ${precision}`);
  return at;
};
