// The commands that look after a controller: settings, doctor, backup and restore.
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../../protocol/time.ts';
import { pathsIn, prepareDirectory } from '../data.ts';
import { PROGRAM, START } from '../program.ts';
import { dataDirectory, NAMES, readSettings, type Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { becomeOwnerOf } from './owner.ts';
import { openProgress } from './progress.ts';
import { formatTable } from './words.ts';

interface Common {
  readonly data?: string;
  readonly config?: string;
  readonly json?: boolean;
}
type Print = (text: string) => void;

const local = (command: Command): Command =>
  command
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data, of the package /var/lib/sonde-controller)')
    .option('--json', 'JSON instead of text');

/** `config show`. */
export const configCommands = (print: Print): Command => {
  const config = new Command('config').description('settings');
  local(config.command('show'))
    .option('--config <file>', 'settings (SONDE_CONFIG; /etc/sonde/controller.yaml of the package)')
    .description('every setting, its value, and where that came from: file, SONDE_*, flag or default')
    .action((flags: Common) => {
      const settings = settingsOf(flags);
      const values: Readonly<Record<string, unknown>> = { ...settings };
      const rows = NAMES.map((name) => ({
        name,
        value: SECRET.test(name) && values[name] !== '' ? '…' : withoutPassword(values[name] ?? null),
        from: settings.origins[name] ?? 'default',
      }));
      const all = [{ name: 'data', value: settings.data, from: originOfData(flags) }, ...rows];
      print(
        flags.json === true
          ? JSON.stringify({ settings: all })
          : formatTable(
              ['setting', 'value', 'from'],
              all.map(({ name, value, from }) => [name, Array.isArray(value) ? value.join(', ') || '-' : String(value ?? '-'), from]),
            ),
      );
    });
  return config;
};

/** `doctor`. */
export const doctorCommand = (print: Print, end: (code: number) => void): Command =>
  local(new Command('doctor'))
    .option('--config <file>', 'settings (SONDE_CONFIG; /etc/sonde/controller.yaml of the package)')
    .description('look at everything that a controller needs, and say how to mend what is missing')
    .addHelpText(
      'after',
      '\nThe exit code is that of the first step that failed (sysexits(3)): 69 unreachable or in use, 73 the directory, 78 configuration.',
    )
    .action(async (flags: Common) => {
      const { examine } = await import('../doctor/examine.ts');
      end(await examine(settingsOf(flags), flags.json === true, print));
    });

/** `backup` and `restore`. */
export const backupCommand = (print: Print, signal: AbortSignal): Command =>
  local(new Command('backup'))
    .argument('<file>', 'the file to write; - for standard output')
    .description('write everything that this controller is into one file, while it runs')
    .addHelpText(
      'after',
      `
The file holds the keys: whoever has it can be this controller. It is made for its owner's eyes only; keep it so.

  ${PROGRAM} backup /var/backups/sonde-$(date +%F).tar.zst
  ${PROGRAM} backup - | ssh other-host "cat > sonde.tar.zst"`,
    )
    .action(async (file: string, flags: Common) => {
      const data = dataDirectory(flags.data);
      if (!existsSync(pathsIn(data).control))
        throw new CommandFailed(EXIT.unavailable, `no controller has ever run on ${data}: name the directory with --data DIR`);
      const path = file === '-' ? null : resolve(file);
      const partial = `${path}.partial`;
      const to = path === null ? process.stdout : createWriteStream(partial, { mode: 0o600, flush: true });
      if (path !== null) await new Promise((opened, failed) => to.once('open', opened).once('error', failed)); // as who we are, before we become the owner
      becomeOwnerOf(data);
      const progress = openProgress();
      const { writeBackup } = await import('../backup/backup.ts');
      try {
        const manifest = await writeBackup({ data, version: VERSION, atMs: systemClock.now(), tell: progress.tell }, to, signal);
        process.seteuid?.(process.getuid?.() ?? 0);
        if (path !== null) renameSync(partial, path);
        progress.end();
        const bytes = path === null ? null : statSync(path).size;
        if (path === null) return;
        print(
          flags.json === true
            ? JSON.stringify({ file: path, bytes, ...manifest })
            : `${path}: ${mib(bytes ?? 0)}, ${manifest.files.length} files`,
        );
      } catch (error) {
        process.seteuid?.(process.getuid?.() ?? 0);
        if (path !== null) rmSync(partial, { force: true });
        throw error;
      }
    });

export const restoreCommand = (print: Print, signal: AbortSignal): Command =>
  local(new Command('restore'))
    .argument('<file>', 'a backup; - for standard input')
    .option('--force', 'put what is in the directory aside, instead of refusing')
    .description('make a stopped controller, here or on another host, what the backup says')
    .addHelpText(
      'after',
      `
To move a controller: stop it, back it up, restore it on the new host, and give the new host its old name or address. Agents know the controller by its
keys, which are in the backup: they follow by themselves, and send what they have kept meanwhile.

  ${PROGRAM} restore sonde.tar.zst`,
    )
    .action(async (file: string, flags: Common & { force?: boolean }) => {
      const data = dataDirectory(flags.data);
      const path = file === '-' ? null : resolve(file);
      if (path !== null && !existsSync(path)) throw new CommandFailed(EXIT.data, `${path} is not there`);
      const from = path === null ? process.stdin : createReadStream(path);
      if (path !== null) await new Promise((opened, failed) => from.once('open', opened).once('error', failed));
      const sizeBytes = path === null ? 0 : statSync(path).size;
      if (existsSync(data)) becomeOwnerOf(data);
      else prepareDirectory(data);
      const { lockDirectory } = await import('../start/lock.ts');
      using lock = lockDirectory(data);
      if (lock === null) throw new CommandFailed(EXIT.unavailable, `a controller runs on ${data}: stop it first`);
      const progress = openProgress();
      const { restoreBackup, RestoreRefused } = await import('../backup/restore.ts');
      try {
        const options = { data, sizeBytes, atMs: systemClock.now(), force: flags.force === true, tell: progress.tell };
        const { manifest, before, generation } = await restoreBackup(from, options, signal);
        progress.end();
        const lines = [
          `${data} is the controller of ${new Date(manifest.at).toISOString().slice(0, 19)} UTC (version ${manifest.version})`,
          ...(before === null ? [] : [`  what was there before is in ${before}`]),
          generation === null
            ? '  the root key is not in the backup: agents take new configurations only once their revision is above what they have'
            : `  configurations go on in generation ${generation}`,
          `  start it: ${START}`,
        ];
        print(
          flags.json === true ? JSON.stringify({ data, at: manifest.at, version: manifest.version, before, generation }) : lines.join('\n'),
        );
      } catch (error) {
        progress.end();
        if (error instanceof RestoreRefused) throw new CommandFailed(EXIT.data, error.message);
        throw error;
      }
    });

const settingsOf = ({ data, config }: Common): Settings => {
  const settings = readSettings(dataDirectory(data), {}, undefined, config);
  if (!settings.ok) throw new CommandFailed(EXIT.config, settings.reason);
  return settings.value;
};

const originOfData = ({ data }: Common): string =>
  data !== undefined ? 'the command line' : dataDirectory(undefined) === dataDirectory(undefined, {}) ? 'default' : 'the environment';

const SECRET = /password|token$/;
/** An address may carry one. */
const withoutPassword = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/\/\/([^:/@]*):[^@]+@/, '//$1:…@') : value);

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
