import { defaultMachineSettings, MachineSettings } from '../../../protocol/machine-settings.ts';
import type { State } from '../../state/database.ts';
import { audit, nextRevision, type Reader } from '../model.ts';

const KEY = 'machine';

/** What every agent looks at on its own machine; the defaults until somebody says otherwise. */
export const readMachineSettings = async (state: Reader): Promise<MachineSettings> => {
  const row = await state.selectFrom('settings').select('value').where('key', '=', KEY).executeTakeFirst();
  return row === undefined ? defaultMachineSettings : MachineSettings.parse(JSON.parse(row.value));
};

/** Keeps them as a revision of the fleet; who calls pushes it. */
export const keepMachineSettings = async (state: State, settings: MachineSettings, at: number, actor: string): Promise<void> => {
  const row = { key: KEY, value: JSON.stringify(settings) };
  await state.transaction().execute(async (trx) => {
    await trx
      .insertInto('settings')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute();
    await nextRevision(trx, at, actor, 'what agents look at on their own machines');
    await audit(trx, at, actor, 'machine-settings', settings);
  });
};
