// `snmp walk` and `snmp discover`: from this host, through the agent program, whose guard rails hold for people too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { Saved } from '../../protocol/api.ts';
import { Device } from '../../protocol/device.ts';
import { toSlug } from '../../protocol/ids.ts';
import { makeClient } from './client.ts';
import { openDatabase, pathsIn } from '../data.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { addressesIn } from './networks.ts';
import { PACKAGED } from '../program.ts';
import { dataDirectory } from '../settings.ts';
import { formatTable } from './words.ts';

interface Flags {
  readonly data?: string;
  readonly json?: boolean;
  readonly community?: string;
  readonly accessFile?: string;
  readonly port?: string;
}
type Print = (text: string) => void;

const common = (command: Command): Command =>
  command
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)')
    .option('--community <text>', 'for v2c (visible in the process list; --access-file is not)')
    .option('--access-file <file>', 'JSON with access, secrets and port; - for standard input')
    .option('--port <n>', 'UDP port (161)')
    .option('--json', 'JSON instead of text');

export const snmpCommands = (print: Print): Command => {
  const snmp = new Command('snmp').description('look at what speaks SNMP, from this host');
  common(snmp.command('walk <device-or-address> [oid]'))
    .description('everything below an OID or a MIB name; a device of the fleet is asked with its kept secrets')
    .action((what: string, oid: string | undefined, flags: Flags) => walk(what, oid, flags, print));
  common(snmp.command('discover <addresses...>'))
    .description('which addresses, or addresses of networks such as 192.0.2.0/24, answer, and what they are')
    .option('--add', 'add those that answered as devices')
    .option('--agent <id>', 'the agent that polls them, with --add')
    .action((addresses: string[], flags: Flags & { add?: boolean; agent?: string }) => discover(addresses, flags, print));
  return snmp;
};

const Line = z.object({ oid: z.string(), type: z.union([z.string(), z.number()]), value: z.union([z.string(), z.number()]) });

const walk = async (what: string, oid: string | undefined, flags: Flags, print: Print): Promise<void> => {
  await using stack = new AsyncDisposableStack();
  const { device, resolve, nameOf } = await openBooks(what, dataDirectory(flags.data), stack);
  const root = oid === undefined || /^\d/.test(oid) ? oid : await resolve(oid);
  const kept = device === null ? undefined : JSON.stringify(device.file);
  const words = ['walk', device?.address ?? what, ...(root === undefined ? [] : [root])];
  for await (const line of runAgent(words, flags, kept)) {
    const { oid: number, type, value } = Line.parse(JSON.parse(line));
    const name = await nameOf(number);
    print(flags.json === true ? JSON.stringify({ oid: number, name, type, value }) : `${name} = ${type}: ${value}`);
  }
};

/** The device of this id with its secrets, when there is one, and the MIB names; all of it from the data directory itself. */
const openBooks = async (id: string, data: string, stack: AsyncDisposableStack) => {
  const [{ openState }, { openMibs }, { openVault }] = await Promise.all([
    import('../state/database.ts'),
    import('../fleet/snmp/mibs.ts'),
    import('../pki/vault.ts'),
  ]);
  const paths = pathsIn(data);
  const state = openState(openDatabase(exists(paths.control) ? paths.control : ':memory:'));
  stack.defer(() => state.destroy());
  const mibs = openMibs(state);
  const row = await state.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  const resolve = async (name: string): Promise<string> => {
    const found = await mibs.resolve(name);
    if (!found.ok) throw new CommandFailed(EXIT.usage, found.reason);
    return found.value;
  };
  if (row === undefined) return { device: null, resolve, nameOf: mibs.nameOf };
  const { access, port, timeoutMs, retries, address } = Device.parse(JSON.parse(row.document));
  const secrets: unknown = row.secrets === '' ? {} : JSON.parse(openVault(paths.keys).decrypt(`device ${id}`, row.secrets));
  return { device: { address, file: { access, secrets, port, timeoutMs, retries } }, resolve, nameOf: mibs.nameOf };
};

const Found = z.object({
  address: z.string(),
  name: z.string(),
  descr: z.string(),
  objectId: z.string(),
  ports: z.union([z.number(), z.string()]).nullable(),
});

const discover = async (what: readonly string[], flags: Flags & { add?: boolean; agent?: string }, print: Print): Promise<void> => {
  const addresses = what.flatMap((one) => {
    const inside = addressesIn(one);
    if (!inside.ok) throw new CommandFailed(EXIT.usage, inside.reason);
    return inside.value;
  });
  if (flags.add === true && flags.agent === undefined)
    throw new CommandFailed(EXIT.usage, '--add needs --agent ID: which agent polls them');
  const found: z.infer<typeof Found>[] = [];
  for await (const line of runAgent(['discover', ...addresses], flags, undefined)) found.push(Found.parse(JSON.parse(line)));
  const rows = found.map(({ address, name, ports, descr }) => [address, name || '-', String(ports ?? '?'), descr.slice(0, 80)]);
  if (flags.json === true) print(JSON.stringify(found, null, 2));
  else
    print(
      found.length === 0
        ? 'none of them answered: is SNMP on, and the community right?'
        : formatTable(['address', 'name', 'ports', 'what it is'], rows),
    );
  if (flags.add !== true) return;
  const client = makeClient(dataDirectory(flags.data));
  for (const { address, name } of found) {
    const id = toSlug(name) || toSlug(address);
    const access = { version: '2c' };
    const secrets = { community: flags.community ?? 'public' };
    const body = {
      id,
      name: name || address,
      address,
      agent: flags.agent,
      access,
      secrets,
      ...(flags.port === undefined ? {} : { port: Number(flags.port) }),
    };
    await client.call('POST', '/devices', Saved, body);
    print(`device ${id} is polled by ${flags.agent}`);
  }
};

const exists = (path: string): boolean => {
  try {
    openDatabase(path).close();
    return true;
  } catch {
    return false;
  }
};

const AGENT = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');

/** The agent program's lines; its complaints go to standard error as they are. Secrets go in by its standard input. */
async function* runAgent(words: readonly string[], flags: Flags, access: string | undefined): AsyncGenerator<string> {
  const [program = '', ...first] = PACKAGED ? ['sonde-agent'] : [process.execPath, AGENT];
  const file = access !== undefined ? ['--access-file', '-'] : flags.accessFile === undefined ? [] : ['--access-file', flags.accessFile];
  const rest = [
    ...(PACKAGED ? [] : ['--data', pathsIn(dataDirectory(flags.data)).agent]),
    ...file,
    ...(flags.port === undefined ? [] : ['--port', flags.port]),
    ...(flags.community === undefined ? [] : ['--community', flags.community]),
  ];
  const child = spawn(program, [...first, 'snmp', ...words, '--json', ...rest], {
    stdio: [access === undefined ? 'inherit' : 'pipe', 'pipe', 'inherit'],
  });
  child.stdin?.on('error', () => {}); // it ended before it read: what it said tells why
  child.stdin?.end(access);
  const exit = once(child, 'exit');
  if (child.stdout !== null) yield* createInterface(child.stdout);
  const [code] = await exit;
  if (code !== 0) throw new CommandFailed(EXIT.unavailable, 'the agent program could not do it; its line above says why');
}
