import * as z from 'zod';
import type { Anchor, ControllerClock } from './ingest/clock.ts';
import { compiledOnce } from './state/compiled.ts';
import type { State } from './state/database.ts';
import type { Troubles } from './troubles.ts';

const KEY = 'clock';
const Kept = z.object({ bootId: z.string(), steadyMs: z.number(), now: z.number() });

/** Where the controller's time stood when it was last written down; null at the first start. */
export const keptClock = async (state: State): Promise<Anchor | null> => {
  const row = await state.selectFrom('settings').select('value').where('key', '=', KEY).executeTakeFirst();
  return row === undefined ? null : Kept.parse(JSON.parse(row.value));
};

export const keepClock = async (state: State, clock: ControllerClock): Promise<void> => {
  const value = JSON.stringify(clock.anchor());
  await write(state, KEY, value, value);
};

const write = compiledOnce((state) =>
  state
    .insertInto('settings')
    .values({ key: '', value: '' })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: '' })),
);

/** From this difference on an operator should know that the controller's time and the host's differ. */
const TELL_ABOVE_MS = 10_000;

export const tellClock = (awayMs: number, troubles: Troubles): void =>
  troubles.set(
    'clock',
    Math.abs(awayMs) <= TELL_ABOVE_MS
      ? null
      : `the host's wall clock is ${Math.round(awayMs / 1000)} s away from the time that the controller keeps, which follows by 0.1 ms a second; a reboot of the host takes it over`,
  );
