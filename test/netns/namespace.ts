import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// Network namespaces of our own, for tests and benchmarks: nothing of the host's network is touched, and all is removed at the end.

export interface Namespace extends Disposable {
  readonly name: string;
  /** Runs `ip` with these words inside; throws with its words when it fails. */
  ip(line: string): void;
  /** Starts a program inside. */
  spawn(command: readonly string[], stdio?: 'pipe' | 'inherit'): ChildProcess;
}

/** null when this host can do it; else what is missing and how to mend it: the reason for skipping. */
export const whyNoNamespace = (): string | null => {
  const tried = spawnSync('unshare', ['-n', 'ip', 'link', 'show', 'lo'], { encoding: 'utf8' });
  if (tried.status === 0) return existsSync('/dev/net/tun') ? null : 'no /dev/net/tun: modprobe tun';
  const words = tried.error?.message ?? tried.stderr.trim();
  return `network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN) and iproute2: ${words}`;
};

let opened = 0;

export const openNamespace = (prefix: string): Namespace => {
  opened += 1;
  const name = `sonde-${prefix}-${process.pid}-${opened}`;
  run(['ip', 'netns', 'add', name]);
  const inside = (command: readonly string[]): string[] => ['netns', 'exec', name, ...command];
  const namespace: Namespace = {
    name,
    ip: (line) => run(['ip', '-n', name, ...line.split(' ')]),
    spawn: (command, stdio = 'pipe') => spawn('ip', inside(command), { stdio: [stdio === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'] }),
    [Symbol.dispose]: () => run(['ip', 'netns', 'del', name]),
  };
  namespace.ip('link set lo up');
  return namespace;
};

/** Two namespaces and a veth between them: 10.200.0.0/15 beyond (its kernel answers every address of it), the probing side in front. */
export const openVethPair = (prefix: string): Disposable & { readonly near: Namespace; readonly far: Namespace } => {
  const near = openNamespace(`${prefix}-near`);
  const far = openNamespace(`${prefix}-far`);
  near.ip(`link add v0 type veth peer name v1 netns ${far.name}`);
  near.ip('addr add 10.199.0.1/30 dev v0');
  near.ip('link set v0 up');
  far.ip('addr add 10.199.0.2/30 dev v1');
  far.ip('link set v1 up');
  far.ip('route add local 10.200.0.0/15 dev lo');
  near.ip('route add 10.200.0.0/15 via 10.199.0.2');
  return {
    near,
    far,
    [Symbol.dispose]: () => {
      near[Symbol.dispose]();
      far[Symbol.dispose]();
    },
  };
};

/** Compiles a C++ file, next to this one unless the path is whole; gives the program's path, removed when disposed. */
export const compile = (file: string): Disposable & { readonly path: string } => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-netns-'));
  const path = join(directory, 'program');
  run(['g++', '-O2', '-std=c++17', '-o', path, resolve(import.meta.dirname, file)]);
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
};

/** Waits until the program has said this on its stderr; rejects when it ends before. */
export const said = async (child: ChildProcess, words: string): Promise<void> => {
  let heard = '';
  const ended = once(child, 'exit').then(() => {
    throw new Error(`it ended before it said "${words}": ${heard}`);
  });
  const saying = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      heard += String(chunk);
      if (heard.includes(words)) resolve();
    });
  });
  ended.catch(() => undefined);
  await Promise.race([saying, ended]);
};

const run = (command: readonly string[]): void => {
  const [program = '', ...words] = command;
  const done = spawnSync(program, words, { encoding: 'utf8', timeout: 60_000 });
  if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.error?.message ?? done.stderr}`);
};
