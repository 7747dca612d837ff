import type { ChildProcess } from 'node:child_process';
import { Command, CommanderError } from 'commander';
import { PACKAGED } from './program.ts';
import { BadSettings, EXIT, type Flags, readSettings, type Settings } from './settings.ts';

/** The command line: flags to settings, settings to a command. Each command is loaded when it is asked for, so that `run` stays small.
 * `engine` is the ICMP process, for `run`, when it was started already. Returns the exit code. */
export const runCli = async (argv: readonly string[], signal: AbortSignal, engine: ChildProcess | null = null): Promise<number> => {
  let code: number = EXIT.ok;
  const program = makeProgram(PACKAGED ? 'sonde-agent' : 'agent', signal, (result) => (code = result), engine);
  try {
    // `agent --simulate` is `agent simulate`.
    const words = argv[0] === '--simulate' ? ['simulate', ...argv.slice(1)] : argv;
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander has said it already
    process.stderr.write(`${program.name()}: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof BadSettings ? EXIT.config : EXIT.software;
  }
};

/** The whole command line; also what the manual page and the shell's completion are made of. `done` gets each command's exit code. */
export const makeProgram = (
  name: string,
  signal: AbortSignal,
  done: (code: number) => void,
  engine: ChildProcess | null = null,
): Command => {
  const program = new Command(name)
    .description('Sonde agent: measures the network as seen from this host')
    .showHelpAfterError(`("${name} --help" lists the commands)`)
    .exitOverride();
  const command = (word: string, what: string, parent: Command = program): Command =>
    parent
      .command(word)
      .description(what)
      .option('--config <file>', 'settings (SONDE_CONFIG; /etc/sonde/agent.yaml of the package)')
      .option(
        '--data <dir>',
        'directory of database, identity and keys (SONDE_AGENT_DATA; ./data/agent, of the package /var/lib/sonde-agent)',
      )
      .option('--limits <file>', 'the guard rails (SONDE_LIMITS; /etc/sonde/limits.yaml, or limits.yaml in the data directory)')
      .option('--log-level <level>', 'info, warn or error (SONDE_LOG_LEVEL)');
  const act = async (work: (settings: Settings) => Promise<number> | number, flags: Flags): Promise<void> =>
    done(await work(await readSettings(flags)));

  command('register', 'enrol this host: reach, trust, exchange the token, keep the keys, show that all works')
    .argument('[controller]', 'HOST, HOST:PORT, mqtts://HOST:PORT or wss://HOST:PORT/mqtt')
    .option('--token-file <file>', 'file with the token; - for standard input')
    .option('--token <token>', 'the token itself (visible in the process list; SONDE_TOKEN is not)')
    .option('--name <id>', 'the id that this agent would like; the host name unless said')
    .option('--label <key=value...>', 'labels of this agent')
    .option('--json', 'one JSON object instead of lines')
    .addHelpText(
      'after',
      `
The token comes from the controller ("controller token create", or Enrol in the web admin) and carries the pin of its authority: the secret is sent
only to the controller that made it. Running it again is harmless.

  ${name} register noc.example.net --token-file token.txt
  ${name} register wss://noc.example.net:443/mqtt --token-file - --label site=ams1 < token.txt`,
    )
    .action(async (controller: string | undefined, flags) => {
      const { register } = await import('./commands/register.ts');
      await act((settings) => register(settings, controller, flags, signal), flags);
    });
  command('run', 'measure, spool, publish, until told to stop')
    .option('--nice <n>', 'nice value of the ICMP process (SONDE_NICE)')
    .addHelpText('after', '\nThe package runs this as a service: systemctl status sonde-agent, journalctl -u sonde-agent.')
    .option('--metrics <address:port>', 'answer /metrics and /probe there (SONDE_METRICS); nowhere unless said')
    .action(async (flags) => {
      const { run } = await import('./commands/run.ts');
      await act((settings) => run(settings, signal, engine), flags);
    });
  command('status', 'what the running agent says of itself; ends with 0 when it is connected')
    .option('--json', 'one JSON object instead of lines')
    .action(async (flags) => {
      const { status } = await import('./commands/status.ts');
      await act((settings) => status(settings, flags.json === true), flags);
    });
  command('doctor', 'look at everything that an agent needs, and say how to mend what is missing')
    .option('--json', 'one JSON object instead of lines')
    .addHelpText(
      'after',
      '\nNothing leaves this host but to its own controller. The exit code is that of the first step that failed (sysexits(3)): 69 unreachable, 77 no\npermission, 78 configuration.',
    )
    .action(async (flags) => {
      const { doctor } = await import('./commands/doctor.ts');
      await act((settings) => doctor(settings, flags.json === true, signal), flags);
    });
  const snmpGroup = program.command('snmp').description('look at what speaks SNMP, from this host, within its guard rails');
  const snmp = (word: string, what: string): Command =>
    command(word, what, snmpGroup)
      .option('--community <text>', 'for v2c (visible in the process list; --access-file is not)')
      .option('--access-file <file>', 'JSON with access, secrets and port; - for standard input')
      .option('--port <n>', 'UDP port (161)')
      .option('--json', 'one JSON object a line')
      .exitOverride();
  snmp('walk', 'everything below an OID')
    .argument('<address>')
    .argument('[oid]')
    .action(async (address: string, oid: string | undefined, flags) => {
      const { walk } = await import('./commands/snmp.ts');
      await act((settings) => walk(settings, address, oid, flags, signal), flags);
    });
  snmp('discover', 'which of these addresses answer, and what they are')
    .argument('<addresses...>')
    .action(async (addresses: string[], flags) => {
      const { discover } = await import('./commands/snmp.ts');
      await act((settings) => discover(settings, addresses, flags, signal), flags);
    });
  command('simulate', 'a made-up fleet, for demonstrations and load: no packet is sent, rounds and acknowledgements are real')
    .requiredOption('--broker <url>', 'a broker that lets one client speak for all agents: mqtt://HOST:PORT')
    .option('--agents <n>', 'how many agents', '20')
    .option('--rounds-per-second <n>', 'of the whole fleet', '40')
    .option('--targets <n>', 'targets of each agent', '20')
    .option('--collect-ms <n>', 'how long an agent collects rounds before it sends them', '200')
    .option('--model <text>', 'the path: loss=0.01,rtt=20±3', 'loss=0.001,rtt=20±3')
    .option('--prefix <text>', 'agents are called PREFIX1 and on', 'sim-')
    .option('--json', 'counters as JSON lines')
    .action(async (flags) => {
      const { simulate } = await import('./commands/simulate.ts');
      await act((settings) => simulate(settings, flags, signal), flags);
    });
  program
    .command('limits')
    .description('print the guard rails file with its defaults')
    .action(async () => {
      const { DEFAULT_LIMITS_FILE } = await import('./config/guard-rails.ts');
      process.stdout.write(DEFAULT_LIMITS_FILE);
    });
  const config = program.command('config').description('settings');
  config
    .command('show')
    .description('every setting, its value, and where that came from: file, SONDE_*, flag or default')
    .option('--config <file>', 'settings (SONDE_CONFIG; /etc/sonde/agent.yaml of the package)')
    .option('--json', 'one JSON object instead of a table')
    .action(async (flags: Flags & { json?: boolean }) => {
      const { showConfig } = await import('./commands/config.ts');
      await act((settings) => showConfig(settings, flags.json === true), flags);
    });
  for (const child of [config, ...config.commands]) child.exitOverride();
  program.addHelpText(
    'after',
    `
First steps:
  ${name} register CONTROLLER --token-file FILE   enrol this host, once
  ${name} doctor                                  what is missing, and what mends it
  ${name} status                                  what the running agent says of itself`,
  );
  return program;
};
