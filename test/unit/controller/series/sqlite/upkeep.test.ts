import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { Chunk } from '../../../../../controller/series/sqlite/codec/chunk.ts';
import { openSqliteStore } from '../../../../../controller/series/sqlite/store.ts';
import type { Point, Retention, SeriesStore } from '../../../../../controller/series/store.ts';
import { encodeSketch, makeSketch, quantileOf, decodeSketch } from '../../../../../protocol/sketch.ts';
import { makeChance } from '../../../../bench/heavy-rounds.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = 500_000 * HOUR - ((500_000 * HOUR) % (64 * DAY));
const FOR_EVER: Retention = { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 };

const point = (at: number, value: number, agent = 'a'): Point => ({
  measurement: 'ping',
  tags: { agent, task: 'gw/icmp' },
  at,
  fields: { average_response_ms: value },
});
const settle = async (store: SeriesStore, now: number, retention = FOR_EVER): Promise<void> => {
  for (const at of [now, now + 6 * MINUTE]) while ((await store.maintain({ now: at, retention })).more);
};
const ask = async (store: SeriesStore, from: number, to: number, bucketMs?: number): Promise<unknown> =>
  (
    await store.query({
      measurement: 'ping',
      tags: {},
      fields: [{ field: 'average_response_ms', aggregate: 'sum' }],
      from,
      to,
      ...(bucketMs === undefined ? {} : { bucketMs }),
    })
  ).flatMap(({ rows }) => rows);

t.test('retention: what is too old is not given out from the moment on, and leaves the file; roll-ups stand in for it', async (t) => {
  const db = new DatabaseSync(':memory:');
  const store = openSqliteStore(db);
  const retention: Retention = { raw: 2 * DAY, '1m': 4 * DAY, '5m': 8 * DAY, '1h': 16 * DAY };
  for (let day = 0; day < 20; day += 1) {
    const from = START + day * DAY;
    await store.write(Array.from({ length: 144 }, (_, i) => point(from + i * 10 * MINUTE, 1)));
    await settle(store, from + DAY + HOUR, retention);
  }
  const now = START + 20 * DAY + HOUR + 6 * MINUTE;

  const raw = (await ask(store, 0, now)) as [number, number][];
  t.ok(
    raw.every(([at]) => at >= now - 2 * DAY),
    'no point older than two days',
  );
  t.equal(raw.length, 144 * 2 - 7, 'and every younger one');
  const daily = (await ask(store, START, now, DAY)) as [number, number][];
  t.same(daily[0]?.[0], START + 4 * DAY, 'sixteen days of hours');
  t.ok(
    daily.slice(1, 19).every(([, sum]) => sum === 144),
    JSON.stringify(daily),
  );
  const minutes = (await ask(store, START, now, MINUTE)) as [number, number][];
  t.ok(
    minutes.filter(([at]) => at < START + 11 * DAY).every(([, sum]) => sum === 6),
    'hours where only hours are left',
  );
  t.ok(
    minutes.filter(([at]) => at > START + 17 * DAY).every(([, sum]) => sum === 1),
    'minutes where minutes are left',
  );

  const oldest = (tier: number): number => Number(db.prepare('SELECT min(to_at) AS at FROM chunks WHERE tier = ?').get(tier)?.['at']);
  t.ok(oldest(0) >= now - 3 * DAY, 'a chunk is in the file a span longer at most');
  t.ok(oldest(1) >= now - 6 * DAY);
  t.ok(oldest(2) >= now - 16 * DAY);
});

t.test('retention: a late round older than the points are kept leaves its roll-up as it is', async (t) => {
  const store = openSqliteStore(new DatabaseSync(':memory:'));
  const retention: Retention = { raw: DAY, '1m': 1e13, '5m': 1e13, '1h': 1e13 };
  await store.write([point(START, 4), point(START + MINUTE, 5)]);
  await settle(store, START + 4 * DAY, retention);
  t.same(await ask(store, START, START + HOUR, HOUR), [[START, 9]]);

  await store.write([point(START + 2 * MINUTE, 100)]);
  await settle(store, START + 5 * DAY, retention);

  t.same(await ask(store, START, START + HOUR, HOUR), [[START, 9]]);
  t.equal((await store.usage()).windowsWaiting, 0);
});

t.test('roll-ups: a late round is in the answer at once, and in the roll-up after the next upkeep', async (t) => {
  const db = new DatabaseSync(':memory:');
  const store = openSqliteStore(db);
  await store.write([point(START, 1), point(START + 30 * MINUTE, 2)]);
  await settle(store, START + 3 * HOUR);
  const hours = (): unknown => db.prepare('SELECT count(*) AS n FROM chunks WHERE tier = 3').get()?.['n'];
  t.same([hours(), (await store.usage()).windowsWaiting], [1, 0]);

  await store.write([point(START + 10 * MINUTE, 40)]);
  t.same(await ask(store, START, START + HOUR, HOUR), [[START, 43]]);
  t.equal((await store.usage()).windowsWaiting, 1, 'written down');
  await settle(store, START + 3 * HOUR + 10 * MINUTE);

  t.same(await ask(store, START, START + HOUR, HOUR), [[START, 43]]);
  t.same([hours(), (await store.usage()).windowsWaiting], [2, 0]);
});

