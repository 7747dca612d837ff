// What they need is loaded when they run, so that every command answers at once.
// The commands that work on the data directory itself, whether the controller runs or not.
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { SetupRequest } from '../../protocol/api.ts';
import { describe } from '../../protocol/codec.ts';
import { systemRandom } from '../../protocol/random.ts';
import { systemClock } from '../../protocol/time.ts';
import { parseCount } from './words.ts';
import { openDatabase, pathsIn } from '../data.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { becomeOwnerOf } from './owner.ts';
import { START } from '../program.ts';
import { dataDirectory } from '../settings.ts';
import type { State } from '../state/database.ts';

interface Common {
  readonly data?: string;
  readonly json?: boolean;
}
type Print = (text: string) => void;

/** SQLite lets a second process write beside the controller, which reads users and the set-up token anew each time. */
const withState = async <T>(flags: Common, work: (state: State) => Promise<T>): Promise<T> => {
  const data = dataDirectory(flags.data);
  const path = pathsIn(data).control;
  if (!existsSync(path))
    throw new CommandFailed(
      EXIT.unavailable,
      `no controller has ever run on ${data}: start it once (${START}), or name its directory with --data DIR`,
    );
  becomeOwnerOf(data);
  const { openState } = await import('../state/database.ts');
  const state = openState(openDatabase(path));
  try {
    return await work(state);
  } finally {
    await state.destroy();
  }
};

export const setupLinkCommand = (print: Print): Command =>
  new Command('setup-link')
    .description('print a new one-time link that makes the first admin; older links are then worthless')
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)')
    .option('--json', 'JSON instead of text')
    .action((flags: Common) =>
      withState(flags, async (state) => {
        const [{ makeSetupLink }, { readNote }] = await Promise.all([import('../api/setup-link.ts'), import('../start/state-notes.ts')]);
        const origin = (await readNote(state, 'origin')) ?? 'http://127.0.0.1:8080';
        const link = await makeSetupLink(state, { clock: systemClock, random: systemRandom, origin });
        if (link === null) throw new CommandFailed(EXIT.data, 'an admin exists already: sign in, or add one with "user add NAME --admin"');
        print(flags.json === true ? JSON.stringify({ url: link.url, expiresAt: link.expiresAt }) : link.url);
      }),
    );

/** The password comes on standard input, so that it stands in no process list and in no history. */
export const userCommands = (print: Print): Command => {
  const user = new Command('user').description('who may sign in');
  user
    .command('add <login>')
    .description('add a user, or give one a new password; the password is read from standard input')
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)')
    .option('--name <text>', 'what people read')
    .option('--admin', 'may do everything; otherwise looks only, with --operator changes targets too')
    .option('--operator', 'may change targets and labels')
    .option('--json', 'JSON instead of text')
    .action(async (login: string, flags: Common & { name?: string; admin?: boolean; operator?: boolean }) => {
      if (process.stdin.isTTY) process.stderr.write('password (then Ctrl-D): ');
      const password = (await text(process.stdin)).replace(/\r?\n$/, '');
      const parsed = SetupRequest.pick({ login: true, name: true, password: true }).safeParse({
        login,
        name: flags.name ?? login,
        password,
      });
      if (!parsed.success) throw new CommandFailed(EXIT.data, describe(parsed.error));
      const role = flags.admin === true ? 'admin' : flags.operator === true ? 'operator' : 'viewer';
      await withState(flags, async (state) => {
        const { openPasswords } = await import('../api/passwords.ts');
        const password_hash = await openPasswords(systemRandom).hash(parsed.data.password);
        const row = { name: parsed.data.name, role, password_hash } as const;
        await state
          .insertInto('users')
          .values({ id: systemRandom.hex(8), login, created_at: Math.floor(systemClock.now()), ...row })
          .onConflict((conflict) => conflict.column('login').doUpdateSet(row))
          .execute();
      });
      print(flags.json === true ? JSON.stringify({ login, role }) : `${login} may sign in as ${role}`);
    });
  return user;
};

const MOSQUITTO_HELP = `
The directory may be moved to the broker's host as a whole, with the paths in its mosquitto.conf. The authority's key is not in it.

A revoked agent loses its session at once. So that it gets no other, Mosquitto reads revoked.crl, which the controller hands out on its port for agents.
On the broker's host, in root's crontab, a line like this fetches it and has Mosquitto read it when it has changed:

  * * * * * /etc/mosquitto/sonde/fetch-revoked noc.example.net:8883`;

export const brokerCommands = (print: Print): Command => {
  const broker = new Command('broker').description('external MQTT brokers');
  broker
    .command('mosquitto-config')
    .description('write configuration, access rules and certificates for an external Mosquitto')
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)')
    .option('--port <n>', 'where Mosquitto listens', parseCount, 8884)
    .option('--host <name...>', 'further names of its host, for its certificate')
    .option('--json', 'JSON instead of text')
    .addHelpText('after', MOSQUITTO_HELP)
    .action(async (flags: Common & { port: number; host?: string[] }) => {
      const names = flags.host ?? [];
      const data = dataDirectory(flags.data);
      const [{ writeMosquittoFiles }, { readRevoked }] = await Promise.all([
        import('../start/mosquitto-files.ts'),
        import('../start/revoked.ts'),
      ]);
      const hasRun = existsSync(pathsIn(data).control);
      const revoked = hasRun ? await withState(flags, (state) => readRevoked(state, systemClock.now())) : [];
      becomeOwnerOf(data);
      const directory = await writeMosquittoFiles(data, { port: flags.port, names, revoked }, systemClock, systemRandom);
      const url = `mqtts://${names[0] ?? 'localhost'}:${flags.port}`;
      const lines = [
        `wrote ${directory}`,
        `  there:  mosquitto -c ${directory}/mosquitto.conf    (mosquitto's user must be able to read it)`,
        `  here:   controller run --broker ${url} --agents-broker ${url}`,
        `  there, every minute: ${directory}/fetch-revoked CONTROLLER:PORT    (so that revoked agents stay out; as root, from cron)`,
      ];
      print(flags.json === true ? JSON.stringify({ directory, url }) : lines.join('\n'));
    });
  return broker;
};
