import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';

// Runs the README's commands, as they stand there and in their order, in a fresh clone inside a network namespace: so the default ports are free and
// nothing can leave. `npm ci` is what brought us here, and `npm test` is what runs this.

const root = path.resolve(import.meta.dirname, '../..');
const commands = [...readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap((block) => (block[1] ?? '').split('\n'))
  .filter((line) => line.trim() !== '');

const mayMakeNamespaces = process.getuid?.() === 0 && (existsSync('/sbin/ip') || existsSync('/usr/sbin/ip'));
const skip = mayMakeNamespaces ? false : 'needs root and iproute2 for a network namespace';

/** Commands that run until they are stopped, and what they print when they are ready. */
const LASTING: readonly (readonly [command: RegExp, ready: RegExp])[] = [
  [/^npm ci && npm start$/, /config-applied/],
  [/ agent -- run /, /icmp-ready|measures/],
  [/ controller -- run /, /Sonde is running/],
];

/** Ends when the program ends, or when it has printed that it is ready. */
const watch = (child: ChildProcess, ready: RegExp | undefined): Promise<{ ok: boolean; output: string }> =>
  new Promise((resolve) => {
    let output = '';
    const read = (data: Buffer): void => {
      output += data.toString();
      if (ready?.test(output)) resolve({ ok: true, output });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('close', (code) => resolve({ ok: code === 0 && ready === undefined, output }));
    void delay(60_000, undefined, { ref: false }).then(() => resolve({ ok: false, output: `${output}\n(no end after 60 s)` }));
  });

/** Ctrl-C as a terminal sends it: to the whole process group. The exit code. */
const stop = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.pid === undefined) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  process.kill(-child.pid, 'SIGINT');
  return ended;
};

t.setTimeout(240_000);
t.test('README: every command does what it says', { skip, timeout: 240_000 }, async (t) => {
  const namespace = `sr${process.pid}`;
  const clone = mkdtempSync(path.join(tmpdir(), 'sonde-readme-'));
  execFileSync('ip', ['netns', 'add', namespace]);
  const running: ChildProcess[] = [];
  t.teardown(async () => {
    for (const child of running.toReversed()) await stop(child);
    execFileSync('ip', ['netns', 'delete', namespace]);
    rmSync(clone, { recursive: true, force: true });
  });
  execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  for (const file of execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  }).split('\0'))
    if (file !== '' && existsSync(path.join(root, file))) execFileSync('cp', ['--parents', file, clone], { cwd: root });
  symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
  const open = (command: string): ChildProcess =>
    spawn('ip', ['netns', 'exec', namespace, 'sh', '-c', `exec ${command.replace(/^npm ci && /, '')}`], {
      cwd: clone,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  for (const command of commands.filter((line) => line !== 'npm ci && npm test')) {
    const ready = LASTING.find(([pattern]) => pattern.test(command))?.[1];
    const child = open(command);
    if (ready) running.push(child);
    const { ok, output } = await watch(child, ready);
    t.ok(ok, command, { output: output.slice(-2_000) });
  }

  const metrics = execFileSync('ip', ['netns', 'exec', namespace, 'curl', '-s', 'http://127.0.0.1:8080/metrics'], { encoding: 'utf8' });
  t.match(metrics, /sonde_agents\{state="online"\} 2/, 'the enrolled agent is online beside the local one');
  for (const child of running.toReversed()) t.equal(await stop(child), 0, 'stops cleanly on one Ctrl-C');
  running.length = 0;
});
