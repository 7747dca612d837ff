// One run of a made-up fleet through broker, controller and store, and what each process took of the machine meanwhile.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Influxd } from '../helpers/influxd.ts';
import { type LoadStage, openLoadStage } from '../helpers/load-stage.ts';
import { cpuNs, family } from './process-cpu.ts';

export interface Load {
  readonly agents: number;
  readonly roundsPerSecond: number;
  readonly collectMs: number;
  readonly seconds: number;
}
export interface Through {
  readonly sent: number;
  readonly acknowledged: number;
  readonly storedPerSecond: number;
  /** The bound below which 99 of 100 rounds lie. */
  readonly behindP99S: number | null;
  readonly rssMiB: number;
  readonly roundsABatch: number;
  /** Turned away before they were read, because too many waited: their agents send them again. */
  readonly batchesDropped: number;
  /** Cores that each process took. */
  readonly cores: Readonly<Record<string, number>>;
}

const TARGETS = 20;

/** `influxd`: where the points go; null: the embedded store. */
export const measureThrough = async (say: (line: string) => void, load: Load, influxd: Influxd | null): Promise<Through> => {
  const flags = influxd === null ? [] : ['--influx', influxd.url];
  await using stage = await openLoadStage({ agents: load.agents, targets: TARGETS, flags });
  await stage.startController();
  const fleet = stage.simulate(['--rounds-per-second', String(load.roundsPerSecond), '--collect-ms', String(load.collectMs)]);
  await delay(Math.min(15_000, load.seconds * 500)); // statuses are told, code is compiled
  const before = await reading(stage, influxd);
  await delay(load.seconds * 1_000);
  const after = await reading(stage, influxd);
  const rssMiB = rssOf(stage.processes()['controller'] ?? 0);
  const sent = await fleet.stop();
  const seconds = (after.at - before.at) / 1_000;
  const cores = Object.fromEntries([...after.cpuS].map(([name, used]) => [name, (used - (before.cpuS.get(name) ?? 0)) / seconds]));
  const storedPerSecond = (after.stored - before.stored) / seconds;
  const taken = Object.entries(cores).map(([name, used]) => `${name} ${used.toFixed(2)}`);
  say(
    `  sent ${sent.rounds}, acknowledged ${sent.acknowledged}; ${Math.round(storedPerSecond)} stored a second; cores: ${taken.join(', ')}`,
  );
  return {
    sent: sent.rounds,
    acknowledged: sent.acknowledged,
    roundsABatch: sent.rounds / Math.max(1, sent.batches),
    batchesDropped: after.dropped - before.dropped,
    storedPerSecond,
    behindP99S: p99(before.behind, after.behind),
    rssMiB,
    cores,
  };
};

interface Reading {
  readonly at: number;
  readonly stored: number;
  readonly dropped: number;
  readonly behind: ReadonlyMap<number, number>;
  readonly cpuS: ReadonlyMap<string, number>;
}

const reading = async (stage: LoadStage, influxd: Influxd | null): Promise<Reading> => {
  const text = await stage.metrics();
  const at = Date.now();
  const behind = new Map(
    [...text.matchAll(/^sonde_stored_behind_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(([, le, count]) => [
      le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      Number(count),
    ]),
  );
  const processes = { ...stage.processes(), ...(influxd?.pid === undefined ? {} : { influxd: influxd.pid }) };
  const cpuS = new Map(Object.entries(processes).map(([name, pid]) => [name, cpuOf(pid)]));
  const counter = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { at, stored: counter('sonde_rounds_stored_total'), dropped: counter('sonde_batches_dropped_total'), behind, cpuS };
};

const cpuOf = (pid: number): number => family(pid).reduce((sum, one) => sum + (cpuNs(one) ?? 0), 0) / 1e9;

const p99 = (before: Reading['behind'], after: Reading['behind']): number | null => {
  const total = (after.get(Number.POSITIVE_INFINITY) ?? 0) - (before.get(Number.POSITIVE_INFINITY) ?? 0);
  if (total === 0) return null;
  const bounds = [...after.keys()].toSorted((a, b) => a - b);
  return bounds.find((bound) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0) >= 0.99 * total) ?? null;
};

export const rssOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
