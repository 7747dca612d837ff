import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { Oid, SnmpAccessFile } from '../../protocol/probes/snmp.ts';
import { systemClock } from '../../protocol/time.ts';
import { readGuardRails } from '../config/guard-rails.ts';
import { refusalOf } from '../icmp/guard.ts';
import { makeResolve } from '../probes/resolve.ts';
import { runAsk, type SnmpAsk, type SnmpFound } from '../probes/snmp/asks.ts';
import type { Failure } from '../probes/snmp/session.ts';
import { EXIT, type Settings } from '../settings.ts';

export interface SnmpFlags {
  readonly community?: string;
  readonly accessFile?: string;
  readonly port?: string;
  readonly json?: boolean;
}

const WALK_FROM = '1.3.6.1.2.1';
/** More than any device has. */
const MOST_VARIABLES = 10_000_000;

/** `snmp walk`: everything below an OID, as it comes. Returns the exit code. */
export const walk = async (
  settings: Settings,
  name: string,
  oid: string | undefined,
  flags: SnmpFlags,
  signal: AbortSignal,
): Promise<number> => {
  const root = Oid.safeParse(oid ?? WALK_FROM);
  if (!root.success) return complain(EXIT.usage, `"${oid}" is not an OID in numbers, such as 1.3.6.1.2.1.2`);
  const way = await prepare(settings, flags);
  if (!way.ok) return complain(EXIT.config, way.reason);
  const resolution = await makeResolve((one, probe) => refusalOf(way.limits, one, probe))(name, 'any', signal, 'snmp');
  if (!resolution.ok) return complain(EXIT.config, resolution.detail);
  let count = 0;
  const put = ({ variables }: SnmpFound): void => {
    count += variables.length;
    for (const found of variables) print(flags.json === true ? JSON.stringify(found) : `${found.oid} = ${found.type}: ${found.value}`);
  };
  const { address } = resolution;
  const failure = await way.run({ do: 'snmp-walk', ...way.speaking, address, root: root.data, most: MOST_VARIABLES }, put, signal);
  if (failure !== null)
    return complain(failure.reason === 'refused' ? EXIT.software : EXIT.unreachable, `${name}: ${failure.reason}: ${failure.detail}`);
  if (count === 0) process.stderr.write(`${name} has nothing below ${root.data}\n`);
  return EXIT.ok;
};

/** `snmp discover`: which of these addresses speak SNMP, and what they are. One JSON object a line with --json. */
export const discover = async (
  settings: Settings,
  addresses: readonly string[],
  flags: SnmpFlags,
  signal: AbortSignal,
): Promise<number> => {
  const name = addresses.find((one) => isIP(one) === 0);
  if (name !== undefined) return complain(EXIT.usage, `"${name}" is not an address`);
  const way = await prepare(settings, flags);
  if (!way.ok) return complain(EXIT.config, way.reason);
  let found = 0;
  const put = ({ devices }: SnmpFound): void => {
    found += devices.length;
    for (const device of devices) {
      const { address, name, ports, descr } = device;
      print(flags.json === true ? JSON.stringify(device) : `${address}  ${name || '-'}  ${ports ?? '?'} ports  ${descr}`);
    }
  };
  const failure = await way.run({ do: 'snmp-discover', ...way.speaking, addresses }, put, signal);
  if (failure !== null) return complain(EXIT.config, failure.detail);
  process.stderr.write(`${found} of ${addresses.length} answered\n`);
  return EXIT.ok;
};

/** The access file and the guard rails of this host, read; and what asks within them. */
const prepare = async (settings: Settings, flags: SnmpFlags) => {
  const file = readAccess(flags);
  if (!file.ok) return file;
  const rails = await readGuardRails(settings.limits, process.getuid?.() ?? 0);
  if (!rails.ok) return { ok: false as const, reason: `${rails.reason}: nothing is sent. Mend it: ${rails.fix}` };
  const { limits } = rails;
  const run = (ask: SnmpAsk, put: (found: SnmpFound) => void, signal: AbortSignal): Promise<Failure | null> =>
    runAsk(ask, { clock: systemClock, limits: () => limits, put }, signal);
  return { ok: true as const, speaking: file.value, limits, run };
};

const readAccess = (
  flags: SnmpFlags,
): { readonly ok: true; readonly value: SnmpAccessFile } | { readonly ok: false; readonly reason: string } => {
  try {
    const given: unknown =
      flags.accessFile === undefined ? {} : JSON.parse(readFileSync(flags.accessFile === '-' ? 0 : flags.accessFile, 'utf8'));
    const parsed = SnmpAccessFile.safeParse(given);
    if (!parsed.success) return { ok: false, reason: `--access-file: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}` };
    const { secrets } = parsed.data;
    const community = flags.community ?? secrets.community ?? (parsed.data.access.version === '3' ? undefined : 'public');
    const value = {
      ...parsed.data,
      secrets: { ...secrets, ...(community === undefined ? {} : { community }) },
      port: flags.port === undefined ? parsed.data.port : Number(flags.port),
    };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: `--access-file: ${error instanceof Error ? error.message : String(error)}` };
  }
};

/** What a device says goes to a terminal: no control characters of its making. */
const print = (line: string): void => void process.stdout.write(`${stripVTControlCharacters(line)}\n`);
const complain = (code: number, message: string): number => {
  process.stderr.write(`agent: ${message}\n`);
  return code;
};
