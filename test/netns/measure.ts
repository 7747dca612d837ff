// Runs the ICMP engine as the agent does, inside a namespace, for tests and benchmarks. The order comes as JSON on stdin; rounds leave
// as JSON lines on stdout, then one line of counters.
import { spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Limits } from '../../agent/config/limits.ts';
import { openIcmpEngine } from '../../agent/icmp/supervisor.ts';
import type { MeasuredRound } from '../../agent/probes/probe.ts';
import { IcmpOptions } from '../../protocol/probes/icmp.ts';
import { systemClock } from '../../protocol/time.ts';
import { cpuNs } from '../bench/process-cpu.ts';
import type { MeasureOrder, MeasureReport } from './measurement.ts';

const order: MeasureOrder = JSON.parse(await text(process.stdin));
const say = (event: string, message: string): void => void process.stderr.write(`${event}: ${message}\n`);
await using engine = openIcmpEngine({
  clock: systemClock,
  log: { info: say, warn: say, error: say },
  limits: Limits.parse({
    perTarget: { packetsPerSecond: 1e6, burstPackets: 1e6, bytesPerSecond: 1e9 },
    perNetwork: { packetsPerSecond: 1e6 },
    total: { packetsPerSecond: 1e6 },
    ...order.limits,
  }),
  ...(order.nice === undefined ? {} : { nice: order.nice }),
});

/** Counters come once a second, so CPU and packets are read when they have just come. */
const readings: { engineNs: number; restNs: number; packets: number }[] = [];
const read = (): void => {
  const pid = engine.pid();
  const packets = engine.counters().packetsSent;
  if (pid !== null && packets !== readings.at(-1)?.packets)
    readings.push({ engineNs: cpuNs(pid) ?? 0, restNs: cpuNs(process.pid) ?? 0, packets });
};
const reading = setInterval(read, 20);
const pinned = setInterval(() => {
  const pid = engine.pid();
  if (pid === null || order.core === undefined) return;
  spawnSync('taskset', ['-a', '-p', '-c', String(order.core), String(pid)]);
  clearInterval(pinned);
}, 50);

const end = AbortSignal.timeout(order.durationMs);
const options = IcmpOptions.parse({ kind: 'icmp', ...order.options });
const measure = async (address: string, index: number): Promise<void> => {
  const family = address.includes(':') ? 'v6' : 'v4';
  const task = {
    id: `t${index}/icmp`,
    target: { id: `t${index}`, address, family },
    intervalMs: order.intervalMs,
    options,
    address,
  } as const;
  const phaseMs = order.phaseMs ?? (index * order.intervalMs) / order.addresses.length;
  let taken = 0;
  const enough = new AbortController();
  for await (const round of engine.rounds(task, phaseMs, AbortSignal.any([end, enough.signal]))) {
    report({ address, round });
    taken += 1;
    if (taken === order.rounds) enough.abort();
  }
};
const report = (line: { address: string; round: MeasuredRound } | MeasureReport): void =>
  void process.stdout.write(`${JSON.stringify(line)}\n`);
await Promise.all(order.addresses.map(measure));
await systemClock.sleep(1_100, AbortSignal.timeout(5_000)); // the counters come once a second
clearInterval(reading);
clearInterval(pinned);
const [first, last] = [readings[Math.min(3, readings.length - 2)], readings.at(-2)];
const since = (of: 'engineNs' | 'restNs' | 'packets'): number => (last?.[of] ?? 0) - (first?.[of] ?? 0);
report({
  counters: engine.counters(),
  restarts: engine.restarts(),
  cpu: { engineNs: since('engineNs'), restNs: since('restNs'), packets: since('packets') },
});
