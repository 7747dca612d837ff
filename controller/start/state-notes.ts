import type { State } from '../state/database.ts';

/** Small facts that a start leaves for the next one and for the command line. */
export type Note = 'local-agent' | 'origin' | 'seeded' | 'backfill';

export const readNote = async (state: State, key: Note): Promise<string | null> =>
  (await state.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst())?.value ?? null;

export const writeNote = async (state: State, key: Note, value: string): Promise<void> => {
  await state
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
};
