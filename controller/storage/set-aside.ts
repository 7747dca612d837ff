// Points that the store can never take: kept to be looked at, so that the rest goes on.
import type { Clock } from '../../protocol/time.ts';
import type { Log } from '../../protocol/log.ts';
import type { RefusedPoint } from '../series/refused.ts';
import type { State } from '../state/database.ts';

/** As it is shown. */
export interface SetAsidePoint {
  readonly refusedAt: number;
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly at: number;
  readonly fields: Readonly<Record<string, number | string | boolean>>;
  readonly reason: string;
}

export interface SetAside {
  /** Durable when it resolves; the same point again is the same row. */
  add(refused: readonly RefusedPoint[]): Promise<void>;
  /** How many there have been. */
  total(): Promise<number>;
  /** The newest ones. */
  list(limit: number): Promise<SetAsidePoint[]>;
  /** How many by reason, the most first, of those that are kept. */
  reasons(): Promise<{ readonly reason: string; readonly points: number }[]>;
  /** Forgets what is kept, once somebody has looked; the total stays. */
  clear(): Promise<void>;
}

/** The newest ones are kept; older ones are only counted. */
const KEPT = 10_000;
const ROWS_AT_ONCE = 500;
const TELL_EVERY_MS = 60_000;
/** In the table of settings: how many there have been. */
const TOTAL = 'set-aside-total';

export const openSetAside = (state: State, clock: Clock, log: Log): SetAside => {
  let toldAt = Number.NEGATIVE_INFINITY;
  let silent = 0;
  const tell = (refused: readonly RefusedPoint[]): void => {
    silent += refused.length;
    if (clock.monotonic() - toldAt < TELL_EVERY_MS) return;
    log.warn(
      'points-set-aside',
      `the store refuses ${silent === 1 ? 'a point' : `${silent} points`}: ${refused[0]?.reason ?? ''}; they are set aside, the rest goes on`,
    );
    toldAt = clock.monotonic();
    silent = 0;
  };
  return {
    async add(refused) {
      if (refused.length === 0) return;
      const refused_at = Math.floor(clock.now());
      await state.transaction().execute(async (all) => {
        let added = 0;
        for (let start = 0; start < refused.length; start += ROWS_AT_ONCE) {
          const rows = refused.slice(start, start + ROWS_AT_ONCE).map((one) => rowOf(one, refused_at));
          const result = await all
            .insertInto('set_aside')
            .values(rows)
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          added += Number(result.numInsertedOrUpdatedRows ?? 0);
        }
        const value = String((await readTotal(all)) + added);
        await all
          .insertInto('settings')
          .values({ key: TOTAL, value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
          .execute();
        const newest = await all
          .selectFrom('set_aside')
          .select(({ fn }) => fn.max('id').as('id'))
          .executeTakeFirst();
        await all
          .deleteFrom('set_aside')
          .where('id', '<=', Number(newest?.id ?? 0) - KEPT)
          .execute();
      });
      tell(refused);
    },
    total: () => readTotal(state),
    async list(limit) {
      const rows = await state.selectFrom('set_aside').selectAll().orderBy('id', 'desc').limit(limit).execute();
      return rows.map(({ refused_at, measurement, tags, at, fields, reason }) => ({
        refusedAt: refused_at,
        measurement,
        tags: JSON.parse(tags),
        at,
        fields: JSON.parse(fields),
        reason,
      }));
    },
    async reasons() {
      const rows = await state
        .selectFrom('set_aside')
        .select(['reason', ({ fn }) => fn.countAll<number>().as('points')])
        .groupBy('reason')
        .orderBy('points', 'desc')
        .limit(20)
        .execute();
      return rows.map(({ reason, points }) => ({ reason, points: Number(points) }));
    },
    async clear() {
      await state.deleteFrom('set_aside').execute();
    },
  };
};

const rowOf = ({ point, reason }: RefusedPoint, refused_at: number) => ({
  refused_at,
  measurement: point.measurement,
  tags: JSON.stringify(Object.fromEntries(Object.entries(point.tags).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
  at: point.at,
  fields: JSON.stringify(point.fields),
  reason: reason.slice(0, 500),
});

const readTotal = async (state: Pick<State, 'selectFrom'>): Promise<number> =>
  Number((await state.selectFrom('settings').select('value').where('key', '=', TOTAL).executeTakeFirst())?.value ?? 0);
