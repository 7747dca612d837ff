// Dashboards and scrape configurations as files, for the tools that an operator has already.
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import type { ExportFile } from '../dashboards/chronograf.ts';
import { makeDirectories } from '../data.ts';
import { dataDirectory, readSettings, type Settings } from '../settings.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { type KnownInflux, knownInflux, knownOrigin } from './known-places.ts';

interface Flags {
  readonly data?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly database?: string;
  readonly retentionPolicy?: string;
  readonly url?: string;
  readonly address?: string;
}

/** Works without a running controller; what the data directory and the settings say about InfluxDB goes into the files, its password never. */
export const exportCommands = (print: (text: string) => void): Command => {
  const group = new Command('export').description('dashboards for Chronograf and Grafana, scrape configuration and rules for Prometheus');
  const command = (name: string, what: string): Command =>
    group
      .command(name)
      .description(what)
      .option('--out <dir>', `directory to write to (./sonde-${name})`)
      .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)')
      .option('--json', 'the list of files as JSON');
  const write = (name: string, flags: Flags, files: readonly ExportFile[], hints: readonly string[]): void => {
    const out = resolve(flags.out ?? `sonde-${name}`);
    for (const { path, text } of files) writeTo(join(out, path), text);
    print(
      flags.json === true
        ? JSON.stringify({ directory: out, files: files.map(({ path }) => path) })
        : [`wrote ${files.length} files to ${out}`, ...hints.map((hint) => `  ${hint.replaceAll('OUT', out)}`)].join('\n'),
    );
  };

  command('chronograf', 'dashboards as import files and as resources')
    .option('--database <name>', 'the database of InfluxDB (telegraf)')
    .option('--retention-policy <name>', 'one that is not the default one')
    .action(async (flags: Flags) => {
      const [{ chronografFiles }, { DASHBOARDS }] = await Promise.all([
        import('../dashboards/chronograf.ts'),
        import('../dashboards/index.ts'),
      ]);
      const { database, retentionPolicy, from } = await placeOf(flags);
      write('chronograf', flags, chronografFiles(DASHBOARDS, { database, retentionPolicy }), [
        `database:    ${database} (${from})`,
        'one by one:  Dashboards, Import Dashboard, a file of OUT/import',
        "all:         copy OUT/resources/*.dashboard into Chronograf's --resources-path (/usr/share/chronograf/resources)",
      ]);
    });
  command('grafana', 'dashboards as import files and provisioned, with their data source')
    .option('--url <url>', 'the InfluxDB as Grafana reaches it')
    .option('--database <name>', 'its database or bucket (telegraf)')
    .option('--retention-policy <name>', 'one that is not the default one')
    .action(async (flags: Flags) => {
      const [{ grafanaFiles }, { DASHBOARDS }] = await Promise.all([import('../dashboards/grafana.ts'), import('../dashboards/index.ts')]);
      const { database, retentionPolicy, influx, from } = await placeOf(flags);
      const url = flags.url ?? influx?.url ?? 'http://127.0.0.1:8086';
      const options = { database, retentionPolicy, url, user: influx?.user ?? '', withToken: (influx?.token ?? '') !== '' };
      write('grafana', flags, grafanaFiles(DASHBOARDS, options), [
        `data source:  ${url}, database ${database} (${flags.url === undefined ? from : 'as given'})`,
        'one by one:   Dashboards, New, Import, a file of OUT/import',
        'provisioned:  copy OUT/provisioning into /etc/grafana/provisioning, OUT/dashboards/*.json into /var/lib/grafana/dashboards/sonde',
      ]);
    });
  command('prometheus', 'scrape configuration and alert rules')
    .option('--address <host:port>', "the controller's web admin as Prometheus reaches it")
    .action(async (flags: Flags) => {
      const { prometheusFiles } = await import('../dashboards/prometheus.ts');
      const settings = settingsOf(flags);
      const origin = knownOrigin(settings);
      const address = flags.address ?? addressOf(settings, origin);
      const tls = origin === null ? settings.tls : origin.protocol === 'https:';
      const from =
        flags.address !== undefined
          ? 'as given'
          : origin === null
            ? 'by the settings: no controller has run there yet'
            : 'where it listened last';
      write('prometheus', flags, prometheusFiles({ address, tls }), [
        `scrapes ${address} (${from}); another one: --address HOST:PORT`,
        'prometheus --config.file=OUT/prometheus.yml',
        ...(tls
          ? ['beside it: ca.crt, from keys/ of the data directory, and sonde-token, what "controller api-token create prometheus" prints']
          : []),
      ]);
    });
  return group;
};

const settingsOf = (flags: Flags): Settings => {
  const settings = readSettings(dataDirectory(flags.data), {});
  if (!settings.ok) throw new CommandFailed(EXIT.config, settings.reason);
  return settings.value;
};

/** Flags first, then the InfluxDB of the data directory. */
const placeOf = async (flags: Flags): Promise<KnownInflux & { readonly database: string; readonly retentionPolicy: string }> => {
  const settings = settingsOf(flags);
  const known = await knownInflux(settings);
  return {
    ...known,
    database: flags.database ?? known.influx?.database ?? settings['influx-database'],
    retentionPolicy: flags.retentionPolicy ?? known.influx?.retentionPolicy ?? settings['influx-retention-policy'],
  };
};

/** The name that people use for this host, with the port that the web admin has. */
const addressOf = (settings: Settings, origin: URL | null): string => {
  const isEverywhere = origin === null || ['0.0.0.0', '[::]'].includes(origin.hostname);
  const listens = origin !== null && !isEverywhere ? origin.hostname : settings.tls ? settings.hostname : '127.0.0.1';
  const port = origin === null ? settings.http : Number(origin.port || (origin.protocol === 'https:' ? 443 : 80));
  return `${settings['public-host'][0] ?? listens}:${port}`;
};

const writeTo = (path: string, text: string): void => {
  try {
    makeDirectories(dirname(path));
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailed(EXIT.cannotCreate, `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
};
