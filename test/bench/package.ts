import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { openState } from '../../controller/state/database.ts';
import { Target } from '../../protocol/target.ts';
import { type Namespace, openNamespace, whyNoNamespace } from '../netns/namespace.ts';
import { atMost, type Bench } from './bench.ts';
import { family } from './process-cpu.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TARGETS = 100;
const PORT = 18_885;
const MB = 1_000_000;

/** The .deb as it is shipped: its size, what it takes on the disk, and the installed executable at 100 targets, sharing its pages with nobody. */
export const packages: Bench = {
  about:
    'size of the packages; memory of the installed agent at 100 targets; how soon its first packet leaves. SONDE_PACKAGES: a folder that is built already',
  run: async (say, words) => {
    const why = whyNoNamespace();
    if (why !== null) throw new Error(why);
    await using stack = new AsyncDisposableStack();
    const work = mkdtempSync(join(tmpdir(), 'sonde-package-'));
    stack.defer(() => rmSync(work, { recursive: true, force: true }));
    const built = process.env['SONDE_PACKAGES'] ?? build(join(work, 'dist'), say);
    const deb = (name: string): string =>
      join(built, globSync(`${name}_*_${process.arch === 'x64' ? 'amd64' : 'arm64'}.deb`, { cwd: built })[0] ?? name);
    const sizes = { agent: statSync(deb('sonde-agent')).size / MB, controller: statSync(deb('sonde-controller')).size / MB };
    for (const name of ['agent', 'controller']) execFileSync('dpkg-deb', ['-x', deb(`sonde-${name}`), join(work, name)]);
    const installedMb = (Number(execFileSync('du', ['-sk', join(work, 'agent')], { encoding: 'utf8' }).split('\t')[0]) * 1_024) / MB;
    execFileSync('sync');
    const namespace = stack.use(openNamespace('pkg'));
    const agent = await measureAgent({ work, namespace, stack, say, settleMs: words.includes('--short') ? 20_000 : 60_000 });
    const peers = await measurePeers(namespace, work, say);
    return {
      figures: {
        'agent .deb MB': sizes.agent,
        'controller .deb MB': sizes.controller,
        'agent installed MB': installedMb,
        ...Object.fromEntries(agent.pssMb.map((mb, i) => [i === 0 ? 'agent MB' : `its process ${i} MB`, mb])),
        'first packet ms': agent.firstPacketMs,
        ...peers,
      },
      bounds: [
        atMost('agent .deb', sizes.agent, 32, 'MB'),
        atMost('agent installed', installedMb, 130, 'MB'),
        atMost(`agent at ${TARGETS} targets, all its processes, PSS`, sum(agent.pssMb), 95, 'MB'),
        atMost('first packet after start', agent.firstPacketMs, 1_000, 'ms'),
      ],
    };
  },
};

const build = (to: string, say: (line: string) => void): string => {
  say('building the packages, some minutes');
  execFileSync('sh', ['packaging/node.sh', 'packaging/package.ts', '--arch', process.arch, '--output', to], { cwd: ROOT, stdio: 'ignore' });
  return to;
};

interface Scene {
  readonly work: string;
  readonly namespace: Namespace;
  readonly stack: AsyncDisposableStack;
  readonly say: (line: string) => void;
  readonly settleMs: number;
}

const measureAgent = async ({ work, namespace, stack, say, settleMs }: Scene): Promise<{ pssMb: number[]; firstPacketMs: number }> => {
  const executable = (name: string): string => join(work, name, `usr/lib/sonde-${name}/sonde-${name}`);
  const data = join(work, 'data');
  const agentData = join(work, 'agent-data');
  await seedTargets(data);
  const controller = namespace.spawn([executable('controller'), 'run', '--data', data, '--http', '0', '--mqtt', String(PORT), '--json']);
  stack.defer(() => end(controller));
  await firstLine(controller);
  const token = await output(namespace.spawn([executable('controller'), 'token', 'create', '--data', data]));
  const register = ['register', `127.0.0.1:${PORT}`, '--token-file', '-', '--data', agentData, '--name', 'bench'];
  const registering = namespace.spawn([executable('agent'), ...register]);
  registering.stdin?.end(token.trim());
  say(await output(registering));
  // The first run fetches the configuration; the second is measured.
  for (const measured of [false, true]) {
    const startedMs = performance.now();
    const child = namespace.spawn([executable('agent'), 'run', '--data', agentData]);
    stack.defer(() => end(child));
    child.stdout?.resume();
    child.stderr?.resume();
    const pid = await programIn(child, executable('agent'));
    const before = outEchoes(pid);
    while (outEchoes(pid) === before) await delay(2);
    const firstPacketMs = performance.now() - startedMs;
    await delay(measured ? settleMs : 8_000);
    if (measured) return { pssMb: family(pid).map(pssMb), firstPacketMs };
    await end(child);
  }
  throw new Error('unreachable');
};

