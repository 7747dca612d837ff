// npm run bench -- snmp: 500 devices of 48 ports, one in twenty dead and one in twenty slow, polled each minute; collectd and snmpbulkwalk beside.
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeasuredRound } from '../../agent/probes/probe.ts';
import { phaseOf } from '../../agent/schedule/plan.ts';
import { openTestEngine, snmpOrder } from '../helpers/snmp-engine.ts';
import { atMost, type Bench, type BenchResult, quantile } from './bench.ts';
import { startCollectd } from './collectd.ts';
import { cpuNs } from './process-cpu.ts';

interface Scale {
  readonly devices: number;
  readonly intervalMs: number;
  /** Rounds that count, after the first. */
  readonly rounds: number;
  readonly peerS: number;
}
const FULL: Scale = { devices: 500, intervalMs: 60_000, rounds: 3, peerS: 60 };
const SHORT: Scale = { devices: 100, intervalMs: 10_000, rounds: 3, peerS: 20 };
/** A healthy device's poll is on time when it is done this long after its slot. */
const ON_TIME_MS = 5_000;
const WALKED_DEVICES = 20;

type Kind = 'dead' | 'slow' | 'healthy';
interface Device {
  readonly kind: Kind;
  readonly port: number;
}
interface Counts {
  readonly variables: number;
  readonly requests: number;
}

