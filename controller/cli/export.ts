// Dashboards and scrape configurations as files, for the tools that an operator has already.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import type { ExportFile } from '../dashboards/chronograf.ts';
import { dataDirectory, influxOf, readSettings, type Settings } from '../settings.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';

interface Flags {
  readonly data?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly database?: string;
  readonly retentionPolicy?: string;
  readonly url?: string;
  readonly address?: string;
}

/** Works without a running controller; what the settings say about InfluxDB goes into the files, its password never. */
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
    for (const { path, text } of files) {
      mkdirSync(dirname(join(out, path)), { recursive: true });
      writeFileSync(join(out, path), text);
    }
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
      write('chronograf', flags, chronografFiles(DASHBOARDS, placeOf(flags)), [
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
      const influx = influxOf(settingsOf(flags));
      const url = flags.url ?? influx?.url ?? 'http://127.0.0.1:8086';
      const options = { ...placeOf(flags), url, user: influx?.user ?? '', withToken: (influx?.token ?? '') !== '' };
      write('grafana', flags, grafanaFiles(DASHBOARDS, options), [
        'one by one:   Dashboards, New, Import, a file of OUT/import',
        'provisioned:  copy OUT/provisioning into /etc/grafana/provisioning, OUT/dashboards/*.json into /var/lib/grafana/dashboards/sonde',
      ]);
    });
  command('prometheus', 'scrape configuration and alert rules')
    .option('--address <host:port>', "the controller's web admin as Prometheus reaches it")
    .action(async (flags: Flags) => {
      const { prometheusFiles } = await import('../dashboards/prometheus.ts');
      const settings = settingsOf(flags);
      const address = flags.address ?? `${settings['public-host'][0] ?? '127.0.0.1'}:${settings.http}`;
      write('prometheus', flags, prometheusFiles({ address, tls: settings.tls }), [
        'prometheus --config.file=OUT/prometheus.yml',
        ...(settings.tls
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

const placeOf = (flags: Flags): { database: string; retentionPolicy: string } => {
  const settings = settingsOf(flags);
  return {
    database: flags.database ?? settings['influx-database'],
    retentionPolicy: flags.retentionPolicy ?? settings['influx-retention-policy'],
  };
};
