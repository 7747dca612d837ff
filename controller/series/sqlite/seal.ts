// From the log to chunks by group, and from those to chunks by series. Each step is one transaction: cut anywhere, it has not happened.
import { transaction } from '../../../protocol/database.ts';
import { BY_GROUP, BY_SERIES } from './chunks.ts';
import type { Column, Rows } from './codec/chunk.ts';
import { cutHead, mergeCuts } from './cut.ts';
import type { Ground } from './ground.ts';
import type { Head } from './head.ts';
import { RAW } from './plan.ts';
import { sliceRows, stack } from './rows.ts';

const DAY_MS = 86_400_000;
/** Chunks by series end at whole multiples of these, by tier, so that what is too old goes as a whole. */
export const SPAN_MS: readonly number[] = [DAY_MS, 2 * DAY_MS, 8 * DAY_MS, 64 * DAY_MS];
/** A chunk by series has at most so many rows: one of a day every ten seconds. */
const CHUNK_ROWS = 8_640;
/** More than the head ever has rows. */
const ORDER = 2 ** 24;
/** A span is joined when it is over and late rounds have had their time. */
const JOIN_AFTER_MS = 2 * 3_600_000;
/** So many chunks by group make it worth to sort them by series, by tier. */
const SORTED_FROM: readonly number[] = [12, 24, 24, 96];

/** What is being sealed: the groups that are left of those that had rows when it began, and where head and log stood then. */
export interface Sealing {
  readonly groups: number[];
  readonly blocks: number;
  readonly logged: number;
}

/** All that the log holds becomes a chunk for each group. */
export const seal = (ground: Ground): void => {
  while (sealSome(ground, Number.POSITIVE_INFINITY));
};

/**
 * Seals some groups, about so many rows; false when there was nothing to seal. The log goes with the last of the groups that had rows
 * when the first was sealed: cut before that, rows are in both, which is as if they had come twice.
 */
export const sealSome = (ground: Ground, aboutRows: number): boolean => {
  const { db, head, chunks, newest, sealedTo } = ground;
  if (ground.sealing === null && head.rows === 0) return false;
  const sealing = (ground.sealing ??= {
    groups: [...head.groups.keys()].reverse(),
    blocks: head.closeBlocks(),
    logged: Number(db.prepare('SELECT max(id) AS last FROM log').get()?.['last'] ?? 0),
  });
  const made: { readonly group: number; readonly members: readonly number[]; readonly rows: Rows | null }[] = [];
  for (let rows = 0, i = sealing.groups.length - 1; i >= 0 && rows < aboutRows; i -= 1) {
    const group = sealing.groups[i] ?? 0;
    const members = [...(head.groups.get(group) ?? [])].sort((a, b) => a - b);
    const sealed = sealedInOrder(head, members) ?? stack(members.map((series) => ({ series, cut: cutHead(head, series) })));
    made.push({ group, members, rows: sealed });
    rows += sealed?.at.length ?? 0;
  }
  const isLast = made.length === sealing.groups.length;
  transaction(db, () => {
    for (const { group, rows } of made) if (rows !== null) chunks.insert(BY_GROUP, RAW, group, rows);
    if (isLast) db.prepare('DELETE FROM log WHERE id <= ?').run(sealing.logged);
  });
  for (const { group, members } of made) {
    for (const series of members) sealedTo.set(series, newest.get(series) ?? 0);
    head.drop(group);
  }
  sealing.groups.length -= made.length;
  if (isLast) {
    head.freeBlocks(sealing.blocks);
    ground.sealing = null;
  }
  return true;
};

/** The rows of series whose points came in the order of time and once, as most do; null for others, which have to be merged. */
const sealedInOrder = (head: Head, members: readonly number[]): Rows | null => {
  const places = members.flatMap((series) => [...head.places(series)]);
  const at = Float64Array.from(places.map((place) => head.at(place)));
  const series = new Float64Array(places.length);
  let next = 0;
  for (const id of members) {
    const end = next + head.places(id).length;
    series.fill(id, next, end);
    for (let row = next + 1; row < end; row += 1) if ((at[row] ?? 0) <= (at[row - 1] ?? 0)) return null;
    next = end;
  }
  // Read in the order in which the rows lie in memory: each by its place and where it goes, as one number.
  const order = Float64Array.from(places.map((place, row) => place * ORDER + row)).sort();
  const target = Uint32Array.from(order, (one) => one % ORDER);
  const sorted = order.map((one) => Math.floor(one / ORDER));
  const columns = new Map<number, Column>();
  for (const key of head.keys(places)) {
    const column = head.scatter(sorted, target, key);
    if (column !== null) columns.set(key, column);
  }
  return { series, at, columns };
};

