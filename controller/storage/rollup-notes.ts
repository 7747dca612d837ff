import type { NotedPart, PartName, RollUpNotes } from '../series/influx/rollups/notes.ts';
import type { State } from '../state/database.ts';

const ROWS_AT_ONCE = 500;

/** In the control database, beside those of other places. `place`: which InfluxDB and database. */
export const rollUpNotes = (state: State, place: string): RollUpNotes => ({
  async read() {
    const parts = await state.selectFrom('rollup_parts').selectAll().where('place', '=', place).execute();
    const hours = await state.selectFrom('rollup_hours').selectAll().execute();
    const byPart = Map.groupBy(hours, ({ part_id }) => part_id);
    return parts.map(({ id, measurement, tag, value, from_hour }) => ({
      measurement,
      tag,
      value,
      fromHour: from_hour,
      hours: (byPart.get(id) ?? []).map(({ hour }) => hour),
    }));
  },
  wait: (parts) =>
    state.transaction().execute(async (all) => {
      for (const part of parts) await addHours(all, await idOf(all, place, part), part.hours);
    }),
  done: (part, hours) =>
    state.transaction().execute(async (all) => {
      const id = await find(all, place, part);
      if (id !== null) await all.deleteFrom('rollup_hours').where('part_id', '=', id).where('hour', 'in', hours).execute();
    }),
  replace: (parts) =>
    state.transaction().execute(async (all) => {
      for (const part of parts) {
        const id = await idOf(all, place, part);
        await all.updateTable('rollup_parts').set({ from_hour: part.fromHour }).where('id', '=', id).execute();
        await all.deleteFrom('rollup_hours').where('part_id', '=', id).execute();
        await addHours(all, id, part.hours);
      }
    }),
});

type Session = Pick<State, 'selectFrom' | 'insertInto'>;

const find = async (state: Session, place: string, { measurement, tag, value }: PartName): Promise<number | null> => {
  const row = await state
    .selectFrom('rollup_parts')
    .select('id')
    .where('place', '=', place)
    .where('measurement', '=', measurement)
    .where('tag', '=', tag)
    .where('value', '=', value)
    .executeTakeFirst();
  return row?.id ?? null;
};

const idOf = async (state: Session, place: string, part: NotedPart): Promise<number> => {
  const known = await find(state, place, part);
  if (known !== null) return known;
  const { measurement, tag, value, fromHour } = part;
  const row = await state
    .insertInto('rollup_parts')
    .values({ place, measurement, tag, value, from_hour: fromHour })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
};

const addHours = async (state: Session, part_id: number, hours: readonly number[]): Promise<void> => {
  for (let start = 0; start < hours.length; start += ROWS_AT_ONCE)
    await state
      .insertInto('rollup_hours')
      .values(hours.slice(start, start + ROWS_AT_ONCE).map((hour) => ({ part_id, hour })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
};
