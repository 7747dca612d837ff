// What the store does by itself, a piece at a time: seal, roll up, sort, join, and, when all that is done, delete what is too old.
import { transaction } from '../../../protocol/database.ts';
import { type Maintained, type Retention, TIERS } from '../store.ts';
import { BY_GROUP } from './chunks.ts';
import type { Dictionary } from './dictionary.ts';
import { type Ground, readNewest } from './ground.ts';
import { HOUR_MS, RAW } from './plan.ts';
import { isSketch, rollUp } from './rollup.ts';
import { stack } from './rows.ts';
import { joinSome, sealSome, sortOne } from './seal.ts';

/** What is in the log this long is sealed. */
const SEAL_AFTER_MS = 5 * 60_000;
/** An hour is rolled up when it is over and rounds have had this long to come in. */
const ROLL_UP_AFTER_MS = 2 * 60_000;
/** Rows. */
const SEALED_AT_ONCE = 10_000;
const JOINS_AT_ONCE = 20;
const DELETED_AT_ONCE = 500;

export interface Upkeep {
  /** One piece; `more` when there may be another. */
  piece(now: number, retention: Retention): Maintained;
}

export const openUpkeep = (ground: Ground): Upkeep => {
  let unsealedSince: number | null = null;
  const done = (more: boolean, windowsRolledUp = 0, rowsDeleted = 0): Maintained => ({ more, windowsRolledUp, rowsDeleted });
  return {
    piece(now, retention) {
      if (ground.head.rows === 0) unsealedSince = null;
      else unsealedSince ??= now;
      if (unsealedSince !== null && (now - unsealedSince >= SEAL_AFTER_MS || now < unsealedSince)) {
        sealSome(ground, SEALED_AT_ONCE);
        if (ground.sealing === null) unsealedSince = null;
        return done(true);
      }
      const rolledUp = rollUpNext(ground, Math.floor((now - ROLL_UP_AFTER_MS) / HOUR_MS));
      if (rolledUp > 0) return done(true, rolledUp);
      if (sortOne(ground) || joinSome(ground, now, JOINS_AT_ONCE)) return done(true);
      const rowsDeleted = deleteOld(ground, now, retention);
      return done(rowsDeleted > 0, 0, rowsDeleted);
    },
  };
};

/** The hours before this one of one group and one hour; how many series. What is older than the points are kept stays as it was rolled up. */
export const rollUpNext = (ground: Ground, beforeHour: number): number => {
  const { db, chunks, dictionary, index, reader, windows, floors } = ground;
  const next = windows.next(beforeHour);
  if (next === null) return 0;
  const first = index.find(next.series);
  const { hour } = next;
  const members = first === null ? [] : index.ofGroup(first.group).filter(({ id }) => windows.has(id, hour));
  const isKept = hour * HOUR_MS >= (floors[RAW] ?? 0);
  const points = isKept
    ? stack(members.map((known) => ({ series: known.id, cut: reader.read(known, RAW, hour * HOUR_MS, (hour + 1) * HOUR_MS) })))
    : null;
  const sketches = first === null ? new Set<number>() : sketchesOf(dictionary, first.measurement);
  const tiers = points === null ? [] : rollUp(points, (field) => sketches.has(field));
  const ids = first === null ? [next.series] : members.map(({ id }) => id);
  transaction(db, () => {
    for (const [i, rows] of tiers.entries()) chunks.insert(BY_GROUP, i + 1, first?.group ?? 0, rows);
    for (const id of ids) windows.done(id, hour);
  });
  for (const id of ids) windows.noteDone(id, hour);
  return ids.length;
};

const sketchesOf = (dictionary: Dictionary, measurement: string): Set<number> =>
  new Set(dictionary.fields(measurement).flatMap(({ field, number }) => (isSketch(measurement, field) ? [number] : [])));

/** Raises the floors, and deletes some of the chunks that lie below them as a whole; how many rows. A coarser tier is kept at least as long. */
const deleteOld = (ground: Ground, now: number, retention: Retention): number => {
  const { db, floors } = ground;
  let lowest = Number.POSITIVE_INFINITY;
  const raised = TIERS.map((tier, i) => {
    lowest = Math.min(lowest, Math.max(floors[i] ?? 0, Math.floor(now - retention[tier])));
    return lowest;
  });
  const old = db.prepare('SELECT id, rows FROM chunks WHERE tier = ? AND to_at < ? LIMIT ? + 0');
  const write = db.prepare('INSERT OR REPLACE INTO floors (tier, at) VALUES (?, ?)');
  const doomed = raised.flatMap((floor, tier) => old.all(tier, floor, DELETED_AT_ONCE));
  transaction(db, () => {
    for (const [tier, floor] of raised.entries()) write.run(tier, Math.max(0, floor));
    ground.chunks.remove(doomed.map((row) => Number(row['id'])));
  });
  floors.splice(0, floors.length, ...raised.map((floor) => Math.max(0, floor)));
  if (doomed.length > 0) forgetSilent(ground);
  return doomed.reduce((sum, row) => sum + Number(row['rows']), 0);
};

/** Series that have nothing left in any tier are forgotten. */
export const forgetSilent = (ground: Ground): void => {
  const { db, index, newest, head, floors } = ground;
  readNewest(ground);
  const bySeries = db.prepare('SELECT 1 FROM chunks WHERE level = 1 AND tier = ? AND owner = ? LIMIT 1');
  const byGroup = db.prepare('SELECT 1 FROM chunks WHERE level = 0 AND tier = ? AND owner = ? LIMIT 1');
  const silent = [...index.all()].filter(
    ({ id, group }) =>
      !newest.has(id) &&
      head.places(id).length === 0 &&
      floors.keys().every((tier) => bySeries.get(tier, id) === undefined && byGroup.get(tier, group) === undefined),
  );
  if (silent.length === 0) return;
  transaction(db, () => index.forget(silent.map(({ id }) => id)));
  index.reload();
};
