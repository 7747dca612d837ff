import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import { type Clock, slept } from '../../protocol/time.ts';
import { QUIET_PROGRAM } from '../program.ts';
import { Limits } from './limits.ts';

const LOOK_MS = 5_000;
const WRITABLE_BY_OTHERS = 0o022;

/** The limits, or why there are none: then nothing is sent. `fix` is the line that mends it. */
export type GuardRails =
  | { readonly ok: true; readonly limits: Limits }
  | { readonly ok: false; readonly reason: string; readonly fix: string };

export const DEFAULT_LIMITS_FILE = `# The guard rails of this host: what leaves it at most, whatever the controller says.
# Belongs to root (in a checkout: to you), writable by nobody else. Missing or unreadable: nothing is sent.
# Read again within five seconds of a change.
# net and host only look at this machine itself: its interfaces, ports, load.
allowedProbes: [icmp, snmp, net, host]
# Networks that are never probed, as CIDR. Broadcast, multicast and 0.0.0.0/8 never are.
deniedNetworks: []
perTarget: { packetsPerSecond: 5, burstPackets: 40, bytesPerSecond: 1500 }
# One public /24 (IPv4) or /48 (IPv6).
perNetwork: { packetsPerSecond: 50 }
# Requests to one SNMP device; more wait their turn.
snmp: { requestsPerSecond: 200 }
total: { packetsPerSecond: 2000 }
`;

/** Reads the file as it is now. It must belong to root or to `uid`, and nobody else may write it. */
export const readGuardRails = async (path: string, uid: number): Promise<GuardRails> => {
  let text: string;
  try {
    const file = openSync(path, 'r');
    try {
      const { uid: owner, mode } = fstatSync(file); // of what is open, so that nobody swaps it in between
      if (owner !== 0 && owner !== uid) return no(`${path} belongs to user ${owner}, not to root`, `chown root ${path}`);
      if ((mode & WRITABLE_BY_OTHERS) !== 0)
        return no(`${path} may be written by others (mode ${(mode & 0o777).toString(8)})`, `chmod go-w ${path}`);
      text = readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return no(`${path} is missing`, `${QUIET_PROGRAM} limits > ${path} && chmod 644 ${path}`);
    if (code === 'EACCES') return no(`${path} may not be read by user ${uid}`, `chmod a+r ${path}`);
    return no(`${path}: ${error instanceof Error ? error.message : String(error)}`, `${QUIET_PROGRAM} limits > ${path}`);
  }
  const parsed = Limits.safeParse(await parseYaml(text));
  return parsed.success
    ? { ok: true, limits: parsed.data }
    : no(`${path}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`, `edit ${path}; "${QUIET_PROGRAM} limits" prints a good one`);
};

/** Looks again and again; told at the start and whenever the file, or what is wrong with it, has changed. */
export const watchGuardRails = async (
  path: string,
  uid: number,
  clock: Clock,
  onChange: (rails: GuardRails) => void,
  signal: AbortSignal,
): Promise<void> => {
  let last = markOf(path);
  while (await slept(clock, LOOK_MS, signal)) {
    const mark = markOf(path);
    if (mark === last) continue;
    last = mark;
    onChange(await readGuardRails(path, uid));
  }
};

const markOf = (path: string): string => {
  try {
    const { mtimeMs, ctimeMs, ino, size, mode, uid } = statSync(path);
    return [mtimeMs, ctimeMs, ino, size, mode, uid].join(' ');
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

const parseYaml = async (text: string): Promise<unknown> => {
  const { parse } = await import('yaml');
  try {
    return parse(text) ?? {};
  } catch (error) {
    return `not YAML: ${error instanceof Error ? error.message : ''}`;
  }
};

const no = (reason: string, fix: string): GuardRails => ({ ok: false, reason, fix });
