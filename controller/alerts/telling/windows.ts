// When a maintenance window is on. Pure: cron says when it begins, the clock on the wall of its zone when it ends.
import { Cron } from 'croner';
import type { Schedule } from '../../../protocol/mute.ts';

const MINUTE_MS = 60_000;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Why croner does not take a pattern; null when it does, and when it ever begins. */
export const patternProblem = (schedule: Schedule): string | null => {
  if (schedule.kind === 'once') return schedule.startsAt < schedule.endsAt ? null : 'endsAt: must be after startsAt';
  try {
    return cronOf(schedule).nextRun(new Date(0)) === null ? 'pattern: there is no such day' : null;
  } catch (error) {
    return `pattern: ${error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)}`;
  }
};

/** The window that is on at this moment, or null. It begins at `from` and is over at `to`. */
export const windowAt = (schedule: Schedule, at: number): Span | null => {
  const candidates =
    schedule.kind === 'once'
      ? [{ from: schedule.startsAt, to: schedule.endsAt }]
      : cronOf(schedule)
          .previousRuns(2, new Date(at + 1_000)) // a beginning in this very second counts
          .map((start) => spanFrom(schedule, start.getTime()));
  return candidates.find(({ from, to }) => from <= at && at < to) ?? null;
};

/** The next windows that begin after this moment. */
export const windowsAfter = (schedule: Schedule, at: number, count: number): readonly Span[] => {
  if (schedule.kind === 'once') return schedule.startsAt > at ? [{ from: schedule.startsAt, to: schedule.endsAt }] : [];
  return cronOf(schedule)
    .nextRuns(count, new Date(at))
    .map((start) => spanFrom(schedule, start.getTime()));
};

type CronSchedule = Extract<Schedule, { kind: 'cron' }>;

const spanFrom = ({ lengthMinutes, timeZone }: CronSchedule, from: number): Span => ({ from, to: endOf(from, lengthMinutes, timeZone) });

/** Patterns are few and asked for every few seconds; reading one costs more than asking it. */
const known = new Map<string, Cron>();
const KNOWN_MAX = 500;
const cronOf = ({ pattern, timeZone }: CronSchedule): Cron => {
  const name = `${timeZone} ${pattern}`;
  const kept = known.get(name);
  if (kept !== undefined) return kept;
  if (known.size >= KNOWN_MAX) known.clear();
  const cron = new Cron(pattern, { timezone: timeZone, paused: true, mode: '5-part' });
  known.set(name, cron);
  return cron;
};

/**
 * When the wall clock of the zone says `from` plus the length. An hour that comes twice: the first time that is not too early. An hour that does
 * not come: as much later.
 */
export const endOf = (from: number, lengthMinutes: number, timeZone: string): number => {
  const lengthMs = lengthMinutes * MINUTE_MS;
  const wall = from + offsetAt(from, timeZone) + lengthMs;
  const guess = from + lengthMs;
  const offsets = new Set([-1, 0, 1].map((days) => offsetAt(guess + days * 86_400_000, timeZone)));
  const candidates = [...offsets].map((offset) => wall - offset).toSorted((a, b) => a - b);
  const real = candidates.filter((end) => end + offsetAt(end, timeZone) === wall);
  return real.find((end) => end >= guess) ?? real.at(-1) ?? candidates.at(-1) ?? guess;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock of a zone is ahead of UTC, ms. */
const offsetAt = (at: number, timeZone: string): number => {
  const whole = Math.floor(at / 1_000) * 1_000;
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
};
