import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { openState } from '../../controller/state/database.ts';
import { Target } from '../../protocol/target.ts';
import { openNamespace, whyNoNamespace } from '../netns/namespace.ts';
import { atLeast, atMost, type Bench } from './bench.ts';
import { family } from './process-cpu.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TARGETS = 1_000;
/** As they are started: the agent by its unit (without these words it starts itself anew with them), the controller by package.json. */
const FLAGS = {
  agent: ['--max-semi-space-size=1', '--initial-heap-size=16', '--heap-growing-percent=20', '--single-threaded', '--optimize-for-size'],
  controller: ['--max-semi-space-size=4'],
};
const SETTLE_MS = 60_000;
const SAMPLES = 5;

/** Memory and start of agent and controller as they run from source, each on a Node binary of its own, so that no other program shares its pages. */
export const footprint: Bench = {
  about: 'memory (PSS) of agent and controller at 1,000 targets; how soon the first packet leaves',
  run: async (say, words) => {
    const why = whyNoNamespace();
    if (why !== null) throw new Error(why);
    const settleMs = words.includes('--short') ? 20_000 : SETTLE_MS;
    await using scene = await openScene(say);
    const { figures } = scene;
    await scene.register();
    // The first run fetches the configuration and fills the compile cache; the second is measured.
    const first = await scene.runAgent();
    await scene.firstPacket(first);
    await delay(10_000);
    await end(first.child);
    const startedMs = performance.now();
    const agent = await scene.runAgent();
    const firstPacketMs = await scene.firstPacket(agent, startedMs);
    say(`first packet after ${firstPacketMs.toFixed(0)} ms; measuring memory for ${settleMs / 1000} s`);
    await delay(settleMs);
    const agentKb = await highest(() => pssKb(family(agent.pid)));
    const controllerKb = await highest(() => pssKb([scene.controllerPid]));
    const echoes = scene.echoesOf(agent.pid);
    await delay(10_000);
    figures['packets a second'] = (scene.echoesOf(agent.pid) - echoes) / 10;
    for (const [i, pid] of family(agent.pid).entries()) figures[`agent process ${i} MB`] = pssKb([pid]) / 1_000;
    figures['agent MB'] = agentKb / 1_000;
    figures['controller MB'] = controllerKb / 1_000;
    figures['first packet ms'] = firstPacketMs;
    await end(agent.child);
    return {
      figures,
      bounds: [
        atMost('agent, all its processes, PSS', agentKb / 1_000, 130, 'MB'),
        atMost('first packet after start', firstPacketMs, 1_500, 'ms'),
        atMost('controller PSS', controllerKb / 1_000, 220, 'MB'),
        atLeast('packets a second while measured', figures['packets a second'], 900, ''),
      ],
    };
  },
};

interface RunningAgent {
  readonly child: ChildProcess;
  readonly pid: number;
}

interface Scene extends AsyncDisposable {
  readonly figures: Record<string, number>;
  readonly controllerPid: number;
  register(): Promise<void>;
  runAgent(): Promise<RunningAgent>;
  /** Waits for the first echo request in the agent's namespace; ms since `sinceMs`. */
  firstPacket(agent: RunningAgent, sinceMs?: number): Promise<number>;
  echoesOf(pid: number): number;
}

