// The same questions with InfluxDB behind: what our side adds to what InfluxDB takes itself for the one request that holds the answer.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { InfluxSettings } from '../../controller/series/influx/settings.ts';
import { type InfluxStore, openInfluxStore } from '../../controller/series/influx/store.ts';
import type { Point, Retention, SeriesStore } from '../../controller/series/store.ts';
import { openState } from '../../controller/state/database.ts';
import { rollUpNotes } from '../../controller/storage/rollup-notes.ts';
import { systemClock } from '../../protocol/time.ts';
import { influxdMissing, startInfluxd } from '../helpers/influxd.ts';
import { atMost, type Bound, quantile } from './bench.ts';

const POINTS_AT_ONCE = 5_000;
const ADDED_MS = 10;
const RUNS = 23;
const WARM = 3;
const FOR_EVER: Retention = { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 };

export interface InfluxQuestion {
  readonly name: string;
  /** Resolves with how many rows came. */
  readonly ask: (store: SeriesStore) => Promise<number>;
}
export interface InfluxAnswers {
  readonly figures: Readonly<Record<string, number>>;
  readonly bounds: readonly Bound[];
}

export const askInflux = async (
  say: (line: string) => void,
  batches: Iterable<readonly Point[]>,
  questions: readonly InfluxQuestion[],
  end: number,
): Promise<InfluxAnswers> => {
  if (influxdMissing !== false) throw new Error(influxdMissing);
  await using influxd = await startInfluxd();
  const notes = rollUpNotes(openState(new DatabaseSync(':memory:')), influxd.url);
  const open = async (url: string): Promise<InfluxStore> => {
    const store = openInfluxStore(InfluxSettings.parse({ url }), { clock: { ...systemClock, now: () => end }, notes });
    while ((await store.maintain({ now: end, retention: FOR_EVER })).more);
    return store;
  };
  await using store = await open(influxd.url);
  let waiting: Point[] = [];
  let written = 0;
  for (const batch of batches) {
    waiting.push(...batch);
    if (waiting.length < POINTS_AT_ONCE) continue;
    await store.write(waiting);
    written += waiting.length;
    waiting = [];
  }
  await store.write(waiting);
  say(`${written + waiting.length} points in InfluxDB`);
  const rolledFrom = performance.now();
  while ((await store.maintain({ now: end, retention: FOR_EVER })).more);
  say(`rolled up in ${((performance.now() - rolledFrom) / 1_000).toFixed(0)} s`);
  const figures: Record<string, number> = {};
  const bounds: Bound[] = [];
  for (const { name, ask } of questions) {
    const requests = await requestsOf(influxd.url, ask, open);
    const own: number[] = [];
    const ours: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      own.push(Math.max(...(await timedEach(influxd.url, requests))));
      const from = performance.now();
      if ((await ask(store)) === 0) throw new Error(`${name}: a question without an answer`);
      ours.push(performance.now() - from);
    }
    const [ownP95, oursP95] = [own, ours].map((took) => quantile(took.slice(WARM), 0.95) ?? Number.NaN);
    say(`${name}: InfluxDB itself p95 ${ownP95?.toFixed(1)} ms, with us p95 ${oursP95?.toFixed(1)} ms`);
    figures[`InfluxDB itself, ${name}, p95 ms`] = ownP95 ?? Number.NaN;
    figures[`behind us, ${name}, p95 ms`] = oursP95 ?? Number.NaN;
    bounds.push(atMost(`behind us, ${name}, above InfluxDB's own`, (oursP95 ?? Number.NaN) - (ownP95 ?? Number.NaN), ADDED_MS, 'ms'));
  }
  return { figures, bounds };
};

/** What a question asks of InfluxDB, seen by somebody in between. */
const requestsOf = async (
  url: string,
  ask: InfluxQuestion['ask'],
  open: (url: string) => Promise<InfluxStore>,
): Promise<readonly string[]> => {
  const bodies: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    if (body.includes('SELECT')) bodies.push(body);
    const answer = await send(`${url}${incoming.url}`, incoming.method ?? 'GET', body);
    outgoing.writeHead(answer.status, { 'x-influxdb-version': answer.headers.get('x-influxdb-version') ?? '' });
    outgoing.end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const between = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  {
    await using store = await open(between);
    bodies.length = 0;
    await ask(store);
  }
  server.close();
  return bodies;
};

const send = (url: string, method: string, body: string): Promise<Response> =>
  fetch(url, {
    method,
    ...(method === 'POST' ? { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } } : {}),
  });

const timedEach = async (url: string, requests: readonly string[]): Promise<readonly number[]> => {
  const took: number[] = [];
  for (const body of requests) {
    const from = performance.now();
    await (await send(`${url}/query`, 'POST', body)).text();
    took.push(performance.now() - from);
  }
  return took;
};
