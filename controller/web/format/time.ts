// Times and lengths of time in words. The zone is local or UTC, by the reader's choice; readouts are ISO.

export type Zone = 'local' | 'utc';

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly clock: string;
  readonly seconds: string;
}

const parts = (at: number, zone: Zone): Parts => {
  const date = new Date(at);
  const local = zone === 'local';
  return {
    year: local ? date.getFullYear() : date.getUTCFullYear(),
    month: local ? date.getMonth() : date.getUTCMonth(),
    day: local ? date.getDate() : date.getUTCDate(),
    weekday: local ? date.getDay() : date.getUTCDay(),
    clock: `${pad(local ? date.getHours() : date.getUTCHours())}:${pad(local ? date.getMinutes() : date.getUTCMinutes())}`,
    seconds: pad(date.getUTCSeconds()),
  };
};

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 03:24 */
export const clock = (at: number, zone: Zone): string => parts(at, zone).clock;

/** 03:24:10 */
export const clockSeconds = (at: number, zone: Zone): string => {
  const { clock: time, seconds } = parts(at, zone);
  return `${time}:${seconds}`;
};

/** Thu 19 Nov */
export const day = (at: number, zone: Zone): string => {
  const { weekday, day: number, month } = parts(at, zone);
  return `${weekdays[weekday]} ${number} ${months[month]}`;
};

/** 2026-11-19 03:24:10 */
export const iso = (at: number, zone: Zone): string => {
  const { year, month, day: number, clock: time, seconds } = parts(at, zone);
  return `${year}-${pad(month + 1)}-${pad(number)} ${time}:${seconds}${zone === 'utc' ? 'Z' : ''}`;
};

/** The time when it was today, with the day when it was not: 02:41, Tue 3 Nov 02:10. */
export const when = (at: number, now: number, zone: Zone): string =>
  day(at, zone) === day(now, zone) ? clock(at, zone) : `${day(at, zone)} ${clock(at, zone)}`;

/** A length of time, two units at most: 40 s, 43 min, 2 h 12 min, 3 d 4 h. */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
};

/** How long ago: now, 40 s ago, or the time of day when it is longer than an hour. */
export const ago = (at: number, now: number, zone: Zone): string => {
  const ms = now - at;
  if (ms < 15_000) return 'now';
  return ms < 3_600_000 ? `${duration(ms)} ago` : when(at, now, zone);
};

/** What a person types into a field: 10 s, 500 ms, 2 min; null when it is no length of time. */
export const parseDuration = (text: string): number | null => {
  const [, number, unit] = /^\s*(\d+(?:[.,]\d+)?)\s*(ms|s|sec|m|min|h|d)?\s*$/i.exec(text) ?? [];
  if (number === undefined) return null;
  const scale: Record<string, number> = { ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
  return Math.round(Number(number.replace(',', '.')) * (scale[(unit ?? 's').toLowerCase()] ?? 1000));
};

/** The shortest way to write a length of time into a field, exactly: 10 s, 1.5 s, 500 ms, 2 min. */
export const writeDuration = (ms: number): string => {
  if (ms < 1000) return `${ms} ms`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
};
