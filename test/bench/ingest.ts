// How many rounds a second go from agents over MQTT through the controller into InfluxDB, beside what InfluxDB takes from a plain writer in the same run.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openFieldTypes } from '../../controller/series/influx/field-types.ts';
import { openEncoder } from '../../controller/series/influx/lines.ts';
import { pointOf } from '../../controller/series/schema.ts';
import { type Influxd, influxdMissing, startInfluxd } from '../helpers/influxd.ts';
import { type LoadStage, mosquittoMissing, openLoadStage } from '../helpers/load-stage.ts';
import { atLeast, atMost, type Bench, type BenchResult, table } from './bench.ts';
import { makeRounds, measureParts } from './ingest-parts.ts';

const DIRECT_BATCH = 5_000;

interface Load {
  readonly agents: number;
  readonly roundsPerSecond: number;
  readonly collectMs: number;
  readonly seconds: number;
}
interface Through {
  readonly sent: number;
  readonly acknowledged: number;
  readonly storedPerSecond: number;
  readonly behindP99S: number | null;
  readonly rssMiB: number;
  readonly batches: number;
  readonly cpuShare: number;
}

export const ingest: Bench = {
  about: 'agents → MQTT → controller → InfluxDB, beside InfluxDB alone; 10,000 simulated agents with --fleet',
  async run(say, words) {
    const missing = influxdMissing !== false ? influxdMissing : mosquittoMissing;
    if (missing !== false) throw new Error(missing);
    const seconds = words.includes('--short') ? 10 : 25;
    const figures: Record<string, number | null> = {};
    say('what each step costs, µs of CPU a round (batches of 20 rounds)');
    const parts = measureParts(20);
    say(
      table(
        ['step', 'µs of CPU a round'],
        parts.map(({ part, microsecondsARound }) => [part, microsecondsARound]),
      ),
    );
    for (const { part, microsecondsARound } of parts) figures[`${part}, µs of CPU a round`] = microsecondsARound;

    say(`InfluxDB from a plain line-protocol writer, ${seconds} s`);
    const direct = await measureDirect(seconds);
    figures['InfluxDB alone, points/s'] = direct;

    say(`through the controller, as much as it takes, ${seconds} s`);
    const most = await measureThrough(say, { agents: 100, roundsPerSecond: Math.ceil(direct), collectMs: 1_000, seconds });
    figures['through the controller, rounds/s'] = most.storedPerSecond;
    figures['through the controller, CPU of it (cores)'] = most.cpuShare;

    const load = words.includes('--short')
      ? { agents: 1_000, roundsPerSecond: 2_000, collectMs: 2_000, seconds }
      : { agents: 10_000, roundsPerSecond: 20_000, collectMs: 2_000, seconds };
    say(`${load.agents} simulated agents, ${load.roundsPerSecond} rounds a second in all`);
    const fleet = await measureThrough(say, load);
    figures['fleet: stored, rounds/s'] = fleet.storedPerSecond;
    figures['fleet: p99 stored behind measured, s'] = fleet.behindP99S;
    figures['fleet: controller, MiB'] = fleet.rssMiB;
    figures['fleet: rounds a batch'] = fleet.sent / Math.max(1, fleet.batches);

    const dearest = parts
      .filter(({ part }) => part !== 'decompress' && part !== 'JSON.parse')
      .toSorted((a, b) => b.microsecondsARound - a.microsecondsARound)[0];
    const note = `bounded by one core of the controller: ${dearest?.part} is the dearest step, ${dearest?.microsecondsARound.toFixed(1)} µs a round; influxd, broker and fleet share the same two cores`;
    return {
      figures,
      bounds: [
        atLeast('through the controller / InfluxDB alone', most.storedPerSecond / direct, 0.7, '', note),
        atLeast('fleet: stored, rounds/s', fleet.storedPerSecond, load.roundsPerSecond * 0.98, 'rounds/s', note),
        atMost('fleet: p99 stored behind measured', fleet.behindP99S, 5, 's', note),
        atMost('fleet: resident memory of the controller', fleet.rssMiB, 2_048, 'MiB'),
      ],
    } satisfies BenchResult;
  },
};

