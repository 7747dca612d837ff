import { transaction } from '../../../protocol/database.ts';
import { BY_GROUP, BY_SERIES } from './chunks.ts';
import type { Rows } from './codec/chunk.ts';
import { type Ground, readNewest } from './ground.ts';
import { RAW } from './plan.ts';
import { seal } from './seal.ts';
import { forgetSilent } from './upkeep.ts';

/** Deletes every point before this time from the file, also those in the middle of a chunk; how many rows. Roll-ups stay. */
export const deleteRaw = (ground: Ground, before: number): number => {
  const { db, chunks } = ground;
  seal(ground);
  const old = db.prepare('SELECT id, level, owner FROM chunks WHERE tier = 0 AND from_at < ?').all(before);
  let deleted = 0;
  transaction(db, () => {
    for (const row of old) {
      const id = Number(row['id']);
      const chunk = chunks.open(id);
      const columns = new Map([...chunk.keys].map((key) => [key, chunk.column(key) ?? []] as const));
      const kept = keep({ series: chunk.series, at: chunk.at, columns }, before);
      deleted += chunk.length - kept.at.length;
      chunks.remove([id]);
      if (kept.at.length > 0) chunks.insert(Number(row['level']) === BY_GROUP ? BY_GROUP : BY_SERIES, RAW, Number(row['owner']), kept);
    }
  });
  readNewest(ground);
  forgetSilent(ground);
  return deleted;
};

const keep = ({ series, at, columns }: Rows, before: number): Rows => {
  const stays = (_: unknown, row: number): boolean => (at[row] ?? 0) >= before;
  return {
    series: series.filter(stays),
    at: at.filter(stays),
    columns: new Map(
      [...columns].map(([key, column]) => [key, column instanceof Float64Array ? column.filter(stays) : column.filter(stays)]),
    ),
  };
};
