import type { Clock } from '../../../protocol/time.ts';
import type { Row } from './ber.ts';
import { compareOids, indexIn } from './oid.ts';
import type { Answer, Failure, SnmpSession } from './session.ts';
import type { Sizer } from './sizer.ts';
import { isException } from './value.ts';

/** What one poll of a device shares: its budget, and what was wrong, each thing once. */
export interface Reading {
  readonly session: SnmpSession;
  readonly sizer: Sizer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Monotonic ms: no request leaves whose answer would come later, as far as the slowest so far tells. */
  readonly deadlineMs: number;
  readonly problems: Set<string>;
  variables: number;
  timeouts: number;
  slowestMs: number;
}

export interface TableRow {
  /** In the order of the columns asked for; undefined: this row has none. */
  readonly cells: (Row | undefined)[];
  /** When its first cell was read: the middle between request and answer, monotonic ms. */
  readonly atMs: number;
}
export interface TableRead {
  /** By index, in the order of the device. */
  readonly rows: ReadonlyMap<string, TableRow>;
  /** Positions of columns that the device has no row of. */
  readonly absent: ReadonlySet<number>;
  /** False: budget or faults ended it; rows may be missing. */
  readonly complete: boolean;
}

interface Column {
  readonly position: number;
  readonly oid: string;
  /** Index of the last row read; '' before the first. */
  last: string;
  rows: number;
  done: boolean;
}

/** So many failures in a row end a table. */
const MOST_FAILURES = 3;

/** Reads columns side by side with GETBULK (GETNEXT in SNMPv1). `expectedRows`: as many as last time; 0 when that is not known. */
export const readTable = async (reading: Reading, oids: readonly string[], expectedRows = 0): Promise<TableRead> => {
  const columns = oids.map((oid, position): Column => ({ position, oid, last: '', rows: 0, done: false }));
  const rows = new Map<string, TableRow>();
  let failures = 0;
  let alone = false;
  let complete = true;
  while (columns.some(({ done }) => !done)) {
    if (reading.signal.aborted || reading.clock.monotonic() + reading.slowestMs >= reading.deadlineMs) {
      if (!reading.signal.aborted) reading.problems.add('the time budget ended the poll');
      complete = false;
      break;
    }
    const asked = choose(columns, alone ? 1 : reading.sizer.varbinds());
    const sentMs = reading.clock.monotonic();
    const answer = await ask(reading, asked, expectedRows);
    const gotMs = reading.clock.monotonic();
    reading.slowestMs = Math.max(reading.slowestMs, gotMs - sentMs);
    const verdict = answer.ok ? take(reading, asked, answer.value, rows, oids.length, (sentMs + gotMs) / 2) : judge(reading, asked, answer);
    if (verdict === 'progress') {
      failures = 0;
      continue;
    }
    if (verdict === 'smaller') continue;
    failures += 1;
    if (verdict === 'alone') alone = true;
    if (verdict === 'give-up' || failures >= MOST_FAILURES) {
      complete = false;
      break;
    }
  }
  return { rows, absent: new Set(columns.filter(({ rows: had, done }) => done && had === 0).map(({ position }) => position)), complete };
};

/** smaller: not this time's fault, and it comes to an end by itself. */
type Verdict = 'progress' | 'smaller' | 'again' | 'alone' | 'give-up';

/** Those that are furthest behind, so that all columns of a row come together. */
const choose = (columns: readonly Column[], varbinds: number): Column[] => {
  const active = columns.filter(({ done }) => !done);
  return active.length <= varbinds ? active : active.toSorted((a, b) => a.rows - b.rows || a.position - b.position).slice(0, varbinds);
};

const cursor = ({ oid, last }: Column): string => (last === '' ? oid : `${oid}.${last}`);

const ask = (reading: Reading, asked: readonly Column[], expectedRows: number): Promise<Answer<readonly Row[]>> => {
  const { session, sizer } = reading;
  if (session.version === '1') return session.next(asked);
  const fitting = Math.max(1, Math.floor(sizer.varbinds() / asked.length));
  // One more than is expected: the answer then also shows that the table ends there.
  const left = Math.max(...asked.map(({ rows }) => expectedRows + 1 - rows));
  return session.bulk(asked, left > 0 && expectedRows > 0 ? Math.min(fitting, left) : fitting);
};

const take = (
  reading: Reading,
  asked: readonly Column[],
  answers: readonly Row[],
  rows: Map<string, TableRow>,
  width: number,
  atMs: number,
): Verdict => {
  // The columns of a row come one after the other: its place is looked up once.
  let newest = '';
  let row: TableRow | undefined;
  for (let i = 0, at = 0; i < answers.length; i += 1, at = at + 1 < asked.length ? at + 1 : 0) {
    const column = asked[at];
    const cell = answers[i];
    if (column === undefined || cell === undefined || column.done) continue;
    const { index } = cell;
    if (index === null || index === '' || isException(cell)) column.done = true;
    else if (column.last !== '' && compareOids(index, column.last) <= 0) {
      reading.problems.add('the device answers the same rows again: its table does not rise');
      column.done = true;
    } else {
      column.last = index;
      column.rows += 1;
      if (row === undefined || index !== newest) {
        row = rows.get(index) ?? addRow(rows, index, width, atMs);
        newest = index;
      }
      row.cells[column.position] = cell;
    }
  }
  reading.variables += answers.length;
  reading.sizer.answered(reading.session.wire.lastBytes, answers.length);
  return answers.length > 0 ? 'progress' : reading.sizer.choked() ? 'again' : 'give-up';
};

const addRow = (rows: Map<string, TableRow>, index: string, width: number, atMs: number): TableRow => {
  // Not Array.from: over a length it took seven tenths of a poll.
  const cells: (Row | undefined)[] = [];
  while (cells.length < width) cells.push(undefined);
  const row: TableRow = { cells, atMs };
  rows.set(index, row);
  return row;
};

/** What to do after a request that gave nothing. */
const judge = (reading: Reading, asked: readonly Column[], failure: Failure): Verdict => {
  if (failure.reason === 'refused') return judgeRefusal(reading, asked, failure);
  if (failure.reason === 'timeout' || failure.reason === 'garbage') {
    reading.timeouts += 1;
    reading.problems.add(failure.reason === 'timeout' ? 'requests without an answer' : `answers that are no SNMP: ${failure.detail}`);
    return reading.sizer.choked() ? 'again' : 'give-up';
  }
  reading.problems.add(`${failure.reason}: ${failure.detail}`);
  return 'give-up';
};

const judgeRefusal = (reading: Reading, asked: readonly Column[], failure: Extract<Failure, { reason: 'refused' }>): Verdict => {
  if (/toobig/i.test(failure.status)) return reading.sizer.tooBig() ? 'smaller' : 'give-up';
  const named = asked.find(
    (column) => failure.oid !== null && (cursor(column) === failure.oid || indexIn(column.oid, failure.oid) !== null),
  );
  const [only] = asked;
  const culprit = named ?? (asked.length === 1 ? only : undefined);
  // In SNMPv1 noSuchName is how a table at the end of everything ends.
  const isEnd = reading.session.version === '1' && /nosuchname/i.test(failure.status);
  if (!isEnd) reading.problems.add(`the device refuses ${culprit?.oid ?? 'a request'}: ${failure.status}`);
  if (culprit === undefined) return 'alone';
  culprit.done = true;
  return 'progress';
};
