import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Vault } from '../pki/vault.ts';
import { InfluxSettings } from '../series/influx/settings.ts';

/** Where what the page has set is kept: a file of its owner's only, password and token encrypted in it. */
export interface KeptPlace {
  readonly file: string;
  readonly vault: Vault;
}

const PLACE = 'influx';
const Secrets = z.strictObject({ password: z.string(), token: z.string() });
const Kept = InfluxSettings.omit({ password: true, token: true }).extend({ secrets: z.string() });

/** null when there is none. Throws when it cannot be read. */
export const keptInflux = ({ file, vault }: KeptPlace): InfluxSettings | null => {
  if (!existsSync(file)) return null;
  const { secrets, ...settings } = Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { ...settings, ...Secrets.parse(JSON.parse(vault.decrypt(PLACE, secrets))) };
};

export const keepInflux = ({ file, vault }: KeptPlace, { password, token, ...settings }: InfluxSettings): void => {
  const kept: z.infer<typeof Kept> = { ...settings, secrets: vault.encrypt(PLACE, JSON.stringify({ password, token })) };
  writeFileSync(`${file}.tmp`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
};