t.test("roll-ups: a month's p95 from merged sketches is within 1 % of that of the raw packets", async (t) => {
  const store = openSqliteStore(new DatabaseSync(':memory:'));
  const chance = makeChance(5);
  const packets: number[] = [];
  for (let day = 0; day < 30; day += 1) {
    const points = Array.from({ length: 288 }, (_, i): Point => {
      const rtts = Array.from({ length: 10 }, () => 20 * (1 + Math.sin(i / 46)) + 1 / (1 - chance()) ** 0.8);
      packets.push(...rtts);
      const fields = { rtt_sketch: encodeSketch(makeSketch(rtts)) };
      return { measurement: 'ping', tags: { agent: 'a', task: 'gw/icmp' }, at: START + day * DAY + i * 5 * MINUTE, fields };
    });
    await store.write(points);
    await settle(store, START + (day + 1) * DAY + HOUR);
  }
  const fields = [{ field: 'rtt_sketch', aggregate: 'sketch' as const }];
  const [series] = await store.query({ measurement: 'ping', tags: {}, fields, from: START, to: START + 30 * DAY, bucketMs: 64 * DAY });

  const merged = decodeSketch(String(series?.rows[0]?.[1]));
  packets.sort((a, b) => a - b);
  for (const q of [0.5, 0.95, 0.99]) {
    const wanted = packets[Math.ceil(q * packets.length) - 1] ?? 0;
    const found = merged.ok ? (quantileOf(merged.value, q) ?? 0) : 0;
    t.ok(Math.abs(found - wanted) / wanted < 0.01, `p${100 * q}: ${found.toFixed(3)} for ${wanted.toFixed(3)} ms`);
  }
});

t.test('a file of the older layout: its rows become chunks, series by series, and a cut goes on where it was', async (t) => {
  const rows = [
    [1, START, [1.5, null, 'x']],
    [1, START + MINUTE, [2.5, 3]],
    [2, START + 40 * DAY, [null, 7, 'y', true]],
  ] as const;
  const old = (): DatabaseSync => {
    const db = new DatabaseSync(':memory:');
    db.exec(`
      CREATE TABLE series (id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (measurement, tags)) STRICT;
      CREATE TABLE fields (
        measurement TEXT NOT NULL, field TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, PRIMARY KEY (measurement, field)) STRICT;
      CREATE TABLE points (series INTEGER NOT NULL, at INTEGER NOT NULL, "values" TEXT NOT NULL, PRIMARY KEY (series, at)) STRICT, WITHOUT ROWID;
      INSERT INTO series VALUES (1, 'ping', '{"agent":"a","task":"gw/icmp"}'), (2, 'ping', '{"agent":"b","task":"gw/icmp"}');
      INSERT INTO fields VALUES ('ping', 'average_response_ms', 0, 'float'), ('ping', 'lost', 1, 'int'), ('ping', 'address', 2, 'string'), ('ping', 'odd', 3, 'bool');
      PRAGMA user_version = 1`);
    const insert = db.prepare('INSERT INTO points VALUES (?, ?, ?)');
    for (const [series, at, values] of rows) insert.run(series, at, JSON.stringify(values));
    return db;
  };
  const check = async (store: SeriesStore): Promise<void> => {
    t.same(
      (await store.scan({ from: 0, to: 1e15, after: null, limit: 10 })).points.map(({ tags, at, fields }) => [tags['agent'], at, fields]),
      [
        ['a', START, { average_response_ms: 1.5, address: 'x' }],
        ['a', START + MINUTE, { average_response_ms: 2.5, lost: 3 }],
        ['b', START + 40 * DAY, { lost: 7, address: 'y', odd: true }],
      ],
    );
    await settle(store, START + 60 * DAY);
    t.same(await ask(store, START, START + HOUR, HOUR), [[START, 4]], 'it is rolled up too');
  };

  const db = old();
  await check(openSqliteStore(db));
  t.same(db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('points', 'old_series')").all(), [], 'the old tables are gone');

  const cut = old();
  let statements = 0;
  const prepare = cut.prepare.bind(cut);
  Object.assign(cut, {
    prepare: (sql: string) => {
      if (/DELETE FROM old_series/.test(sql)) {
        const statement = prepare(sql);
        return { run: (...values: never[]) => ((statements += 1), statements === 2 ? fail() : statement.run(...values)) };
      }
      return prepare(sql);
    },
  });
  t.throws(() => openSqliteStore(cut), /killed/);
  Object.assign(cut, { prepare });
  await check(openSqliteStore(cut));
});

const fail = (): never => {
  throw new Error('killed');
};

t.test('a file of a newer layout is refused by its number', async (t) => {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA user_version = 99');
  t.throws(() => openSqliteStore(db), /layout 99, this program knows 2/);
});

t.test('sealed: a heavy-tailed value takes less than a byte and a half, and its chunk one field at a time', async (t) => {
  const db = new DatabaseSync(':memory:');
  const store = openSqliteStore(db);
  const chance = makeChance(3);
  const points = Array.from({ length: 1_440 }, (_, i) =>
    point(START + i * MINUTE, Math.round(1e4 * (20 + 0.3 / (1 - chance()) ** 0.7)) / 1e4),
  );
  await store.write(points);
  await settle(store, START + 3 * DAY);
  const bodies = db
    .prepare('SELECT body FROM chunks WHERE tier = 0')
    .all()
    .map(({ body }) => body);
  const chunks = bodies.map((body) => new Chunk(body instanceof Uint8Array ? body : new Uint8Array()));
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.sizeOf(0), 0);
  t.ok(bytes / 1_440 < 2, `${(bytes / 1_440).toFixed(2)} bytes a value of 15 bits of noise`);
  t.same(
    chunks.flatMap((chunk) => [...(chunk.column(0) ?? [])]),
    points.map(({ fields }) => fields['average_response_ms']),
  );
});