/** A namespace with nothing but loopback, a controller in it with 1,000 loopback addresses as targets, and an agent to be. */
const openScene = async (say: (line: string) => void): Promise<Scene> => {
  await using stack = new AsyncDisposableStack();
  const namespace = stack.use(openNamespace('foot'));
  const directory = mkdtempSync(join(tmpdir(), 'sonde-footprint-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const nodes = Object.fromEntries(['agent', 'controller'].map((name) => [name, join(directory, `node-${name}`)]));
  for (const path of Object.values(nodes)) copyFileSync(process.execPath, path);
  const data = join(directory, 'controller');
  await seedTargets(data);
  const environment = ['env', `NODE_COMPILE_CACHE=${join(directory, 'cache')}`];
  const start = (side: 'agent' | 'controller', words: readonly string[]): ChildProcess =>
    namespace.spawn([...environment, nodes[side] ?? '', ...FLAGS[side], join(ROOT, side, 'main.ts'), ...words]);
  const startController = (): ChildProcess => start('controller', ['run', '--data', data, '--http', '0', '--mqtt', '18883', '--json']);
  const first = startController(); // fills the compile cache
  stack.defer(() => end(first));
  await firstLine(first, 'ready');
  await delay(2_000);
  await end(first);
  const controller = startController();
  stack.defer(() => end(controller));
  const ready = await firstLine(controller, 'ready');
  say(`controller: ${ready}`);
  const agentData = join(directory, 'agent');
  const echoesOf = (pid: number): number => outEchoes(pid);
  const moved = stack.move();
  return {
    figures: {},
    controllerPid: programIn(controller, nodes['controller'] ?? ''),
    register: async () => {
      const token = (await output(start('controller', ['token', 'create', '--data', data]))).trim();
      const registering = start('agent', ['register', '127.0.0.1:18883', '--token-file', '-', '--data', agentData, '--name', 'bench']);
      registering.stdin?.end(token);
      say(await output(registering));
    },
    runAgent: async () => {
      const child = start('agent', ['run', '--data', agentData]);
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('exit', (code, signal) => code !== 0 && say(`the agent ended (${signal ?? code}): ${said}`));
      for (;;) {
        const pid = programIn(child, nodes['agent'] ?? '');
        if (pid !== 0) return { child, pid };
        await delay(1);
      }
    },
    firstPacket: async ({ pid }, sinceMs = performance.now()) => {
      const before = outEchoes(pid);
      while (outEchoes(pid) === before) await delay(2); // throws when the agent is gone
      return performance.now() - sinceMs;
    },
    echoesOf,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
};

/** Into the controller's database before it starts: a thousand requests would measure the API. */
const seedTargets = async (data: string): Promise<void> => {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const state = openState(new DatabaseSync(join(data, 'control.db')));
  for (let i = 0; i < TARGETS; i += 1) {
    const address = `127.1.${i >> 8}.${i & 255}`;
    const target = Target.parse({ id: `t${i}`, name: `t${i}`, address, tasks: [{ options: { kind: 'icmp' } }] });
    await state
      .insertInto('targets')
      .values({ id: target.id, document: JSON.stringify(target), created_at: 1, updated_at: 1 })
      .execute();
  }
  await state.destroy();
};

/** `ip netns exec` and `env` become the program: it is there once its executable is the Node that was meant. 0: not yet. */
const programIn = (child: ChildProcess, node: string): number => {
  const pid = child.pid ?? 0;
  try {
    return readlinkSync(`/proc/${pid}/exe`) === node ? pid : 0;
  } catch {
    return 0;
  }
};

/** ICMP echo requests, v4, sent in the process's namespace. */
const outEchoes = (pid: number): number => {
  const [names = '', values = ''] = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('OutEchos')]);
};

const pssKb = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0), 0);

const highest = async (read: () => number): Promise<number> => {
  let most = 0;
  for (let i = 0; i < SAMPLES; i += 1) {
    most = Math.max(most, read());
    await delay(1_000);
  }
  return most;
};

const output = async (child: ChildProcess): Promise<string> => {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr?.on('data', () => {});
  await once(child, 'close');
  return text;
};

const firstLine = async (child: ChildProcess, word: string): Promise<string> => {
  let text = '';
  const { promise, resolve: found, reject } = Promise.withResolvers<string>();
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (chunk.includes(word)) found(chunk.trim());
  });
  child.on('exit', () => reject(new Error(`it ended before it was ready: ${text}`)));
  return promise;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 8_000);
  await once(child, 'exit');
  clearTimeout(killing);
};
