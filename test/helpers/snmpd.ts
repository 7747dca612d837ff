import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const SNMPD = '/usr/sbin/snmpd';
export const SNMPSIM = '/usr/bin/snmpsimd';
/** Why a test that needs Debian's program skips; false when it is there. */
export const whyWithout = (program: string): string | false => (existsSync(program) ? false : `${program} is not installed`);

export interface Daemon extends AsyncDisposable {
  readonly port: number;
  readonly directory: string;
}

/** A UDP port that nobody has now. */
export const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
};

export const COMMUNITY = 'sonde-test-community';
/** One user for each level and protocol; their passwords are what the tests know. */
export const V3_USERS = [
  { user: 'nobody', level: 'noAuthNoPriv', create: '', row: 'noauth' },
  { user: 'sha1', level: 'authNoPriv', create: 'SHA "auth-secret-1"', row: 'auth', authProtocol: 'sha' },
  { user: 'sha256', level: 'authNoPriv', create: 'SHA-256 "auth-secret-1"', row: 'auth', authProtocol: 'sha256' },
  { user: 'sha512', level: 'authNoPriv', create: 'SHA-512 "auth-secret-1"', row: 'auth', authProtocol: 'sha512' },
  {
    user: 'aes128',
    level: 'authPriv',
    create: 'SHA-256 "auth-secret-1" AES "priv-secret-1"',
    row: 'priv',
    authProtocol: 'sha256',
    privProtocol: 'aes',
  },
  {
    user: 'aes256',
    level: 'authPriv',
    create: 'SHA-512 "auth-secret-1" AES-256 "priv-secret-1"',
    row: 'priv',
    authProtocol: 'sha512',
    privProtocol: 'aes256',
  },
] as const;
export const AUTH_KEY = 'auth-secret-1';
export const PRIV_KEY = 'priv-secret-1';

/** Debian's snmpd on a free port of loopback, with v1, v2c and v3. `before`: where another one was, whose engine it may take over. */
export const startSnmpd = async (lines: readonly string[] = [], before?: Pick<Daemon, 'port' | 'directory'>): Promise<Daemon> => {
  const directory = before?.directory ?? mkdtempSync(join(tmpdir(), 'sonde-snmpd-'));
  mkdirSync(directory, { recursive: true });
  const port = before?.port ?? (await freePort());
  const config = [
    `agentaddress udp:127.0.0.1:${port}`,
    `rocommunity ${COMMUNITY} 127.0.0.1`,
    'sysLocation rack 7',
    'sysContact noc@example.net',
    'sysName snmpd-under-test',
    ...V3_USERS.flatMap(({ user, create, row }) => [`createUser ${user} ${create}`, `rouser ${user} ${row}`]),
    ...lines,
  ];
  writeFileSync(join(directory, 'snmpd.conf'), `${config.join('\n')}\n`);
  const child = spawn(SNMPD, ['-f', '-Lo', '-C', '-c', join(directory, 'snmpd.conf'), '-p', join(directory, 'pid')], {
    env: { ...process.env, SNMP_PERSISTENT_DIR: directory, MIBS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return daemon(child, port, directory, /NET-SNMP version/);
};

/** Debian's snmpsim, which replays `<community>.snmprec` files of a directory. */
export const startSnmpsim = async (files: Readonly<Record<string, string>>): Promise<Daemon> => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-snmpsim-'));
  const port = await freePort();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, `${name}.snmprec`), text);
  const args = [`--data-dir=${directory}`, `--cache-dir=${directory}/cache`, `--agent-udpv4-endpoint=127.0.0.1:${port}`];
  // As root it wants to become somebody else, who must be able to read the files.
  if (process.getuid?.() === 0) {
    spawnSync('chown', ['-R', 'nobody:nogroup', directory]);
    args.push('--process-user=nobody', '--process-group=nogroup');
  }
  const child = spawn(SNMPSIM, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return daemon(child, port, directory, null);
};

const daemon = async (child: ChildProcess, port: number, directory: string, ready: RegExp | null): Promise<Daemon> => {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${said.join('')}`);
    if (ready === null ? await isOpen(port) : ready.test(said.join(''))) break;
    await sleep(100);
  }
  return {
    port,
    directory,
    [Symbol.asyncDispose]: async () => {
      const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
      child.kill('SIGKILL');
      await exit;
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** Whether somebody has the port: then it cannot be bound. */
const isOpen = async (port: number): Promise<boolean> => {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return false;
  } catch {
    return true;
  } finally {
    socket.close();
  }
};
