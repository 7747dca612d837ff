import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { Oid, SnmpAccess, SnmpSecrets } from '../../protocol/probes/snmp.ts';
import { systemClock } from '../../protocol/time.ts';
import { readGuardRails } from '../config/guard-rails.ts';
import { refusalOf } from '../icmp/guard.ts';
import type { Row } from '../probes/snmp/ber.ts';
import { ABOUT, SCALARS } from '../probes/snmp/if-mib.ts';
import { compareOids } from '../probes/snmp/oid.ts';
import { makePermit } from '../probes/snmp/permits.ts';
import { makeResolve } from '../probes/resolve.ts';
import { openSession, type SnmpSession } from '../probes/snmp/session.ts';
import { hexOf, isException, textOf, valueOf } from '../probes/snmp/value.ts';
import { EXIT, type Settings } from '../settings.ts';

/** How to speak to the device: a file of its own, so that no secret stands in the process list. */
const AccessFile = z.strictObject({
  access: SnmpAccess.default({ version: '2c' }),
  secrets: SnmpSecrets.default({}),
  port: z.int().min(1).max(65_535).default(161),
  timeoutMs: z.int().min(200).max(30_000).default(3_000),
  retries: z.int().min(0).max(5).default(1),
});
type AccessFile = z.infer<typeof AccessFile>;

export interface SnmpFlags {
  readonly community?: string;
  readonly accessFile?: string;
  readonly port?: string;
  readonly json?: boolean;
}

const WALK_FROM = '1.3.6.1.2.1';
const REPETITIONS = 25;
/** Devices asked at the same time by `discover`. */
const AT_ONCE = 64;
const IF_NUMBER = '1.3.6.1.2.1.2.1.0';

/** `snmp walk`: everything below an OID, as it comes. Returns the exit code. */
export const walk = async (
  settings: Settings,
  address: string,
  oid: string | undefined,
  flags: SnmpFlags,
  signal: AbortSignal,
): Promise<number> => {
  const root = Oid.safeParse(oid ?? WALK_FROM);
  if (!root.success) return complain(EXIT.usage, `"${oid}" is not an OID in numbers, such as 1.3.6.1.2.1.2`);
  const opened = await open(settings, address, flags, signal);
  if (!opened.ok) return complain(EXIT.config, opened.reason);
  using session = opened.session;
  let last = '';
  let count = 0;
  for (;;) {
    const asked = [{ oid: root.data, last }];
    const answer = session.version === '1' ? await session.next(asked) : await session.bulk(asked, REPETITIONS);
    if (!answer.ok && answer.reason === 'refused' && /nosuchname/i.test(answer.status)) break;
    if (!answer.ok) return complain(EXIT.unreachable, `${address}: ${answer.reason}: ${answer.detail}`);
    const rows = answer.value.filter((row): row is Row & { index: string } => row.index !== null && row.index !== '' && !isException(row));
    for (const row of rows) {
      if (last !== '' && compareOids(row.index, last) <= 0)
        return complain(EXIT.software, `${address}: the device answers the same rows again`);
      last = row.index;
      count += 1;
      print(
        flags.json === true
          ? JSON.stringify({ oid: `${root.data}.${row.index}`, type: TYPES[row.type] ?? row.type, value: shown(row) })
          : `${root.data}.${row.index} = ${TYPES[row.type] ?? row.type}: ${shown(row)}`,
      );
    }
    if (rows.length < answer.value.length || rows.length === 0) break;
  }
  if (count === 0) process.stderr.write(`${address} has nothing below ${root.data}\n`);
  return EXIT.ok;
};

