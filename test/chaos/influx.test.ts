import { mkdirSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { pointOf } from '../../controller/series/schema.ts';
import { openSqliteStore } from '../../controller/series/sqlite/store.ts';
import { type Influxd, influxdMissing, startInfluxd } from '../helpers/influxd.ts';
import { type LoadStage, mosquittoMissing, openLoadStage } from '../helpers/load-stage.ts';
import { makeRound } from '../helpers/rounds.ts';
import { mountSmallDisk, type SmallDisk } from './disk.ts';
import { until } from './part.ts';

// Faults of the InfluxDB behind a controller under load: a made-up fleet sends, and what it was told is kept must be in InfluxDB, each round once.

const LONG = process.env['SONDE_TEST_RELEASE'] === '1';
/** How long InfluxDB is gone. In a release test an hour's load is sent into it. */
const AWAY_MS = LONG ? 120_000 : 12_000;
const AGENTS = 50;
const RATE = ['--rounds-per-second', LONG ? '1500' : '400', '--collect-ms', '500'];
t.setTimeout(LONG ? 900_000 : 580_000);

const skip = influxdMissing !== false ? influxdMissing : mosquittoMissing;
const stored = async (influxd: Influxd): Promise<number> =>
  Number((await influxd.query('SELECT count(result_code) FROM ping', 'telegraf'))[0]?.values[0]?.[1] ?? 0);
const open = async (influxUrl: string): Promise<LoadStage> => {
  const stage = await openLoadStage({ agents: AGENTS, targets: 20, flags: ['--influx', influxUrl] });
  await stage.startController();
  return stage;
};
/** Waits until the queue is empty, and says how many rounds are in. */
const drained = async (stage: LoadStage, influxd: Influxd, wanted: number): Promise<number> => {
  let count = 0;
  await until(async () => {
    count = await stored(influxd).catch(() => 0);
    return count >= wanted && (await stage.store()).queue.arrivals === 0;
  }, 90_000).catch(() => {});
  return count;
};
const phaseOf = async (stage: LoadStage): Promise<string | undefined> => (await stage.store()).influx?.phase;

t.test('influxd killed under load and gone: the state says so, nothing is lost, nothing doubled', { skip }, async (t) => {
  await using influxd = await startInfluxd();
  await using stage = await open(influxd.url);
  const fleet = stage.simulate(RATE);
  await until(async () => (await stored(influxd)) > 500, 30_000);
  await influxd.kill('SIGKILL');
  await delay(AWAY_MS / 2);
  const away = await stage.store();
  t.equal(away.influx?.phase, 'unreachable');
  t.match(away.queue.trouble?.message, /cannot be reached/);
  t.ok(away.queue.arrivals > 0 && away.queue.bytes > 0, `${away.queue.arrivals} batches wait`);
  await delay(AWAY_MS / 2);
  await influxd.start();
  await until(async () => (await phaseOf(stage)) === 'ok', 60_000);
  const sent = await fleet.stop();
  const count = await drained(stage, influxd, sent.rounds);

  t.equal(sent.acknowledged, sent.rounds, 'all was taken in all the while');
  t.equal(count, sent.rounds, `sent ${sent.rounds} = stored ${count}`);
  t.same((await stage.store()).setAside.total, 0);
  t.comment(`${sent.rounds} rounds sent, ${count} stored, InfluxDB gone for ${AWAY_MS / 1000} s`);
});

t.test('influxd with a full disk: the state says so, and all is in once there is room', { skip }, async (t) => {
  const directory = join(tmpdir(), `sonde-influx-full-${process.pid}`);
  let disk: SmallDisk;
  try {
    disk = mountSmallDisk(directory, '96m');
  } catch {
    t.comment('this host may not mount a tmpfs: not tested');
    return;
  }
  t.teardown(() => disk[Symbol.dispose]());
  mkdirSync(join(directory, 'influx'));
  await using influxd = await startInfluxd({ directory: join(directory, 'influx') });
  await using stage = await open(influxd.url);
  const fleet = stage.simulate(RATE);
  await until(async () => (await stored(influxd)) > 500, 30_000);
  disk.fill();
  await until(async () => (await phaseOf(stage)) !== 'ok', 60_000);
  const full = await stage.store();
  await delay(3_000);
  // InfluxDB 1.6 goes on refusing once its log could not be written, until it is started again.
  await influxd.kill('SIGTERM');
  disk.free();
  await influxd.start();
  await until(async () => (await phaseOf(stage)) === 'ok', 90_000);
  const sent = await fleet.stop();
  const count = await drained(stage, influxd, sent.rounds);

  t.equal(full.influx?.phase, 'disk-full', full.influx?.message ?? '');
  t.equal(count, sent.rounds, `sent ${sent.rounds} = stored ${count}`);
  t.equal(sent.acknowledged, sent.rounds);
});

t.test('influxd slow: rounds wait and get there, and the lag is shown', { skip }, async (t) => {
  await using influxd = await startInfluxd();
  await using slow = await startSlowProxy(influxd.port);
  await using stage = await open(`http://127.0.0.1:${slow.port}`);
  const fleet = stage.simulate(RATE);
  await until(async () => (await stored(influxd)) > 500, 30_000);
  slow.holdMs = 3_000;
  await delay(AWAY_MS);
  const held = await stage.store();
  slow.holdMs = 0;
  const sent = await fleet.stop();
  const count = await drained(stage, influxd, sent.rounds);

  t.ok((held.queue.lagMs ?? 0) > 2_000, `lag ${held.queue.lagMs} ms while it is slow`);
  t.equal(count, sent.rounds, `sent ${sent.rounds} = stored ${count}`);
});

t.test('half of what is sent is refused by InfluxDB: it is set aside and counted, and the other half is in', { skip }, async (t) => {
  await using influxd = await startInfluxd();
  await using stage = await open(influxd.url);
  // After the controller has read the types: only the server's answers can tell that `ttl` is a text here. A round without any reply has no ttl.
  await until(async () => (await phaseOf(stage)) !== 'unknown' || (await stage.metric('sonde_rounds_stored_total')) >= 0, 10_000);
  await influxd.query('CREATE DATABASE telegraf');
  await fetch(`${influxd.url}/write?db=telegraf`, { method: 'POST', body: 'ping,agent=elsewhere ttl="text"' });
  const good = stage.simulate([...RATE, '--model', 'loss=1']);
  await until(async () => (await stored(influxd)) > 300, 30_000);
  const sentGood = await good.stop();
  const bad = stage.simulate([...RATE, '--model', 'loss=0']);
  await delay(6_000);
  const sentBad = await bad.stop();
  await until(async () => (await stage.store()).queue.arrivals === 0, 60_000);
  const { setAside, influx } = await stage.store();

  t.equal(await stored(influxd), sentGood.rounds, 'the good ones are in');
  t.equal(setAside.total, sentBad.rounds, 'each of the others is counted once');
  t.equal(influx?.phase, 'ok');
  t.match(setAside.kept, [{ reason: /ttl/ }]);
});

t.test('controller killed in mid-back-fill, again and again: every point of the embedded store gets there once', { skip }, async (t) => {
  await using influxd = await startInfluxd();
  await using stage = await openLoadStage({ agents: AGENTS, targets: 20, flags: ['--influx', influxd.url] });
  const hours = 60;
  const from = Math.floor(Date.now() / 3_600_000) * 3_600_000 - hours * 3_600_000;
  const points = Array.from({ length: hours * 360 }, (_, i) => pointOf('sim-1', makeRound(i, from + i * 10_000, { task: 't1/icmp' }), {}));
  {
    const db = new DatabaseSync(join(stage.data, 'series.db'));
    await using embedded = openSqliteStore(db);
    for (let i = 0; i < points.length; i += 2_000) await embedded.write(points.slice(i, i + 2_000));
    db.close();
  }
  let kills = 0;
  for (const share of [0.1, 0.4, 0.7]) {
    await stage.startController();
    await until(async () => ((await stage.store()).backfill?.points ?? 0) >= share * points.length, 60_000);
    await stage.endController('SIGKILL');
    kills += 1;
  }
  await stage.startController();
  await until(async () => (await stage.store()).backfill?.finishedAt != null, 90_000);

  t.equal(await stored(influxd), points.length, `${points.length} points after ${kills} kills`);
  const { backfill } = await stage.store();
  t.equal(backfill?.refused, 0);
});

/** Hands bytes on, and holds answers back for a while. */
const startSlowProxy = async (to: number): Promise<{ readonly port: number; holdMs: number } & AsyncDisposable> => {
  const server: Server = createServer((socket) => {
    const upstream = createConnection(to, '127.0.0.1');
    socket.pipe(upstream);
    upstream.on('data', (chunk) => {
      const held = proxy.holdMs;
      if (held === 0) socket.write(chunk);
      else setTimeout(() => socket.destroyed || socket.write(chunk), held);
    });
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    for (const one of [socket, upstream]) one.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const proxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    holdMs: 0,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
  return proxy;
};
