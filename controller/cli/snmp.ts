// `snmp walk` and `snmp discover`: by an agent of the fleet, or from this host through the agent program. Guard rails hold for people too.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import * as z from 'zod';
import { Saved } from '../../protocol/api.ts';
import { DiscoverLine, EndLine, WalkLine } from '../../protocol/api-devices.ts';
import { FoundVariable } from '../../protocol/command.ts';
import { toSlug } from '../../protocol/ids.ts';
import { SnmpAccessFile } from '../../protocol/probes/snmp.ts';
import { addressesIn } from '../fleet/snmp/networks.ts';
import { dataDirectory } from '../settings.ts';
import { type Client, makeClient } from './client.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { openBooks } from './snmp-books.ts';
import { askFromHere } from './snmp-here.ts';
import { formatTable } from './words.ts';

interface Flags {
  readonly data?: string;
  readonly json?: boolean;
  readonly community?: string;
  readonly accessFile?: string;
  readonly port?: string;
  readonly agent?: string;
}
type WalkFlags = Flags & { readonly here?: boolean };
type DiscoverFlags = Flags & { readonly add?: boolean };
type Print = (text: string) => void;

const common = (command: Command): Command =>
  command
    .option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)')
    .option('--community <text>', 'for v2c (visible in the process list; --access-file is not)')
    .option('--access-file <file>', 'JSON with access (v1, v2c, v3), secrets and port; - for standard input')
    .option('--port <n>', 'UDP port (161)')
    .option('--json', 'JSON instead of text');

export const snmpCommands = (print: Print): Command => {
  const snmp = new Command('snmp').description('look at what speaks SNMP, from an agent or from this host');
  common(snmp.command('walk <device-or-address> [oid]'))
    .description('everything below an OID or a MIB name; a device of the fleet is asked by its agent, with its kept secrets')
    .option('--agent <id>', 'an address is asked by this agent; from this host unless said')
    .option('--here', 'a device of the fleet is asked from this host')
    .action((what: string, oid: string | undefined, flags: WalkFlags) => walk(what, oid, flags, print));
  common(snmp.command('discover <addresses...>'))
    .description('which addresses, or addresses of networks such as 192.0.2.0/24, answer, and what they are')
    .option('--agent <id>', 'the agent that asks, and with --add polls; from this host unless said')
    .option('--add', 'add those that answered as devices, with the access that found them')
    .action((addresses: string[], flags: DiscoverFlags) => discover(addresses, flags, print));
  return snmp;
};

const walk = async (what: string, oid: string | undefined, flags: WalkFlags, print: Print): Promise<void> => {
  const data = dataDirectory(flags.data);
  const said = (name: string, { oid: number, type, value }: FoundVariable): void =>
    print(flags.json === true ? JSON.stringify({ oid: number, name, type, value }) : `${name} = ${type}: ${value}`);
  await using books = await openBooks(data, what);
  const below = oid === undefined ? {} : { oid };
  if (books.device !== null && flags.agent === undefined && flags.here !== true) {
    const lines = makeClient(data).lines(`/devices/${encodeURIComponent(what)}/walk`, below);
    for await (const line of found(lines, WalkLine)) said(line.name, line);
  } else if (flags.agent !== undefined) {
    const lines = makeClient(data).lines('/snmp/walk', {
      ...spoken(flags),
      agent: flags.agent,
      address: books.device?.address ?? what,
      ...below,
    });
    for await (const line of found(lines, WalkLine)) said(line.name, line);
  } else {
    const root = oid === undefined || /^\d/.test(oid) ? oid : await books.resolve(oid);
    const access = books.device?.file ?? spoken(flags);
    for await (const line of askFromHere(data, ['walk', books.device?.address ?? what, ...(root === undefined ? [] : [root])], access)) {
      const variable = FoundVariable.parse(line);
      said(await books.nameOf(variable.oid), variable);
    }
  }
};

const discover = async (what: readonly string[], flags: DiscoverFlags, print: Print): Promise<void> => {
  if (flags.add === true && flags.agent === undefined)
    throw new CommandFailed(EXIT.usage, '--add needs --agent ID: which agent polls them');
  const data = dataDirectory(flags.data);
  const access = spoken(flags);
  const devices: z.infer<typeof DiscoverLine>[] = [];
  if (flags.agent === undefined) {
    for await (const line of askFromHere(data, ['discover', ...what.flatMap(inside)], access)) devices.push(DiscoverLine.parse(line));
  } else {
    const lines = makeClient(data).lines('/snmp/discover', { ...access, agent: flags.agent, addresses: what });
    for await (const line of found(lines, DiscoverLine)) devices.push(line);
  }
  const rows = devices.map(({ address, name, ports, descr }) => [address, name || '-', String(ports ?? '?'), descr.slice(0, 80)]);
  if (flags.json === true) print(JSON.stringify(devices, null, 2));
  else
    print(
      rows.length === 0
        ? 'none of them answered: is SNMP on, and the community or the user right?'
        : formatTable(['address', 'name', 'ports', 'what it is'], rows),
    );
  if (flags.add === true) for (const device of devices) await add(makeClient(data), device, access, flags.agent ?? '', print);
};

const add = async (
  client: Client,
  device: z.infer<typeof DiscoverLine>,
  how: SnmpAccessFile,
  agent: string,
  print: Print,
): Promise<void> => {
  const { address, name } = device;
  const id = toSlug(name) || toSlug(address);
  const { access, secrets, port, timeoutMs, retries } = how;
  await client.call('POST', '/devices', Saved, { id, name: name || address, address, agent, access, secrets, port, timeoutMs, retries });
  print(`device ${id} is polled by ${agent}`);
};

/** What the lines tell until the last, which says how it ended. */
async function* found<T>(lines: AsyncIterable<unknown>, schema: z.ZodType<T>): AsyncGenerator<T> {
  for await (const line of lines) {
    const ended = EndLine.safeParse(line);
    if (!ended.success) yield schema.parse(line);
    else if (ended.data.end.ok) return;
    else throw new CommandFailed(EXIT.unavailable, `${ended.data.end.reason}: ${ended.data.end.detail}`);
  }
  throw new CommandFailed(EXIT.unavailable, 'the controller ended before all was told');
}

const inside = (text: string): string[] => {
  const addresses = addressesIn(text);
  if (!addresses.ok) throw new CommandFailed(EXIT.usage, addresses.reason);
  return addresses.value;
};

/** The access file with what the flags say; community "public" where nobody said one. */
const spoken = ({ accessFile, community, port }: Flags): SnmpAccessFile => {
  const fail = (why: string): CommandFailed => new CommandFailed(EXIT.config, `--access-file: ${why}`);
  let given: unknown = {};
  try {
    if (accessFile !== undefined) given = JSON.parse(readFileSync(accessFile === '-' ? 0 : accessFile, 'utf8'));
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
  const parsed = SnmpAccessFile.safeParse(given);
  if (!parsed.success) throw fail(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { access, secrets } = parsed.data;
  const word = community ?? secrets.community ?? (access.version === '3' ? undefined : 'public');
  return {
    ...parsed.data,
    secrets: { ...secrets, ...(word === undefined ? {} : { community: word }) },
    port: port === undefined ? parsed.data.port : Number(port),
  };
};
