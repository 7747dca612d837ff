import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { buildPackages } from './built.ts';
import { pristineRoot, whyNoMachine } from './machine.ts';

// The long ones: two builds give the same bytes, lintian, and arm64 under qemu.

const ROOT = resolve(import.meta.dirname, '../..');
const release = process.env['SONDE_TEST_RELEASE'] === undefined ? 'a part of npm run test:release' : whyNoMachine();
t.setTimeout(3 * 3_600_000);

const sumsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    globSync('*.{deb,json}', { cwd: folder })
      .toSorted()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

const workFolder = (t: { teardown(work: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-release-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

t.test(
  'packages: two builds of the same source, in other folders and by another user mask, are the same bytes',
  { skip: release ?? false },
  async (t) => {
    const work = workFolder(t);
    const build = (to: string, mask: string): Record<string, string> => {
      execFileSync('sh', ['-c', `umask ${mask}; exec sh packaging/node.sh packaging/package.ts --fast --arch x64 --output ${to}`], {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, TZ: mask === '022' ? 'UTC' : 'Asia/Tokyo' },
      });
      return sumsOf(to);
    };

    const first = build(join(work, 'first'), '022');
    const second = build(join(work, 'another-name'), '077');

    t.equal(Object.keys(first).length, 5);
    t.same(second, first);
  },
);

t.test('packages: lintian finds no error', { skip: release ?? (existsSync('/usr/bin/lintian') ? false : 'needs lintian') }, async (t) => {
  const built = buildPackages('x64', workFolder(t));

  const { status, stdout } = spawnSync('lintian', ['--fail-on', 'error', ...globSync('*.deb', { cwd: built })], {
    cwd: built,
    encoding: 'utf8',
  });

  t.equal(status, 0, stdout);
  t.comment(stdout);
});

const qemu = existsSync('/usr/bin/qemu-aarch64-static') ? null : 'needs qemu-user-static';

/** Lets the kernel run arm64 programs by qemu. */
const useQemu = (): void => {
  if (!existsSync('/proc/sys/fs/binfmt_misc/register')) spawnSync('mount', ['-t', 'binfmt_misc', 'none', '/proc/sys/fs/binfmt_misc']);
  if (!existsSync('/proc/sys/fs/binfmt_misc/qemu-aarch64')) {
    spawnSync('update-binfmts', ['--import', 'qemu-aarch64']);
    spawnSync('update-binfmts', ['--enable', 'qemu-aarch64']);
  }
};

t.test('packages: the arm64 agent enrols and measures loopback, under qemu', { skip: release ?? qemu ?? false }, async (t) => {
  useQemu();
  const work = workFolder(t);
  const built = buildPackages('arm64', join(work, 'dist'));
  const root = join(work, 'root');
  cpSync(
    pristineRoot('arm64', (line) => t.comment(line)),
    root,
    { recursive: true, verbatimSymlinks: true },
  );
  const deb = globSync('sonde-agent_*_arm64.deb', { cwd: built })[0] ?? '';
  cpSync(join(built, deb), join(root, 'agent.deb'));
  const inside = (line: string): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync('chroot', [root, 'sh', '-c', line], { encoding: 'utf8', timeout: 300_000 });
    return { status, output: stdout + stderr };
  };
  rmSync(join(root, 'proc'), { recursive: true, force: true }); // a link, after some debootstraps
  mkdirSync(join(root, 'proc'));
  spawnSync('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  t.teardown(() => void spawnSync('umount', [join(root, 'proc')]));
  t.match(inside('dpkg -i /agent.deb && dpkg --print-architecture && sonde-agent limits').output, /arm64\n# The guard rails/);
  const data = join(work, 'controller');
  const main = join(ROOT, 'controller/main.ts');
  const controller = spawn(process.execPath, [main, 'run', '--data', data, '--http', '0', '--mqtt', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => controller.kill('SIGKILL'));
  let said = '';
  controller.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('\n')) await delay(200);
  const port: number = JSON.parse(said).ready.agentsPort;
  const cli = (...words: string[]): string =>
    execFileSync(process.execPath, [main, ...words, '--data', data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  cli('targets', 'add', '127.0.0.1', '--id', 'self', '--interval', '2s', '--count', '1');

  const registered = inside(
    `echo ${cli('token', 'create').trim()} | sonde-agent register 127.0.0.1:${port} --token-file - --name arm --data /var/lib/sonde-agent`,
  );

  t.equal(registered.status, 0, registered.output);
  t.match(registered.output, /✔ broker: session with/);
  // Debian 12's qemu translates no SO_TIMESTAMPNS: then the agent stamps what it reads by itself, and says so.
  t.match(registered.output, /✔ ICMP IPv4: echo of 127\.0\.0\.1 after \d+ µs/);
  t.comment(registered.output);
  const agent = spawn('chroot', [root, 'sonde-agent', 'run'], { stdio: 'ignore' });
  t.teardown(() => agent.kill('SIGTERM'));
  for (let tries = 0; tries < 120 && !/"answered": true/.test(cli('targets', 'list', '--json')); tries += 1) await delay(1_000);
  t.match(cli('targets', 'list', '--json'), /"answered": true/);
});
