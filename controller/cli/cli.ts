import { flushCompileCache } from 'node:module';
import { Command, CommanderError } from 'commander';
import { banner } from './banner.ts';
import { exportCommands } from './export.ts';
import { apiTokenCommands } from './api-tokens.ts';
import { agentCommands, targetCommands, tokenCommands } from './fleet.ts';
import { brokerCommands, setupLinkCommand, userCommands } from './local.ts';
import { ruleCommands } from './rules.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { PACKAGED } from '../program.ts';
import { verdictCommand } from './verdict.ts';
import { dataDirectory, readSettings } from '../settings.ts';
import { backupCommand, configCommands, doctorCommand, restoreCommand } from './care.ts';
import { snmpCommands } from './snmp.ts';
import { notifierCommands, silenceCommands } from './telling.ts';
import { VERSION } from '../version.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Does what the arguments say and resolves with the exit code (sysexits). `signal` ends `start` and `run`. */
export const main = async (argv: readonly string[], signal: AbortSignal): Promise<number> => {
  let code: number = EXIT.ok;
  const program = makeProgram(PACKAGED ? 'sonde-controller' : 'controller', signal, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return codeOf(error);
  }
};

/** The whole command line; also what the manual page and the shell's completion are made of. `done` gets the exit code where it is not 0. */
export const makeProgram = (name: string, signal: AbortSignal, done: (code: number) => void): Command => {
  const program = new Command(name)
    .description('Sonde controller: configures agents, collects what they measure, shows it and alerts')
    .version(VERSION)
    .showHelpAfterError(`("${name} --help" lists the commands)`)
    .addHelpText(
      'after',
      `
First steps:
  ${name} setup-link            the link that makes the first admin
  ${name} token create          what lets a new agent in
  ${name} targets add ADDRESS   what is measured
  ${name} doctor                what is missing, and what mends it`,
    )
    .exitOverride();
  const start = program.command('start').description('run the controller, and an agent on this host that measures loopback');
  addRun(start, true, signal);
  addRun(program.command('run').description('run the controller alone'), false, signal);
  const groups = [
    tokenCommands,
    apiTokenCommands,
    agentCommands,
    targetCommands,
    ruleCommands,
    notifierCommands,
    silenceCommands,
    setupLinkCommand,
    userCommands,
    brokerCommands,
    snmpCommands,
    verdictCommand,
    exportCommands,
    configCommands,
  ];
  for (const make of groups) program.addCommand(settled(make(print)));
  for (const command of [doctorCommand(print, done), backupCommand(print, signal), restoreCommand(print, signal)])
    program.addCommand(settled(command));
  return program;
};

interface RunFlags {
  readonly config?: string;
  readonly data?: string;
  readonly discover?: boolean;
  readonly json?: boolean;
}

const addRun = (command: Command, localAgent: boolean, signal: AbortSignal): void => {
  command
    .option('--config <file>', 'settings (SONDE_CONFIG; /etc/sonde/controller.yaml of the package)')
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data, of the package /var/lib/sonde-controller)')
    .option('--http <port>', 'port of the web admin and the API (8080)')
    .option('--mqtt <port>', 'port of the agents (8883)')
    .option('--listen <address>', 'address of the web admin (127.0.0.1); beyond loopback it speaks TLS')
    .option('--public-host <name...>', 'names under which this host is reached, for the certificate')
    .option('--broker <url>', 'an external MQTT 3.1.1 broker instead of the embedded one')
    .option('--agents-broker <url>', 'where agents reach that broker, when the address differs')
    .option('--site <name>', 'what the pages are headed with')
    .option('--influx <url>', 'write to and read from this InfluxDB; its password or token in SONDE_INFLUX_PASSWORD, SONDE_INFLUX_TOKEN')
    .option('--influx-database <name>', 'its database or bucket (telegraf)')
    .option('--influx-retention-policy <name>', 'one that is not the default one')
    .option('--influx-org <name>', 'organisation (2.x)')
    .option('--influx-user <name>', 'who writes there (1.x)')
    .option('--influx-api <auto|v1|v2>', 'write to /write or to /api/v2/write whatever the version (auto)')
    .option('--tag-labels <keys...>', 'labels that become tags of the series (customer country partner site)')
    .option('--packages <dir>', "folder with the agents' packages that the installer hands out")
    .option('--retention-days <n>', 'how long rounds are kept as they were measured (90)')
    .option('--retention-1m-days <n>', 'how long windows of a minute are kept (180)')
    .option('--retention-5m-days <n>', 'how long windows of five minutes are kept (400)')
    .option('--retention-1h-days <n>', 'how long windows of an hour are kept (1830)')
    .option('--json', 'one JSON line when ready, and logs as JSON');
  if (localAgent) command.option('--discover', 'measure the default gateway and the resolvers too, without asking');
  command.exitOverride().action(async ({ data, config, discover = false, json = false, ...flags }: RunFlags & Record<string, unknown>) => {
    const settings = readSettings(dataDirectory(data), toKebab(flags), undefined, config);
    if (!settings.ok) throw new CommandFailed(EXIT.config, settings.reason);
    // Loaded only here: the other commands should answer at once.
    const [{ run }, { openLog }] = await Promise.all([import('../start/run.ts'), import('../log.ts')]);
    const log = openLog({ pretty: !json && process.stderr.isTTY });
    await run(
      {
        settings: settings.value,
        localAgent,
        discover,
        log,
        onReady: (ready) => {
          print(json ? JSON.stringify({ ready }) : banner(ready, settings.value));
          flushCompileCache(); // it may end by SIGKILL, which writes nothing
        },
      },
      signal,
    );
  });
};

/** Commander hands flags over in camel case; settings are named as they are written. */
const toKebab = (flags: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(flags).map(([key, value]) => [key.replaceAll(/[A-Z]|(?<=[a-z])\d/g, (letter) => `-${letter.toLowerCase()}`), value]),
  );

/** Sub-commands do not inherit exitOverride when they are made apart. */
const settled = (command: Command): Command => {
  command.exitOverride();
  for (const child of command.commands) settled(child);
  return command;
};

const codeOf = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // Commander has said what is wrong.
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${PACKAGED ? 'sonde-controller' : 'controller'}: ${message}\n`);
  if (error instanceof CommandFailed) return error.code;
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return EXIT.software;
};
