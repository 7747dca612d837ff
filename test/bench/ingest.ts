// How many rounds a second go from agents over MQTT through the controller into InfluxDB, beside what InfluxDB takes from a plain writer and
// what the embedded store takes, of the same points in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { influxdMissing, startInfluxd } from '../helpers/influxd.ts';
import { mosquittoMissing } from '../helpers/load-stage.ts';
import { atLeast, atMost, type Bench, type Bound, table } from './bench.ts';
import { ingestEmbedded, repeated, START } from './embedded.ts';
import type { FleetShape } from './heavy-rounds.ts';
import { measureDirect } from './ingest-direct.ts';
import { measureParts } from './ingest-parts.ts';
import { measureThrough, type Through } from './ingest-stage.ts';

/** 2,000 pairs, as many as the fleet that sends through the controller has. */
const SHAPE: FleetShape = { agents: 100, targets: 20, rounds: 20, intervalMs: 60_000, startAt: START };

export const ingest: Bench = {
  about: 'agents → MQTT → controller → InfluxDB, beside InfluxDB alone and the embedded store; then 10,000 agents',
  async run(say, words) {
    const missing = influxdMissing !== false ? influxdMissing : mosquittoMissing;
    if (missing !== false) throw new Error(missing);
    const short = words.includes('--short');
    const seconds = short ? 10 : 30;
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
    const direct = await measureDirect(SHAPE, seconds);
    figures['InfluxDB alone, points/s'] = direct.pointsPerSecond;
    figures['InfluxDB alone, bytes a value'] = direct.bytesPerValue;

    say('the embedded store, the same points');
    const embedded = await measureEmbedded(short ? 4 : 12);
    figures['embedded store, points/s'] = embedded.pointsPerSecond;
    figures['embedded store, upkeep, µs a point'] = embedded.upkeepUsPerPoint;
    figures['embedded store, bytes a value'] = embedded.bytesPerValue;

    say(`through the controller, sent at 0.8 of what InfluxDB takes alone, ${seconds} s`);
    const load = { agents: 100, roundsPerSecond: Math.ceil(0.8 * direct.pointsPerSecond), collectMs: 1_000, seconds };
    const most = await throughInflux(say, load);
    tell(figures, 'through the controller', most);

    const fleet = { agents: short ? 1_000 : 10_000, roundsPerSecond: short ? 2_000 : 20_000, collectMs: 2_000, seconds };
    say(`${fleet.agents} simulated agents, ${fleet.roundsPerSecond} rounds a second in all, into InfluxDB`);
    const intoInflux = await throughInflux(say, fleet);
    tell(figures, 'fleet into InfluxDB', intoInflux);
    say('the same fleet into the embedded store');
    const intoEmbedded = await measureThrough(say, fleet, null);
    tell(figures, 'fleet into the embedded store', intoEmbedded);

    const dearest = parts.filter(({ isWhole }) => isWhole).toSorted((a, b) => b.microsecondsARound - a.microsecondsARound)[0];
    const noteOf = (run: Through): string => `${boundedBy(run)}; of the controller's own steps ${dearest?.part} is the dearest`;
    const fleetBounds = (name: string, run: Through): Bound[] => [
      atLeast(`${name}: stored, rounds/s`, run.storedPerSecond, fleet.roundsPerSecond * 0.98, 'rounds/s', noteOf(run)),
      atMost(`${name}: p99 stored behind measured`, run.behindP99S, 5, 's', noteOf(run)),
      atMost(`${name}: resident memory of the controller`, run.rssMiB, 2_048, 'MiB'),
    ];
    return {
      figures,
      bounds: [
        atLeast('through the controller / InfluxDB alone', most.storedPerSecond / direct.pointsPerSecond, 0.7, '', noteOf(most)),
        atLeast('embedded store / InfluxDB alone', embedded.pointsPerSecond / direct.pointsPerSecond, 2, ''),
        atMost('embedded store: bytes a value, sealed', embedded.bytesPerValue, 1.5, 'bytes'),
        ...fleetBounds('fleet into InfluxDB', intoInflux),
        ...fleetBounds('fleet into the embedded store', intoEmbedded),
      ],
    };
  },
};

const throughInflux = async (say: (line: string) => void, load: Parameters<typeof measureThrough>[1]): Promise<Through> => {
  await using influxd = await startInfluxd();
  return await measureThrough(say, load, influxd);
};

const measureEmbedded = async (passes: number): ReturnType<typeof ingestEmbedded> => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-embedded-'));
  try {
    return await ingestEmbedded(repeated(SHAPE, passes, 1), directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const tell = (figures: Record<string, number | null>, name: string, run: Through): void => {
  figures[`${name}: stored, rounds/s`] = run.storedPerSecond;
  figures[`${name}: p99 stored behind measured, s`] = run.behindP99S;
  figures[`${name}: controller, MiB`] = run.rssMiB;
  figures[`${name}: rounds a batch`] = run.roundsABatch;
  figures[`${name}: batches turned away`] = run.batchesDropped;
  for (const [process, cores] of Object.entries(run.cores)) figures[`${name}: ${process}, cores`] = cores;
};

/** Which process was at its end: the controller's one thread, or the machine's processors by all together. */
const boundedBy = ({ cores }: Through): string => {
  const all = Object.values(cores).reduce((sum, one) => sum + one, 0);
  const list = Object.entries(cores)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, used]) => `${name} ${used.toFixed(2)}`);
  return `${all.toFixed(2)} cores in all (${list.join(', ')})`;
};
