import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { exportCommands } from '../../../../controller/cli/export.ts';
import { openDatabase, pathsIn, prepareDirectory } from '../../../../controller/data.ts';
import { openVault } from '../../../../controller/pki/vault.ts';
import { InfluxSettings } from '../../../../controller/series/influx/settings.ts';
import { writeNote } from '../../../../controller/start/state-notes.ts';
import { openState } from '../../../../controller/state/database.ts';
import { keepInflux } from '../../../../controller/storage/kept-influx.ts';

const directory = mkdtempSync(join(tmpdir(), 'sonde-export-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
/** What it printed. */
const run = async (...words: string[]): Promise<string> => {
  const printed: string[] = [];
  await exportCommands((text) => printed.push(text)).parseAsync(words, { from: 'user' });
  return printed.join('\n');
};

t.test('export: what the data directory knows goes into the files, and is said', async (t) => {
  const data = join(directory, 'data');
  prepareDirectory(data);
  const { influx: file, keys, control } = pathsIn(data);
  mkdirSync(keys);
  const chosen = { url: 'http://influx.example.net:18086', database: 'network', user: 'sonde', password: 'hidden', token: 'hidden' };
  keepInflux({ file, vault: openVault(keys) }, InfluxSettings.parse(chosen));
  const state = openState(openDatabase(control));
  await writeNote(state, 'origin', 'http://127.0.0.1:18123');
  await state.destroy();

  const out = join(directory, 'out');
  t.match(
    await run('grafana', '--data', data, '--out', out),
    /http:\/\/influx\.example\.net:18086, database network \(chosen on the page Store\)/,
  );
  const source = readFileSync(join(out, 'provisioning/datasources/sonde.yaml'), 'utf8');
  t.match(source, /http:\/\/influx\.example\.net:18086/);
  t.match(source, /network/);
  t.notMatch(source, /hidden/);
  t.match(await run('chronograf', '--data', data, '--out', out), /network \(chosen on the page Store\)/);
  t.match(await run('prometheus', '--data', data, '--out', out), /scrapes 127\.0\.0\.1:18123 \(where it listened last\)/);
  t.match(readFileSync(join(out, 'prometheus.yml'), 'utf8'), /127\.0\.0\.1:18123/);
});

t.test('export: of a directory that knows nothing, it says so', async (t) => {
  const data = join(directory, 'nobody');
  const out = join(directory, 'elsewhere', 'deep');
  t.match(
    await run('prometheus', '--data', data, '--out', out),
    /scrapes 127\.0\.0\.1:8080 \(by the settings: no controller has run there yet\)/,
  );
  t.match(await run('grafana', '--data', data, '--out', out), /has no InfluxDB/);
});

t.test('export: where nothing can be made it ends, with the path', async (t) => {
  await t.rejects(
    run('prometheus', '--data', directory, '--out', '/proc/sonde/x'),
    /^\/proc\/sonde\/x\/prometheus\.yml cannot be written: ENOENT/,
  );
});