export const snmp: Bench = {
  about: '500 SNMP devices of 48 ports, some dead, some slow: on time, and the CPU of a variable beside collectd',
  run: async (say, words) => {
    const scale = words.includes('--short') ? SHORT : FULL;
    const child = fork(join(import.meta.dirname, 'snmp-devices.ts'), [String(scale.devices), '20'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    try {
      const [told]: { ports: Device[] }[] = await once(child, 'message');
      return await measure(child, told?.ports ?? [], scale, say);
    } finally {
      child.disconnect();
    }
  },
};

const countsOf = async (child: ChildProcess): Promise<Counts> => {
  child.send('counts');
  const [counts]: Counts[] = await once(child, 'message');
  return counts ?? { variables: 0, requests: 0 };
};

const measure = async (
  child: ChildProcess,
  devices: readonly Device[],
  scale: Scale,
  say: (line: string) => void,
): Promise<BenchResult> => {
  say(`polling ${devices.length} devices each ${scale.intervalMs / 1_000} s, ${scale.rounds} rounds after the first`);
  const ours = await pollOurs(child, devices, scale);
  const healthy = devices.filter(({ kind }) => kind === 'healthy').map(({ port }) => port);
  say('collectd, by its defaults, then with BulkSize');
  const plain = await pollCollectd(child, healthy, scale, 0);
  const bulk = await pollCollectd(child, healthy, scale, 25);
  say(`snmpbulkwalk, ${WALKED_DEVICES} devices`);
  const walk = await walkAll(child, healthy.slice(0, WALKED_DEVICES));
  const figures = {
    devices: devices.length,
    healthy_rounds: ours.healthyRounds,
    healthy_rounds_late: ours.late,
    healthy_rounds_missing: ours.missing,
    healthy_incomplete: ours.incomplete,
    healthy_p99_ms: ours.p99Ms,
    slow_answered_rounds: ours.slowRounds,
    variables: ours.variables,
    variables_per_request: ours.variables / Math.max(1, ours.requests),
    cpu_us_per_variable: ours.usPerVariable,
    cpu_percent_of_a_core: ours.cpuPercent,
    collectd_cpu_us_per_variable: plain.usPerVariable,
    collectd_bulk_cpu_us_per_variable: bulk.usPerVariable,
    snmpbulkwalk_cpu_us_per_variable: walk,
  };
  return {
    figures,
    bounds: [
      atMost('healthy rounds late or missing', ours.late + ours.missing + ours.incomplete, 0, 'rounds'),
      atMost('CPU of a variable, of collectd', ratio(ours.usPerVariable, plain.usPerVariable), 1, '×'),
    ],
  };
};

const ratio = (a: number | null, b: number | null): number | null => (a === null || b === null || b === 0 ? null : a / b);

const pollOurs = async (child: ChildProcess, devices: readonly Device[], scale: Scale) => {
  await using engine = openTestEngine();
  const stop = new AbortController();
  const rounds = new Map<number, MeasuredRound[]>(devices.map((_, i) => [i, []]));
  const reading = devices.map(async ({ port }, i) => {
    const order = snmpOrder(
      `d${i}`,
      port,
      { timeoutMs: 5_000, budgetMs: scale.intervalMs * 0.9 },
      { community: 'public' },
      scale.intervalMs,
    );
    for await (const round of engine.rounds(order, phaseOf('bench', order.task.id, scale.intervalMs), stop.signal))
      rounds.get(i)?.push(round);
  });
  // The first round asks for more than the others, and compiles what it runs.
  await sleep(scale.intervalMs + ON_TIME_MS);
  for (const list of rounds.values()) list.length = 0;
  const before = await countsOf(child);
  const cpuBefore = cpuNs(engine.pid() ?? -1);
  const startedMs = performance.now();
  await sleep(scale.rounds * scale.intervalMs);
  const cpuAfter = cpuNs(engine.pid() ?? -1);
  const wallMs = performance.now() - startedMs;
  const after = await countsOf(child);
  await sleep(ON_TIME_MS);
  stop.abort();
  await Promise.all(reading);
  const of = (kind: Kind) => devices.flatMap((device, i) => (device.kind === kind ? [rounds.get(i) ?? []] : []));
  const healthy = of('healthy');
  const durations = healthy.flatMap((list) => list.map(({ durationMs }) => durationMs));
  const cpu = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore;
  const variables = after.variables - before.variables;
  return {
    healthyRounds: durations.length,
    late: durations.filter((ms) => ms > ON_TIME_MS).length,
    missing:
      healthy.reduce((sum, list) => sum + Math.max(0, scale.rounds - list.length), 0) +
      healthy.reduce((sum, list) => sum + gaps(list, scale), 0),
    incomplete: healthy
      .flat()
      .filter(({ outcome }) => outcome.status !== 'sampled' || outcome.sample.kind !== 'snmp' || !outcome.sample.complete).length,
    p99Ms: quantile(durations, 0.99),
    slowRounds: of('slow')
      .flat()
      .filter(({ outcome }) => outcome.status === 'sampled').length,
    variables,
    requests: after.requests - before.requests,
    usPerVariable: cpu === null ? null : cpu / 1_000 / Math.max(1, variables),
    cpuPercent: cpu === null ? null : (100 * cpu) / 1e6 / wallMs,
  };
};

/** Slots between two rounds in which there was none. */
const gaps = (rounds: readonly MeasuredRound[], { intervalMs }: Scale): number =>
  rounds.slice(1).filter((round, i) => Math.round((round.startedMs - (rounds[i]?.startedMs ?? 0)) / intervalMs) > 1).length;

const pollCollectd = async (child: ChildProcess, ports: readonly number[], { peerS, intervalMs }: Scale, bulkSize: number) => {
  await using collectd = await startCollectd(ports, Math.min(20, intervalMs / 1_000), bulkSize);
  await sleep(peerS * 500);
  const before = await countsOf(child);
  const cpuBefore = cpuNs(collectd.pid);
  await sleep(peerS * 1_000);
  const cpuAfter = cpuNs(collectd.pid);
  const after = await countsOf(child);
  const variables = after.variables - before.variables;
  return { usPerVariable: cpuBefore === null || cpuAfter === null || variables === 0 ? null : (cpuAfter - cpuBefore) / 1_000 / variables };
};

/** Hundredths of a second of CPU of all walks together, by the shell that started them. */
const walkAll = async (child: ChildProcess, ports: readonly number[]): Promise<number | null> => {
  const before = await countsOf(child);
  const walks = ports.flatMap((port) =>
    ['1.3.6.1.2.1.2.2', '1.3.6.1.2.1.31.1.1'].map(
      (oid) => `snmpbulkwalk -v2c -c public -Cr25 -On -m '' 127.0.0.1:${port} ${oid} >/dev/null`,
    ),
  );
  const script = `${walks.join('\n')}\ncat /proc/$$/stat`;
  const { stdout: result } = spawnSync('sh', ['-c', script], { encoding: 'utf8', maxBuffer: 1 << 24 });
  const after = await countsOf(child);
  const fields = result
    .trim()
    .slice(result.lastIndexOf(')') + 2)
    .split(' ');
  const ticks = Number(fields[13]) + Number(fields[14]);
  const variables = after.variables - before.variables;
  return variables === 0 || !Number.isFinite(ticks) ? null : (ticks * 10_000) / variables;
};
