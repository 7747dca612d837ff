import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as z from 'zod';
import { type Namespace, openVethPair, whyNoNamespace } from '../netns/namespace.ts';
import { openVeths } from '../netns/veths.ts';
import { atMost, type Bench, quantile, table } from './bench.ts';
import { AGENT_NICE, runEngine } from './engine-run.ts';
import type { Figures } from './figures.ts';

/** As the agent's unit starts it. */
const AS_THE_AGENT = [
  '--max-semi-space-size=1',
  '--initial-heap-size=16',
  '--heap-growing-percent=20',
  '--single-threaded',
  '--optimize-for-size',
];
const TickReport = z.object({
  interfaces: z.number(),
  ticksMs: z.array(z.number()),
  cpuMs: z.array(z.number()),
  linksMs: z.number(),
  linksCpuMs: z.number(),
  readMs: z.array(z.number()),
});

/** Ticks over 300 interfaces, and the ICMP process beside an inventory that never ends. */
export const interfaces: Bench = {
  about: 'own interfaces: one tick over 300 of them; ICMP while the inventory runs',
  run: async (say, words) => {
    const why = whyNoNamespace();
    if (why !== null) throw new Error(why);
    const short = words.includes('--short');
    using pair = openVethPair('bench-if');
    openVeths(pair.near, 150);
    const { interfaces: count, ticksMs, cpuMs, linksMs, linksCpuMs, readMs } = await tick(pair.near, short ? 60 : 300);
    const figures: Record<string, number | null> = {
      interfaces: count,
      'tick median ms': quantile(ticksMs, 0.5),
      'tick p95 ms': quantile(ticksMs, 0.95),
      'tick max ms': Math.max(...ticksMs),
      'tick CPU median ms': quantile(cpuMs, 0.5),
      'tick CPU p95 ms': quantile(cpuMs, 0.95),
      'of it reading /proc/net/dev, median ms': quantile(readMs, 0.5),
      'links once a minute ms': linksMs,
      'links once a minute CPU ms': linksCpuMs,
    };
    say(`${count} interfaces: tick ${figures['tick median ms']} ms median, ${figures['tick p95 ms']} ms p95`);
    const rounds = short ? 2 : 5;
    const quiet = await runEngine(pair.near, echoes(rounds));
    say(table(HEAD, [rowOf('without inventory', quiet)]));
    const load = await startInventory(pair.near);
    const beside = await runEngine(pair.near, echoes(rounds));
    figures['inventories while measured'] = await load.stop();
    say(table(HEAD, [rowOf('beside the inventory', beside)]));
    for (const [name, run] of Object.entries({ quiet, beside }))
      for (const [key, value] of Object.entries(run)) figures[`${name} ${key}`] = value;
    return {
      figures,
      bounds: [
        atMost('tick over 300 interfaces, median', figures['tick median ms'] ?? null, 5, 'ms'),
        atMost('tick over 300 interfaces, p95', figures['tick p95 ms'] ?? null, 5, 'ms'),
        // Beside it, to tell a slow tick from a machine that was busy with something else.
        atMost('CPU of a tick, p95', figures['tick CPU p95 ms'] ?? null, 5, 'ms'),
        atMost('loss beside the inventory', beside.lost - quiet.lost, 0, 'packets'),
        atMost('|median beside the inventory − without|', Math.abs(beside.p50Us - quiet.p50Us), 10, 'µs'),
        atMost('p99 beside the inventory − without', beside.p99Us - quiet.p99Us, 200, 'µs'),
        atMost('p99.9 beside the inventory − without', beside.p999Us - quiet.p999Us, 1_000, 'µs'),
      ],
    };
  },
};

const HEAD = ['ICMP', 'sent', 'lost', 'p50 µs', 'p99 µs', 'p99.9 µs'];
const rowOf = (name: string, { sent, lost, p50Us, p99Us, p999Us }: Figures): (string | number)[] => [
  name,
  sent,
  lost,
  p50Us,
  p99Us,
  p999Us,
];

/** 1,000 packets a second in the default rounds of ten. */
const echoes = (rounds: number): Parameters<typeof runEngine>[1] => ({
  addresses: Array.from({ length: 1_000 }, (_, i) => `10.200.${i >> 8}.${i & 255}`),
  intervalMs: 10_000,
  options: { count: 10, spacingMs: 1_000, timeoutMs: 1_000 },
  rounds,
  durationMs: rounds * 10_000 + 25_000,
});

const tick = async (namespace: Namespace, ticks: number): Promise<z.infer<typeof TickReport>> => {
  const program = join(import.meta.dirname, 'interface-ticks.ts');
  const nice = ['nice', '-n', String(AGENT_NICE)];
  const child = namespace.spawn([
    ...nice,
    process.execPath,
    ...AS_THE_AGENT,
    '--disable-warning=ExperimentalWarning',
    program,
    String(ticks),
  ]);
  return TickReport.parse(JSON.parse(await output(child)));
};

const output = async (child: ChildProcess): Promise<string> => {
  const [said, complaints]: string[][] = [[], []];
  child.stdout?.on('data', (chunk) => said?.push(String(chunk)));
  child.stderr?.on('data', (chunk) => complaints?.push(String(chunk)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(complaints?.join('') ?? '');
  return said?.join('') ?? '';
};

/** Inventories one after the other, with the ticks and the looks at links that an agent does beside them; tells how many there were. */
const startInventory = async (namespace: Namespace): Promise<{ readonly stop: () => Promise<number> }> => {
  const child = namespace.spawn([
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'inventory-load.ts'),
  ]);
  let begun = 0;
  const first = Promise.withResolvers<void>();
  child.stdout?.on('data', (chunk) => {
    begun += String(chunk).split('\n').length - 1;
    first.resolve();
  });
  child.on('exit', () => first.reject(new Error('the inventory ended before it began')));
  await first.promise;
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      return begun;
    },
  };
};
