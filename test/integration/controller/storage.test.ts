import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { makeVault } from '../../../controller/pki/vault.ts';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { parseLines } from '../../../controller/series/line-protocol.ts';
import { pointOf } from '../../../controller/series/schema.ts';
import { openSqliteStore } from '../../../controller/series/sqlite/store.ts';
import type { Point, SeriesStore } from '../../../controller/series/store.ts';
import { openState, type State } from '../../../controller/state/database.ts';
import { keptInflux } from '../../../controller/storage/kept-influx.ts';
import { openStorage, type Storage } from '../../../controller/storage/storage.ts';
import { writePoints } from '../../../controller/store-writer.ts';
import { silentLog } from '../../../protocol/log.ts';
import { systemClock } from '../../../protocol/time.ts';
import { type Influxd, influxdMissing, startInfluxd } from '../../helpers/influxd.ts';
import { makeRound } from '../../helpers/rounds.ts';

// Changing from the embedded store to a real InfluxDB while rounds go on coming.

t.setTimeout(120_000);
const HOUR = 3_600_000;
const directory = mkdtempSync(join(tmpdir(), 'sonde-storage-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const vault = makeVault(randomBytes(32));

const rounds = (agent: string, from: number, count: number, everyMs: number): Point[] =>
  Array.from({ length: count }, (_, i) => pointOf(agent, makeRound(i, from + i * everyMs), {}));
const read = async (store: SeriesStore, from: number, to: number, bucketMs?: number): Promise<unknown> =>
  (
    await store.query({
      measurement: 'ping',
      tags: {},
      fields: [
        { field: 'packets_transmitted', aggregate: 'sum' },
        { field: 'percentile50_ms', aggregate: 'max' },
        { field: 'rtt_sketch', aggregate: 'sketch' },
      ],
      from,
      to,
      ...(bucketMs === undefined ? {} : { bucketMs }),
    })
  ).map(({ tags, rows }) => [tags['agent'], rows]);
const open = (state: State, embedded: SeriesStore, file: string | null = null): Promise<Storage> =>
  openStorage({
    embedded,
    state,
    clock: systemClock,
    log: silentLog,
    influx: null,
    kept: file === null ? null : { file, vault },
  });
const settings = (influxd: Influxd, change: object = {}): InfluxSettings => InfluxSettings.parse({ url: influxd.url, ...change });
const copied = async (storage: Storage): Promise<void> => {
  for (let i = 0; i < 600; i += 1) {
    if (storage.state().backfill?.finishedAt !== null) return;
    await delay(50);
  }
  throw new Error(`not copied: ${JSON.stringify(storage.state())}`);
};

if (influxdMissing !== false) t.test('storage', { skip: influxdMissing }, async () => {});
else {
  const influxd = await startInfluxd();
  t.teardown(() => influxd[Symbol.asyncDispose]());

  t.test('storage: what the embedded store held is copied behind, and every question has the same answer all the way', async (t) => {
    const state = openState(new DatabaseSync(':memory:'));
    const embedded = openSqliteStore(new DatabaseSync(':memory:'));
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    const old = ['ams1', 'fra1'].flatMap((agent) => rounds(agent, now - 20 * HOUR, 600, 120_000));
    await embedded.write(old);
    const file = join(directory, `${files++}.json`);
    await using storage = await open(state, embedded, file);
    const wanted = await read(storage.store, now - 24 * HOUR, now, HOUR);
    const raw = await read(storage.store, now - 6 * HOUR, now - 2 * HOUR);

    await storage.useInflux(settings(influxd, { database: 'copied', password: 'secret' }));
    t.same(await read(storage.store, now - 24 * HOUR, now, HOUR), wanted, 'at once after the change');
    const fresh = rounds('ams1', now + 60_000, 3, 10_000);
    await storage.store.write(fresh);
    await copied(storage);

    t.same(await read(storage.store, now - 24 * HOUR, now, HOUR), wanted, 'when all is copied');
    t.same(await read(storage.store, now - 6 * HOUR, now - 2 * HOUR), raw, 'round for round');
    t.match(storage.state(), { kind: 'influx', fixed: false, backfill: { points: old.length, refused: 0 } });
    const [table] = await influxd.query('SELECT count(result_code) FROM ping', 'copied');
    t.equal(table?.values[0]?.[1], old.length + fresh.length, 'sent = stored');
    t.equal(statSync(file).mode & 0o777, 0o600, 'the password is its owner’s only');
    t.notMatch(JSON.stringify(storage.state()) + readFileSync(file, 'utf8'), /secret"/, 'and encrypted there');
    t.equal(keptInflux({ file, vault })?.password, 'secret');
  });

  t.test('storage: what came as an integer is copied as one, and goes on as one', async (t) => {
    const embedded = openSqliteStore(new DatabaseSync(':memory:'));
    await using storage = await open(openState(new DatabaseSync(':memory:')), embedded);
    const now = Date.now();
    const lines = (from: number): readonly Point[] =>
      parseLines(`queue,origin=x depth=12i,load=3,up=t ${from}\nqueue,origin=x depth=13i,load=0.5 ${from + 1}`, 'ms', now).points;
    await storage.store.write(lines(now - 5_000));
    await storage.useInflux(settings(influxd, { database: 'types' }));
    await storage.store.write(lines(now));
    await copied(storage);
    const [table] = await influxd.query('SHOW FIELD KEYS FROM queue', 'types');
    t.same(table?.values, [
      ['depth', 'integer'],
      ['load', 'float'],
      ['up', 'boolean'],
    ]);
    const [counted] = await influxd.query('SELECT count(depth) FROM queue', 'types');
    t.equal(counted?.values[0]?.[1], 4);
    t.equal(await storage.setAside.total(), 0);
  });

  t.test('storage: a copy that was cut off goes on where it was, and what InfluxDB has is each point once', async (t) => {
    const state = openState(new DatabaseSync(':memory:'));
    const embedded = openSqliteStore(new DatabaseSync(':memory:'));
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    const old = rounds('ams1', now - 40 * HOUR, 2_400, 60_000);
    await embedded.write(old);
    const file = join(directory, `${files++}.json`);
    let scanned = 0;
    const counting: SeriesStore = { ...embedded, scan: (range) => ((scanned += 1), embedded.scan(range)) };
    {
      await using storage = await open(state, counting, file);
      await storage.useInflux(settings(influxd, { database: 'resumed' }));
      while ((storage.state().backfill?.points ?? 0) < 500) await delay(5);
    }
    const first = scanned;
    const [before] = await influxd.query('SELECT count(result_code) FROM ping', 'resumed');
    t.ok(Number(before?.values[0]?.[1]) < old.length, `${before?.values[0]?.[1]} were in when it was cut off`);

    await using storage = await open(state, counting, file);
    await copied(storage);
    const [after] = await influxd.query('SELECT count(result_code) FROM ping', 'resumed');
    t.equal(after?.values[0]?.[1], old.length);
    t.ok(scanned - first < 41 - 500 / 60, `${scanned - first} windows in the second part`);
  });

  t.test('storage: changed there, back, and there again: what was measured between is copied too', async (t) => {
    const embedded = openSqliteStore(new DatabaseSync(':memory:'));
    await using storage = await open(openState(new DatabaseSync(':memory:')), embedded);
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    const place = settings(influxd, { database: 'again' });
    const minutes = (from: number): number[] => Array.from({ length: 5 }, (_, i) => from + i * 60_000);
    await storage.store.write(rounds('ams1', now, 5, 60_000));
    await storage.useInflux(place);
    await copied(storage);
    await storage.store.write(rounds('ams1', now + 600_000, 5, 60_000));
    await storage.useEmbedded();
    await storage.store.write(rounds('ams1', Date.now() + 7_200_000, 5, 60_000));
    const between = (await embedded.latest('ping', {}))[0]?.at ?? 0;
    await storage.useInflux(place);
    await copied(storage);
    const found = await storage.store.query({
      measurement: 'ping',
      tags: {},
      fields: [{ field: 'result_code', aggregate: 'last' }],
      from: now,
      to: now + 100 * HOUR,
    });
    t.same(
      found.flatMap(({ rows }) => rows.map(([at]) => at)),
      [...minutes(now), ...minutes(now + 600_000), ...minutes(between - 240_000)],
    );
  });

  t.test('storage: years of roll-ups that the embedded store has stay readable when all points are copied', async (t) => {
    const state = openState(new DatabaseSync(':memory:'));
    const embedded = openSqliteStore(new DatabaseSync(':memory:'));
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    const retention = { raw: 48 * HOUR, '1m': 1e13, '5m': 1e13, '1h': 1e13 };
    const from = now - 10 * 24 * HOUR;
    await embedded.write(rounds('ams1', from, 1_200, 720_000));
    for (const at of [now, now + HOUR / 10]) while ((await embedded.maintain({ now: at, retention })).more);
    await using storage = await open(state, embedded);
    const wanted = await read(storage.store, from, now, HOUR);
    await storage.useInflux(settings(influxd, { database: 'years' }));
    await copied(storage);
    t.match(storage.state().backfill, { hasOlderWindows: true, finishedAt: Number });
    t.same(await read(storage.store, from, now, HOUR), wanted, 'ten days, of which two were copied');
    await storage.store.write(rounds('fra1', now + 60_000, 3, 10_000));
    t.same(
      (await storage.store.listSeries('ping', {})).map(({ agent }) => agent),
      ['ams1', 'fra1'],
    );
  });

  t.test('storage: what the new server does not keep as long stays readable in the old store', async (t) => {
    const state = openState(new DatabaseSync(':memory:'));
    const embedded = openSqliteStore(new DatabaseSync(':memory:'));
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    const from = now - 10 * 24 * HOUR;
    await embedded.write(rounds('ams1', from, 1_200, 720_000));
    await using storage = await open(state, embedded);
    const wanted = await read(storage.store, from, now, HOUR);
    await influxd.query('CREATE DATABASE short WITH DURATION 2d REPLICATION 1');
    await storage.useInflux(settings(influxd, { database: 'short' }));
    await copied(storage);
    t.same(await read(storage.store, from, now, HOUR), wanted, 'ten days, of which two were copied');
  });

  t.test('storage: what a server refuses is set aside with its reason, once, and the rest is in', async (t) => {
    const state = openState(new DatabaseSync(':memory:'));
    await using storage = await open(state, openSqliteStore(new DatabaseSync(':memory:')));
    await influxd.query('CREATE DATABASE conflicts');
    await fetch(`${influxd.url}/write?db=conflicts`, { method: 'POST', body: 'ping,agent=x average_response_ms="a text",ttl=1i 1' });
    // The server's types are learned at the start; a type that changes under us is found by its answer.
    await storage.useInflux(settings(influxd, { database: 'conflicts' }));
    const good: Point[] = [{ measurement: 'ping', tags: { agent: 'a' }, at: Date.now(), fields: { ttl: 3 } }];
    const bad = rounds('ams1', Date.now(), 4, 1_000);
    for (const _ of [1, 2]) t.equal(await writePoints(storage.store, [...good, ...bad], storage.setAside.add), 4);

    t.equal(await storage.setAside.total(), 4);
    t.same(await storage.setAside.reasons(), [
      { reason: 'ping.average_response_ms: a fraction is not a text, as the field is', points: 4 },
    ]);
    const [table] = await influxd.query('SELECT count(ttl) FROM ping', 'conflicts');
    t.equal(table?.values[0]?.[1], 2);
  });

  t.test('storage: a conflict that only the server knows, and points beyond its retention', async (t) => {
    const state = openState(new DatabaseSync(':memory:'));
    await using storage = await open(state, openSqliteStore(new DatabaseSync(':memory:')));
    await storage.useInflux(settings(influxd, { database: 'short', retentionDays: 2 }));
    const now = Date.now();
    await storage.store.write([{ measurement: 'm', tags: {}, at: now, fields: { a: 1 } }]);
    await fetch(`${influxd.url}/write?db=short`, { method: 'POST', body: `m b=7i ${now}000000` });
    const points: Point[] = [
      { measurement: 'm', tags: {}, at: now - 1, fields: { a: 2 } },
      { measurement: 'm', tags: {}, at: now - 2, fields: { a: 2, b: 0.5 } },
      { measurement: 'm', tags: {}, at: now - 3 * 24 * HOUR, fields: { a: 9 } },
      { measurement: 'm', tags: {}, at: now - 3, fields: { a: 3 } },
    ];
    t.equal(await writePoints(storage.store, points, storage.setAside.add), 2);

    t.same((await storage.setAside.reasons()).map(({ reason }) => reason).toSorted(), [
      'm.b is of type integer there',
      'older than what the server keeps (retention)',
    ]);
    const [table] = await influxd.query('SELECT a FROM m', 'short');
    t.equal(table?.values.length, 3);
    t.match(storage.state().influx, { phase: 'ok', retentionMs: 2 * 24 * HOUR, database: 'short' });
  });
}