/** Sorts one group's chunks by series, when there are enough of them (`least` instead of the usual number); false when no group has. */
export const sortOne = (ground: Ground, least?: number): boolean => {
  const { db, chunks, reader } = ground;
  const counts = db.prepare('SELECT tier, owner, count(*) AS n FROM chunks WHERE level = 0 GROUP BY tier, owner').all();
  const due = counts.find((row) => Number(row['n']) >= (least ?? SORTED_FROM[Number(row['tier'])] ?? 0));
  if (due === undefined) return false;
  const tier = Number(due['tier']);
  const places = chunks.list(BY_GROUP, tier, Number(due['owner']), Number.MAX_SAFE_INTEGER * -1, Number.MAX_SAFE_INTEGER);
  const opened = places.map(({ id }) => chunks.open(id));
  const members = new Set(opened.flatMap((chunk) => [...new Set(chunk.series)]));
  transaction(db, () => {
    for (const series of [...members].sort((a, b) => a - b)) {
      const rows = stack([{ series, cut: reader.readChunks(series, opened, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY) }]);
      if (rows !== null) insertBySpan(ground, tier, series, rows);
    }
    chunks.remove(places.map(({ id }) => id));
  });
  return true;
};

const insertBySpan = ({ db, chunks }: Ground, tier: number, series: number, rows: Rows): void => {
  const width = SPAN_MS[tier] ?? DAY_MS;
  const join = db.prepare('INSERT OR IGNORE INTO joins (tier, owner, span, due) VALUES (?, ?, ?, ?)');
  for (let from = 0; from < rows.at.length; ) {
    const span = Math.floor((rows.at[from] ?? 0) / width);
    let to = from + 1;
    while (to < rows.at.length && (rows.at[to] ?? 0) < (span + 1) * width) to += 1;
    for (let start = from; start < to; start += CHUNK_ROWS)
      chunks.insert(BY_SERIES, tier, series, sliceRows(rows, start, Math.min(to, start + CHUNK_ROWS)));
    join.run(tier, series, span, (span + 1) * width + JOIN_AFTER_MS);
    from = to;
  }
};

/** Joins the chunks of some spans that are over, each to as few as can be; false when none is due. */
export const joinSome = (ground: Ground, now: number, atMost: number): boolean => {
  const { db, chunks } = ground;
  const due = db.prepare('SELECT tier, owner, span FROM joins WHERE due <= ? LIMIT ? + 0').all(now, atMost);
  if (due.length === 0) return false;
  const done = db.prepare('DELETE FROM joins WHERE tier = ? AND owner = ? AND span = ?');
  transaction(db, () => {
    for (const row of due) {
      const [tier, owner, span] = [Number(row['tier']), Number(row['owner']), Number(row['span'])];
      const width = SPAN_MS[tier] ?? DAY_MS;
      const places = chunks.list(BY_SERIES, tier, owner, span * width, (span + 1) * width);
      const small = places.length > 1 && places.filter(({ rows }) => rows < CHUNK_ROWS).length > 1;
      if (small) {
        const cut = mergeCuts(places.map(({ id }) => chunks.open(id)).map((chunk) => wholeOf(ground, owner, chunk)));
        const rows = stack([{ series: owner, cut }]);
        chunks.remove(places.map(({ id }) => id));
        if (rows !== null) insertBySpan(ground, tier, owner, rows);
      }
      done.run(tier, owner, span);
    }
  });
  return true;
};

const wholeOf = ({ reader }: Ground, series: number, chunk: Parameters<typeof reader.readChunks>[1][number]) =>
  reader.readChunks(series, [chunk], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