/** Others that poll from a host, at the same 100 targets where they ping; as Debian ships them. What is not installed is left out. */
const measurePeers = async (namespace: Namespace, work: string, say: (line: string) => void): Promise<Record<string, number>> => {
  const hosts = Array.from({ length: TARGETS }, (_, i) => `127.2.0.${i + 1}`);
  const collectd = join(work, 'collectd.conf');
  writeFileSync(
    collectd,
    `BaseDir "${work}"\nPIDFile "${work}/collectd.pid"\nLoadPlugin ping\n<Plugin ping>\n${hosts.map((host) => `Host "${host}"`).join('\n')}\n</Plugin>\n`,
  );
  const zabbix = join(work, 'zabbix.conf');
  writeFileSync(zabbix, `Server=127.0.0.1\nLogType=console\nPidFile=${work}/zabbix.pid\nAllowRoot=1\n`);
  const smokeping = join(work, 'smokeping.yml');
  writeFileSync(smokeping, `targets:\n- hosts: [${hosts.map((host) => `'${host}'`).join(', ')}]\n  interval: 1s\n  network: ip4\n`);
  const peers: readonly (readonly [name: string, command: readonly string[]])[] = [
    ['collectd', ['/usr/sbin/collectd', '-f', '-C', collectd]],
    ['zabbix-agent', ['/usr/sbin/zabbix_agentd', '-f', '-c', zabbix]],
    ['smokeping_prober', ['/usr/bin/prometheus-smokeping-prober', `--config.file=${smokeping}`]],
  ];
  const figures: Record<string, number> = {};
  for (const [name, command] of peers) {
    if (!existsSync(command[0] ?? '')) {
      say(`${name} is not installed: left out`);
      continue;
    }
    const child = namespace.spawn(command);
    child.stdout?.resume();
    child.stderr?.resume();
    await delay(8_000);
    if (child.exitCode === null && child.pid !== undefined) figures[`${name} MB`] = sum(family(child.pid).map(pssMb));
    await end(child);
  }
  return figures;
};

/** Into the controller's database before it starts. */
const seedTargets = async (data: string): Promise<void> => {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const state = openState(new DatabaseSync(join(data, 'control.db')));
  for (let i = 0; i < TARGETS; i += 1) {
    const target = Target.parse({ id: `t${i}`, name: `t${i}`, address: `127.1.0.${i + 1}`, tasks: [{ options: { kind: 'icmp' } }] });
    await state
      .insertInto('targets')
      .values({ id: target.id, document: JSON.stringify(target), created_at: 1, updated_at: 1 })
      .execute();
  }
  await state.destroy();
};

/** `ip netns exec` becomes the program: it is there once its executable is the one that was meant. */
const programIn = async (child: ChildProcess, executable: string): Promise<number> => {
  for (;;) {
    const pid = child.pid ?? 0;
    if (existsSync(`/proc/${pid}`) && readlinkSync(`/proc/${pid}/exe`) === executable) return pid;
    await delay(1);
  }
};

/** ICMP echo requests, v4, sent in the process's namespace. */
const outEchoes = (pid: number): number => {
  const [names = '', values = ''] = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('OutEchos')]);
};

/** The kernel counts in KiB. */
const pssMb = (pid: number): number =>
  (Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1_024) / MB;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

const output = async (child: ChildProcess): Promise<string> => {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr?.on('data', () => {});
  await once(child, 'close');
  return text;
};

const firstLine = async (child: ChildProcess): Promise<void> => {
  const { promise, resolve: found, reject } = Promise.withResolvers<void>();
  child.stderr?.resume();
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => chunk.includes('ready') && found());
  child.on('exit', () => reject(new Error('the controller ended before it was ready')));
  return promise;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 8_000);
  await once(child, 'exit');
  clearTimeout(killing);
};
