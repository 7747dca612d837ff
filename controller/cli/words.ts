// Words of the command line to values, and values to tables. Pure.
import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `12h`, `7d` as milliseconds. */
export const parseDuration = (text: string): number => {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (count === undefined || unitMs === undefined) throw new InvalidArgumentError('a time such as 90s, 30m, 12h or 7d.');
  return Number(count) * unitMs;
};

/** `--label country=de --label tier=pop`, collected. */
export const collectLabel = (text: string, before: Readonly<Record<string, string>>): Record<string, string> => {
  const [, key, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('a label is key=value, such as country=de.');
  return { ...before, [key]: value };
};

export const parseCount = (text: string): number => {
  if (!/^[0-9]+$/.test(text)) throw new InvalidArgumentError('a whole number.');
  return Number(text);
};

export const formatLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ') || '-';

export const formatTime = (at: number | null): string => (at === null ? '-' : new Date(at).toISOString().replace('T', ' ').slice(0, 19));

/** Columns as wide as their longest cell; the heading in capitals, as in ps(1). */
export const formatTable = (heading: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [heading.map((word) => word.toUpperCase()), ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
