import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compile, openVethPair, type Namespace, whyNoNamespace } from '../netns/namespace.ts';
import { type Bench, type Bound, atLeast, atMost, table } from './bench.ts';
import { runAgent } from './agent-run.ts';
import { runEngine } from './engine-run.ts';
import type { Figures } from './figures.ts';
import { runFping } from './fping.ts';

/** The agent and fping in turn, in the same namespaces; the far side's kernel answers. At 1,000 a second it is the whole agent with its controller,
 * above (more than one agent is allowed by default) the engine alone. */
export const icmp: Bench = {
  about: 'raw ICMP: RTT, loss and CPU beside fping, idle and busy; the machine’s own limit',
  run: async (say, words) => {
    const why = whyNoNamespace();
    if (why !== null) throw new Error(why);
    const short = words.includes('--short');
    using pair = openVethPair('bench');
    const near = pair.near;
    const figures: Record<string, number> = {};
    const rows: (string | number | null)[][] = [];
    const keep = (name: string, one: Figures): Figures => {
      for (const [key, value] of Object.entries(one)) figures[`${name} ${key}`] = value;
      rows.push([name, one.sent, one.lost, one.p50Us, one.p99Us, one.p999Us, one.cpuUs, one.wholeCpuUs]);
      say(table(HEAD, rows.slice(-1)));
      return one;
    };
    const bounds: Bound[] = [];
    const seconds = short ? 20 : 60;
    for (const load of ['idle', 'busy'] as const) {
      using _spinner = load === 'busy' ? spin() : noSpin();
      const fping = keep(`1,000/s ${load} fping`, await runFping(near, addresses(1_000), seconds));
      const ours = keep(`1,000/s ${load} sonde`, await runAgent(near, addresses(1_000), seconds));
      bounds.push(...compare(`1,000/s ${load}`, ours, fping));
      if (load === 'idle') bounds.push(atMost('1,000/s CPU against fping', ours.cpuUs / fping.cpuUs, 2, '×'));
    }
    const many = short ? 10 : 30;
    const fping = keep('10,000/s fping', await runFping(near, addresses(10_000), many));
    const ours = keep('10,000/s sonde', await runEngine(near, secondly(addresses(10_000), many)));
    bounds.push(atMost('10,000/s CPU against fping', ours.cpuUs / fping.cpuUs, 1, '×'));
    const flood = await runEngine(near, FLOOD);
    keep('40,000/s on one core sonde', flood);
    figures['socket drops'] = flood.socketDrops;
    bounds.push(atLeast('40,000/s sent', flood.sent, 400_000, 'packets'), atMost('40,000/s lost', flood.lost, 0, 'packets'));
    bounds.push(atMost('40,000/s median RTT', flood.p50Us, 100, 'µs'), atMost('40,000/s p99.9 RTT', flood.p999Us, 2_000, 'µs'));
    figures['machine limit packets/s'] = machineLimit(near);
    figures['our share of the limit at 10,000/s cost'] = 1e6 / ours.cpuUs / figures['machine limit packets/s'];
    say(`\n${table(HEAD, rows)}`);
    return { figures, bounds };
  },
};

const HEAD = ['prober', 'sent', 'lost', 'p50 µs', 'p99 µs', 'p99.9 µs', 'CPU µs/packet', 'whole program'];

/** 10 packets a second to each of 4,000: the rate counts, and a task has one packet each 100 ms. */
const FLOOD = {
  addresses: Array.from({ length: 4_000 }, (_, i) => `10.${200 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`),
  intervalMs: 1_000,
  options: { count: 10, spacingMs: 90, timeoutMs: 180 },
  rounds: 10,
  durationMs: 30_000,
  core: 1,
} as const;

const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.200.${(i >> 8) & 255}.${i & 255}`);

/** One packet a second each, in the default rounds of ten. */
const secondly = (to: readonly string[], seconds: number): Parameters<typeof runEngine>[1] => ({
  addresses: to,
  intervalMs: 10_000,
  options: { count: 10, spacingMs: 1_000, timeoutMs: 1_000 },
  rounds: Math.floor(seconds / 10),
  durationMs: (seconds + 25) * 1_000,
});

const compare = (name: string, ours: Figures, fping: Figures): Bound[] => [
  atMost(`${name} loss above fping's`, ours.lost / ours.sent - fping.lost / fping.sent, 0, ''),
  atMost(`${name} |median − fping's|`, Math.abs(ours.p50Us - fping.p50Us), 10, 'µs'),
  atMost(`${name} p99 − fping's`, ours.p99Us - fping.p99Us, 200, 'µs'),
  atMost(`${name} p99.9 − fping's`, ours.p999Us - fping.p999Us, 1_000, 'µs'),
];

/** A process that spins at normal priority on the second core. */
const spin = (): Disposable => {
  const child = spawn('taskset', ['-c', '1', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
};
const noSpin = (): Disposable => ({ [Symbol.dispose]: () => undefined });

const machineLimit = (near: Namespace): number => {
  using program = compile(join(import.meta.dirname, 'echo-limit.cc'));
  const done = spawnSync('ip', ['netns', 'exec', near.name, 'taskset', '-c', '1', program.path, '10.200.0.1', '3'], { encoding: 'utf8' });
  return Number(done.stdout);
};
