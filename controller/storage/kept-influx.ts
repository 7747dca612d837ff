import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { InfluxSettings } from '../series/influx/settings.ts';

/** What the page has set, password and token included: a file of its owner's only. null when there is none. Throws when it cannot be read. */
export const keptInflux = (file: string): InfluxSettings | null =>
  existsSync(file) ? InfluxSettings.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;

export const keepInflux = (file: string, settings: InfluxSettings): void => {
  writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};
