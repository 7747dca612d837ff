// What InfluxDB takes from a writer that does nothing but write: the lines are made beforehand, only their times go on.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openFieldTypes } from '../../controller/series/influx/field-types.ts';
import { openEncoder } from '../../controller/series/influx/lines.ts';
import { startInfluxd } from '../helpers/influxd.ts';
import { type FleetShape, heavyRounds } from './heavy-rounds.ts';

const LINES_AT_ONCE = 5_000;

export interface Direct {
  readonly pointsPerSecond: number;
  /** Of the database as it lies on the disk afterwards, sketches with it. */
  readonly bytesPerValue: number;
}

export const measureDirect = async (shape: FleetShape, seconds: number): Promise<Direct> => {
  await using influxd = await startInfluxd();
  await influxd.query('CREATE DATABASE plain');
  const encoder = openEncoder(openFieldTypes());
  const points = [...heavyRounds(shape)].flat();
  const values = points.reduce((sum, { fields }) => sum + Object.keys(fields).length, 0) / points.length;
  const lines = points.map((point) => {
    const encoded = encoder.encode(point);
    return 'line' in encoded ? encoded.line.slice(0, encoded.line.lastIndexOf(' ')) : '';
  });
  const began = Date.now();
  const passMs = shape.rounds * shape.intervalMs;
  let written = 0;
  for (let shift = began - 86_400_000 - shape.startAt; Date.now() < began + seconds * 1_000; shift += passMs)
    for (let from = 0; from < lines.length && Date.now() < began + seconds * 1_000; from += LINES_AT_ONCE) {
      const part = lines.slice(from, from + LINES_AT_ONCE);
      const body = part.map((line, i) => `${line} ${(points[from + i]?.at ?? 0) + shift}000`).join('\n');
      const answer = await fetch(`${influxd.url}/write?db=plain&precision=u`, { method: 'POST', body });
      if (answer.status !== 204) throw new Error(await answer.text());
      written += part.length;
    }
  const pointsPerSecond = (written * 1_000) / (Date.now() - began);
  await influxd.kill('SIGTERM'); // writes down what it has in memory
  await delay(500);
  return {
    pointsPerSecond,
    bytesPerValue: (sizeOf(join(influxd.directory, 'data')) + sizeOf(join(influxd.directory, 'wal'))) / written / values,
  };
};

const sizeOf = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
