import type { Counts } from '../../stats/interface-deltas.ts';

export interface NetDevRow {
  readonly name: string;
  readonly counts: Counts;
}

const SPACE = 32;
const ZERO = 48;
/** Numbers up to so many digits are exact. */
const EXACT_DIGITS = 15;
/** Columns of /proc/net/dev, in the order of NET_COUNTERS: bytes, packets, errs and drop, of both directions. */
const COLUMNS: readonly number[] = [0, 1, 2, 3, 8, 9, 10, 11];

/** The rows of /proc/net/dev, two header lines aside. A line that is none of its rows is left out: an interface's name may hold anything but `/` and a space. */
export const parseNetDev = (text: string): NetDevRow[] => {
  const rows: NetDevRow[] = [];
  let from = text.indexOf('\n', text.indexOf('\n') + 1) + 1;
  if (from <= 1) return rows;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    const row = parseRow(text, from, to);
    if (row !== null) rows.push(row);
    from = to + 1;
  }
  return rows;
};

const parseRow = (text: string, from: number, to: number): NetDevRow | null => {
  const colon = text.lastIndexOf(':', to - 1);
  let start = from;
  while (text.charCodeAt(start) === SPACE) start += 1;
  if (colon <= start) return null;
  const counts: (number | bigint)[] = [];
  let at = colon + 1;
  for (let column = 0; at < to && counts.length < COLUMNS.length; column += 1) {
    while (at < to && text.charCodeAt(at) === SPACE) at += 1;
    const begin = at;
    let value = 0;
    for (; at < to && text.charCodeAt(at) !== SPACE; at += 1) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) return null;
      value = value * 10 + digit;
    }
    if (column === COLUMNS[counts.length] && at > begin) counts.push(at - begin <= EXACT_DIGITS ? value : BigInt(text.slice(begin, at)));
  }
  return counts.length === COLUMNS.length ? { name: text.slice(start, colon), counts } : null;
};
