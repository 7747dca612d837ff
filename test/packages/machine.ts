import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// A bare Debian with its own systemd as process 1, in namespaces of its own: no network but its loopback, nothing of this host's.

/** What every root has beside debootstrap's smallest: an init, what the packages depend on, and what a test looks with. */
const INCLUDE = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'curl',
  'ca-certificates',
  'xz-utils',
  'procps',
  'iproute2',
  'libatomic1',
  'libstdc++6',
];
const MIRROR = 'http://deb.debian.org/debian';
const SUITE = 'bookworm';

export const whyNoMachine = (): string | null => {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const program of ['/usr/sbin/debootstrap', '/usr/bin/systemd-nspawn', '/usr/bin/nsenter'])
    if (!existsSync(program)) return `needs ${program}`;
  return null;
};

/** A root of the architecture, made once and then copied. */
export const pristineRoot = (architecture: 'amd64' | 'arm64', say: (line: string) => void): string => {
  const kept = join(tmpdir(), `sonde-root-${SUITE}-${architecture}`);
  if (existsSync(kept)) return kept;
  const making = `${kept}.${process.pid}`;
  say(`debootstrap of ${SUITE} ${architecture}`);
  const { status, stdout } = spawnSync(
    'debootstrap',
    ['--variant=minbase', `--arch=${architecture}`, `--include=${INCLUDE.join(',')}`, SUITE, making, MIRROR],
    { encoding: 'utf8', maxBuffer: 1e8 },
  );
  if (status !== 0) {
    rmSync(making, { recursive: true, force: true });
    throw new Error(`debootstrap failed: ${stdout.slice(-1_000)}`);
  }
  renameSync(making, kept);
  return kept;
};

export interface Ran {
  readonly status: number;
  readonly output: string;
}

export interface Machine extends AsyncDisposable {
  readonly root: string;
  /** Runs a shell line inside. */
  run(line: string, timeoutMs?: number): Promise<Ran>;
  /** The same; throws with what it said when it fails. */
  must(line: string, timeoutMs?: number): Promise<string>;
  /** Starts a program of this host on the machine's network. */
  beside(command: readonly string[]): ChildProcess;
  /** Puts a whole tree of this host there. */
  clone(from: string, to: string): void;
  /** Puts a file of this host there. */
  put(from: string, to: string): void;
}

/** Copies the root and boots it. Resolves once its systemd says that it runs. */
export const bootMachine = async (name: string, pristine: string): Promise<Machine> => {
  const root = join(tmpdir(), `${name}-${process.pid}`);
  cpSync(pristine, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  writeFileSync(join(root, 'etc/hostname'), `${name}\n`);
  const nspawn = spawn(
    'systemd-nspawn',
    ['--quiet', '--register=no', '--keep-unit', '--private-network', `--machine=${name}`, '-D', root, '-b', 'systemd.log_level=warning'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const machine = makeMachine(root, nspawn);
  for (let tries = 0; tries < 120; tries += 1) {
    if (nspawn.exitCode !== null) throw new Error(`it did not boot: ${said.slice(-1_000)}`);
    if (/running|degraded/.test((await machine.run('systemctl is-system-running 2>&1')).output)) return machine;
    await delay(500);
  }
  await machine[Symbol.asyncDispose]();
  throw new Error(`it did not come up within a minute: ${said.slice(-2_000)}`);
};

const makeMachine = (root: string, nspawn: ChildProcess): Machine => {
  const run = async (line: string, timeoutMs = 120_000): Promise<Ran> => {
    const leader = leaderOf(nspawn.pid ?? 0);
    if (leader === null) return { status: 1, output: 'not up yet' };
    const child = spawn('nsenter', ['-t', String(leader), '-m', '-u', '-i', '-n', '-p', '-r', '-w', '-C', '--', 'sh', '-c', line], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C' },
      timeout: timeoutMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
    return { status, output };
  };
  return {
    root,
    run,
    must: async (line, timeoutMs) => {
      const { status, output } = await run(line, timeoutMs);
      if (status !== 0) throw new Error(`${line}: ${status}\n${output}`);
      return output;
    },
    beside: (command) => spawn('nsenter', ['-t', String(leaderOf(nspawn.pid ?? 0)), '-n', '--', ...command], { stdio: 'ignore' }),
    clone: (from, to) => cpSync(from, join(root, to), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true }),
    put: (from, to) => {
      mkdirSync(join(root, to, '..'), { recursive: true });
      cpSync(from, join(root, to));
    },
    [Symbol.asyncDispose]: async () => {
      const leader = leaderOf(nspawn.pid ?? 0);
      const ended = new Promise((resolve) => nspawn.on('close', resolve));
      if (nspawn.exitCode === null) {
        if (leader !== null)
          process.kill(leader, 'SIGKILL'); // process 1 of its namespace: everything in it ends
        else nspawn.kill('SIGKILL');
        await ended;
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
};

/** The container's process 1: nspawn's own child. */
const leaderOf = (pid: number): number | null => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? null : Number(children.split(' ')[0]);
  } catch {
    return null;
  }
};
