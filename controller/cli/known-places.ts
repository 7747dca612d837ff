// What a data directory tells of its controller without one that runs: where its web admin listened last, and which InfluxDB it writes to.
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathsIn } from '../data.ts';
import type { InfluxSettings } from '../series/influx/settings.ts';
import { influxOf, type Settings } from '../settings.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';

export interface KnownInflux {
  readonly influx: InfluxSettings | null;
  /** In words. */
  readonly from: string;
}

/** As the controller chooses it: what the settings name, else what was chosen on the page Store. */
export const knownInflux = async (settings: Settings): Promise<KnownInflux> => {
  const named = influxOf(settings);
  if (named !== null) return { influx: named, from: 'named by the settings' };
  const { influx: file, keys } = pathsIn(settings.data);
  if (!existsSync(file))
    return { influx: null, from: `${settings.data} has no InfluxDB: the controller there writes to its embedded store` };
  const [{ keptInflux }, { openVault }] = await Promise.all([import('../storage/kept-influx.ts'), import('../pki/vault.ts')]);
  return { influx: readable(file, () => keptInflux({ file, vault: openVault(keys) })), from: 'chosen on the page Store' };
};

/** The address at which the web admin listened at its last start; null when none has run there. */
export const knownOrigin = (settings: Settings): URL | null => {
  const { control } = pathsIn(settings.data);
  if (!existsSync(control)) return null;
  const origin = readable(control, () => {
    const database = new DatabaseSync(control, { readOnly: true });
    try {
      return database.prepare(`SELECT value FROM settings WHERE key = 'origin'`).get()?.['value'];
    } finally {
      database.close();
    }
  });
  return typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : null;
};

const readable = <T>(path: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw new CommandFailed(EXIT.noPermission, `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