const measureDirect = async (seconds: number): Promise<number> => {
  await using influxd = await startInfluxd();
  await influxd.query('CREATE DATABASE plain');
  const encoder = openEncoder(openFieldTypes());
  // Heads and fields are made beforehand; times go on, as they do in life, so that nothing is overwritten and shards are those of today.
  const lines = makeRounds(DIRECT_BATCH, 100, 20, 0)
    .map(({ agent, round }) => encoder.encode(pointOf(agent, round, {})))
    .map((encoded) => ('line' in encoded ? encoded.line.slice(0, encoded.line.lastIndexOf(' ')) : ''));
  const until = Date.now() + seconds * 1_000;
  let written = 0;
  const began = Date.now();
  for (let at = began * 1_000 - 3_600_000_000; Date.now() < until; at += DIRECT_BATCH) {
    const body = lines.map((line, i) => `${line} ${at + i}`).join('\n');
    const answer = await fetch(`${influxd.url}/write?db=plain&precision=u`, { method: 'POST', body });
    if (answer.status !== 204) throw new Error(await answer.text());
    written += DIRECT_BATCH;
  }
  return (written * 1_000) / (Date.now() - began);
};

const measureThrough = async (say: (line: string) => void, load: Load): Promise<Through> => {
  await using influxd = await startInfluxd();
  await using stage = await openLoadStage({ agents: load.agents, targets: 20, flags: ['--influx', influxd.url] });
  await stage.startController();
  const fleet = stage.simulate(['--rounds-per-second', String(load.roundsPerSecond), '--collect-ms', String(load.collectMs)]);
  await delay(Math.min(10_000, load.seconds * 300)); // statuses are told, the first batches are through
  const before = await reading(stage, influxd);
  await delay(load.seconds * 1_000);
  const after = await reading(stage, influxd);
  const rssMiB = rssOf(stage);
  const sent = await fleet.stop();
  const passed = (after.at - before.at) / 1_000;
  say(`  sent ${sent.rounds}, acknowledged ${sent.acknowledged}; stored ${after.stored - before.stored} in ${passed.toFixed(1)} s`);
  return {
    sent: sent.rounds,
    acknowledged: sent.acknowledged,
    batches: sent.batches,
    storedPerSecond: (after.stored - before.stored) / passed,
    behindP99S: p99(before.behind, after.behind),
    rssMiB,
    cpuShare: (after.cpuS - before.cpuS) / passed,
  };
};

interface Reading {
  readonly at: number;
  readonly stored: number;
  readonly behind: ReadonlyMap<number, number>;
  readonly cpuS: number;
}

const reading = async (stage: LoadStage, influxd: Influxd): Promise<Reading> => {
  const [text, counted] = await Promise.all([
    stage.metrics(),
    influxd.query('SELECT count(result_code) FROM ping', 'telegraf').catch(() => []),
  ]);
  const at = Date.now();
  const behind = new Map(
    [...text.matchAll(/^sonde_stored_behind_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(([, le, count]) => [
      le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      Number(count),
    ]),
  );
  const cpuS = Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1] ?? 0);
  return { at, stored: Number(counted[0]?.values[0]?.[1] ?? 0), behind, cpuS };
};

/** The bound below which 99 of 100 rounds of the time between lie. */
const p99 = (before: Reading['behind'], after: Reading['behind']): number | null => {
  const total = (after.get(Number.POSITIVE_INFINITY) ?? 0) - (before.get(Number.POSITIVE_INFINITY) ?? 0);
  if (total === 0) return null;
  const bounds = [...after.keys()].toSorted((a, b) => a - b);
  return bounds.find((bound) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0) >= 0.99 * total) ?? null;
};

const rssOf = (stage: LoadStage): number => {
  const status = readFileSync(`/proc/${stage.controller().pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
};
