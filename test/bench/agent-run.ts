import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { PING } from '../../controller/series/schema.ts';
import { openSqliteStore } from '../../controller/series/sqlite/store.ts';
import { openState } from '../../controller/state/database.ts';
import { Target } from '../../protocol/target.ts';
import type { Namespace } from '../netns/namespace.ts';
import { AGENT_NICE } from './engine-run.ts';
import { type Figures, figuresOf } from './figures.ts';
import { commandOf, cpuNs, family } from './process-cpu.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Register, fetch the configuration, and one whole round: not measured. */
const SETTLE_MS = 25_000;
const ENGINE = 'agent/icmp/main.ts';

/** The whole agent and its controller in the namespace, the default task for each address: what the controller has stored is judged. */
export const runAgent = async (namespace: Namespace, addresses: readonly string[], seconds: number): Promise<Figures> => {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const data = join(directory, 'controller');
  const agentData = join(directory, 'agent');
  await seed(data, addresses);
  const start = (words: readonly string[]): ChildProcess => namespace.spawn([process.execPath, ...words]);
  const controller = start([join(ROOT, 'controller/main.ts'), 'run', '--data', data, '--http', '0', '--mqtt', '18884', '--json']);
  stack.defer(() => end(controller));
  await says(controller, 'ready');
  const token = await output(start([join(ROOT, 'controller/main.ts'), 'token', 'create', '--data', data]));
  const registering = start([
    join(ROOT, 'agent/main.ts'),
    'register',
    '127.0.0.1:18884',
    '--token-file',
    '-',
    '--data',
    agentData,
    '--name',
    'bench',
  ]);
  registering.stdin?.end(token.trim());
  await output(registering);
  const agent = start([join(ROOT, 'agent/main.ts'), 'run', '--data', agentData, '--nice', String(AGENT_NICE)]);
  stack.defer(() => end(agent));
  agent.stdout?.resume();
  agent.stderr?.resume();
  await delay(SETTLE_MS);
  const before = cpuOf(agent);
  const from = Date.now();
  await delay(seconds * 1_000);
  const to = Date.now();
  const after = cpuOf(agent);
  await delay(15_000); // what was under way is stored: a round takes ten seconds, and collects company on its way
  await end(agent);
  await end(controller);
  const rounds = await stored(data, from, to);
  return figuresOf({
    sketches: rounds.map(({ sketch }) => sketch),
    sent: sum(rounds.map(({ sent }) => sent)),
    lost: sum(rounds.map(({ sent, received }) => sent - received)),
    cpuNs: after.engineNs - before.engineNs,
    cpuPackets: (addresses.length * (to - from)) / 1_000,
    wholeCpuNs: after.allNs - before.allNs,
  });
};

/** Into the controller's database before it starts: a thousand requests would measure the API. */
const seed = async (data: string, addresses: readonly string[]): Promise<void> => {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const state = openState(new DatabaseSync(join(data, 'control.db')));
  for (const [i, address] of addresses.entries()) {
    const target = Target.parse({ id: `t${i}`, name: `t${i}`, address, tasks: [{ options: { kind: 'icmp' } }] });
    await state
      .insertInto('targets')
      .values({ id: target.id, document: JSON.stringify(target), created_at: 1, updated_at: 1 })
      .execute();
  }
  await state.destroy();
};

const cpuOf = (agent: ChildProcess): { engineNs: number; allNs: number } => {
  const processes = family(agent.pid ?? -1);
  const engine = processes.find((pid) => commandOf(pid).includes(ENGINE));
  if (engine === undefined) throw new Error('the agent has no ICMP process: is it registered, and may it?');
  return { engineNs: cpuNs(engine) ?? 0, allNs: sum(processes.map((pid) => cpuNs(pid) ?? 0)) };
};

const stored = async (data: string, from: number, to: number): Promise<{ sent: number; received: number; sketch: string }[]> => {
  await using store = openSqliteStore(new DatabaseSync(join(data, 'series.db')));
  const fields = (['packets_transmitted', 'packets_received', 'rtt_sketch'] as const).map((field) => ({
    field,
    aggregate: 'last' as const,
  }));
  const series = await store.query({ measurement: PING, tags: {}, fields, from, to });
  return series.flatMap(({ rows }) =>
    rows.map(([, sent, received, sketch]) => ({ sent: Number(sent), received: Number(received), sketch: String(sketch ?? '') })),
  );
};

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

const output = async (child: ChildProcess): Promise<string> => {
  let text = '';
  let complaints = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (complaints += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${text}${complaints}`);
  return text;
};

const says = async (child: ChildProcess, word: string): Promise<void> => {
  let text = '';
  const { promise, resolve: found, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = `${text}${chunk}`.slice(-4_000);
      if (text.includes(word)) found();
    });
  child.on('exit', () => reject(new Error(`it ended before it said "${word}": ${text}`)));
  await promise;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 8_000);
  await once(child, 'exit');
  clearTimeout(killing);
};