/** `snmp discover`: which of these addresses speak SNMP, and what they are. One JSON object a line with --json. */
export const discover = async (
  settings: Settings,
  addresses: readonly string[],
  flags: SnmpFlags,
  signal: AbortSignal,
): Promise<number> => {
  const waiting = [...addresses];
  let found = 0;
  let refused: string | null = null;
  const worker = async (): Promise<void> => {
    for (let address = waiting.shift(); address !== undefined && !signal.aborted; address = waiting.shift()) {
      const opened = await open(settings, address, flags, signal);
      if (!opened.ok) {
        refused ??= `${address}: ${opened.reason}`;
        continue;
      }
      using session = opened.session;
      const answer = await session.get([SCALARS.sysName, ABOUT.sysDescr, ABOUT.sysObjectID, IF_NUMBER]);
      if (!answer.ok) continue;
      found += 1;
      const [name, descr, objectId, ports] = answer.value;
      const device = { address, name: textOf(name), descr: textOf(descr), objectId: textOf(objectId), ports: valueOf(ports, 'auto') };
      print(
        flags.json === true ? JSON.stringify(device) : `${address}  ${device.name || '-'}  ${device.ports ?? '?'} ports  ${device.descr}`,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, worker));
  if (refused !== null) return complain(EXIT.config, refused);
  process.stderr.write(`${found} of ${addresses.length} answered\n`);
  return EXIT.ok;
};

type Opened = { readonly ok: true; readonly session: SnmpSession & Disposable } | { readonly ok: false; readonly reason: string };

const open = async (settings: Settings, name: string, flags: SnmpFlags, signal: AbortSignal): Promise<Opened> => {
  const file = readAccess(flags);
  if (!file.ok) return file;
  const { access, secrets, port, timeoutMs, retries } = file.value;
  const rails = await readGuardRails(settings.limits, process.getuid?.() ?? 0);
  if (!rails.ok) return { ok: false, reason: `${rails.reason}: nothing is sent. Mend it: ${rails.fix}` };
  const resolve = makeResolve((one, probe) => refusalOf(rails.limits, one, probe));
  const resolution = await resolve(name, 'any', signal, 'snmp');
  if (!resolution.ok) return { ok: false, reason: resolution.detail };
  const permit = makePermit(() => rails.limits, resolution.address, systemClock, signal);
  const session = openSession({ device: { address: resolution.address, port }, access, secrets, timeoutMs, retries, permit }, systemClock);
  return { ok: true, session: Object.assign(session, { [Symbol.dispose]: () => session.close() }) };
};

let kept: AccessFile | null = null;
/** Read once: standard input has an end. */
const readAccess = (
  flags: SnmpFlags,
): { readonly ok: true; readonly value: AccessFile } | { readonly ok: false; readonly reason: string } => {
  if (kept !== null) return { ok: true, value: kept };
  try {
    const given: unknown =
      flags.accessFile === undefined ? {} : JSON.parse(readFileSync(flags.accessFile === '-' ? 0 : flags.accessFile, 'utf8'));
    const parsed = AccessFile.safeParse(given);
    if (!parsed.success) return { ok: false, reason: `--access-file: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}` };
    const { secrets } = parsed.data;
    const community = flags.community ?? secrets.community ?? (parsed.data.access.version === '3' ? undefined : 'public');
    kept = {
      ...parsed.data,
      secrets: { ...secrets, ...(community === undefined ? {} : { community }) },
      port: flags.port === undefined ? parsed.data.port : Number(flags.port),
    };
    return { ok: true, value: kept };
  } catch (error) {
    return { ok: false, reason: `--access-file: ${error instanceof Error ? error.message : String(error)}` };
  }
};

const TYPES: Readonly<Record<number, string>> = {
  2: 'INTEGER',
  4: 'STRING',
  6: 'OID',
  64: 'IpAddress',
  65: 'Counter32',
  66: 'Gauge32',
  67: 'Timeticks',
  68: 'Opaque',
  70: 'Counter64',
};

/** A text where the bytes are one, otherwise hex. */
const shown = (row: Row): string | number => {
  if (row.type !== 4 || !(row.value instanceof Uint8Array)) return valueOf(row, 'auto') ?? '';
  const isText = row.value.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13 || byte === 0);
  return isText ? textOf(row, 1_024) : hexOf(row);
};

/** What a device says goes to a terminal: no control characters of its making. */
const print = (line: string): void => void process.stdout.write(`${stripVTControlCharacters(line)}\n`);
const complain = (code: number, message: string): number => {
  process.stderr.write(`agent: ${message}\n`);
  return code;
};
