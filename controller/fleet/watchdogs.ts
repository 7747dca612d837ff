// What watching agents are to say when the controller is gone, kept encrypted, and sealed to each of them when it is compiled.
import { createHash } from 'node:crypto';
import { seal, sealingContext } from '../../protocol/sealing.ts';
import { type Watchdog, WATCHDOG_PLACE } from '../../protocol/watchdog.ts';
import type { Reader } from './model.ts';
import type { Vault } from './snmp/devices.ts';

export const watchdogPlace = (agent: string): string => `watchdog ${agent}`;

/** By agent. What was sealed for the same words and key is kept, so that the same fleet gives the same bytes. Inside the transaction that compiles. */
export const readSealedWatchdogs = async (trx: Reader, vault: Vault): Promise<ReadonlyMap<string, Watchdog>> => {
  const rows = await trx
    .selectFrom('watchdogs')
    .innerJoin('agents', 'agents.id', 'watchdogs.agent_id')
    .select(['agent_id', 'silent_after_ms', 'repeat_ms', 'pages', 'sealed', 'sealed_for', 'agents.sealing_key'])
    .execute();
  const found = new Map<string, Watchdog>();
  for (const row of rows) {
    const sealedFor = createHash('sha256').update(`${row.agent_id} ${row.sealing_key} ${row.pages}`).digest('hex');
    let { sealed } = row;
    if (row.sealed_for !== sealedFor) {
      const fresh = trySeal(row.sealing_key, row.agent_id, vault.decrypt(watchdogPlace(row.agent_id), row.pages));
      if (fresh === null) continue; // it enrolled with a damaged key: nothing can be told to it alone
      sealed = fresh;
      await trx.updateTable('watchdogs').set({ sealed, sealed_for: sealedFor }).where('agent_id', '=', row.agent_id).execute();
    }
    found.set(row.agent_id, { silentAfterMs: row.silent_after_ms, repeatMs: row.repeat_ms === 0 ? 0 : row.repeat_ms, sealed });
  }
  return found;
};

const trySeal = (key: string, agent: string, text: string): string | null => {
  try {
    return seal(key, sealingContext(agent, WATCHDOG_PLACE), text);
  } catch {
    return null;
  }
};
