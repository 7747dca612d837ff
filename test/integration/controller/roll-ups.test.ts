import { once } from 'node:events';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import type { RollUpNotes } from '../../../controller/series/influx/rollups/notes.ts';
import { type InfluxStore, openInfluxStore } from '../../../controller/series/influx/store.ts';
import type { Point, Series, SeriesQuery } from '../../../controller/series/store.ts';
import { openState, type State } from '../../../controller/state/database.ts';
import { rollUpNotes } from '../../../controller/storage/rollup-notes.ts';
import { decodeSketch, encodeSketch, makeSketch, mergeSketches, quantileOf } from '../../../protocol/sketch.ts';
import { systemClock } from '../../../protocol/time.ts';
import { makeChance } from '../../bench/heavy-rounds.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';
import { DAY, HOUR, KEPT, MINUTE, NOW } from '../../helpers/rolled-up.ts';
import { keyOf, SeriesModel } from '../../helpers/series-model.ts';

// Roll-ups in a real InfluxDB against what the same points give when they are all looked at.

t.setTimeout(180_000);

/** Quarters, so that sums are exact in whatever order. */
const quarter = (chance: () => number): number => Math.floor(chance() * 400) / 4;

const pointOf = (at: number, agent: string, chance: () => number): Point => {
  const rtt_sketch = encodeSketch(makeSketch(Array.from({ length: 4 }, () => 1 + 90 * chance())));
  return {
    measurement: 'ping',
    tags: { agent, task: `${chance() < 0.5 ? 'gw' : 'dns'}/icmp` },
    at,
    fields: {
      packets_transmitted: Math.floor(chance() * 10),
      rtt_sketch,
      time_source: 'controller',
      extra: quarter(chance),
      ...(chance() < 0.8 ? { average_response_ms: quarter(chance) } : {}),
    },
  };
};
const roundsOf = (agent: string, from: number, count: number, everyMs: number, seed: number): Point[] => {
  const chance = makeChance(seed);
  return Array.from({ length: count }, (_, i) => pointOf(from + i * everyMs, agent, chance));
};

/** What windows keep: all of `extra`, which the catalogue does not know, and of the others what their kind needs. */
const KEPT_FIELDS: SeriesQuery['fields'] = [
  ...(['last', 'mean', 'min', 'max', 'sum', 'count'] as const).map((aggregate) => ({ field: 'extra', aggregate })),
  ...(['mean', 'min', 'max', 'sum', 'count'] as const).map((aggregate) => ({ field: 'average_response_ms', aggregate })),
  { field: 'packets_transmitted', aggregate: 'sum' },
  { field: 'packets_transmitted', aggregate: 'max' },
  { field: 'rtt_sketch', aggregate: 'sketch' },
  { field: 'time_source', aggregate: 'last' },
];
const PACKETS = KEPT_FIELDS.findIndex(({ field, aggregate }) => field === 'packets_transmitted' && aggregate === 'sum');
const OTHER_FIELDS: SeriesQuery['fields'] = [
  { field: 'average_response_ms', aggregate: 'last' },
  { field: 'packets_transmitted', aggregate: 'count' },
  { field: 'time_source', aggregate: 'sum' },
];
const questionOf = (from: number, to: number, bucketMs: number, agents: readonly string[]): SeriesQuery => ({
  measurement: 'ping',
  tags: { agent: agents },
  fields: KEPT_FIELDS,
  from,
  to,
  bucketMs,
});
const keyed = (series: readonly Series[]): object =>
  Object.fromEntries(series.map(({ tags, rows }) => [keyOf({ measurement: 'ping', tags }), rows]));
const only = (answer: object, agents: readonly string[]): object =>
  Object.fromEntries(Object.entries(answer).filter(([key]) => agents.some((agent) => `${key} `.includes(`agent=${agent} `))));
const rollUpAll = async (store: InfluxStore, retention = KEPT, now = NOW): Promise<number> => {
  let windows = 0;
  for (let more = true; more; ) {
    const done = await store.maintain({ now, retention });
    windows += done.windowsRolledUp;
    more = done.more;
  }
  return windows;
};

if (influxdMissing !== false) t.test('roll-ups', { skip: influxdMissing }, async () => {});
else {
  const influxd = await startInfluxd();
  t.teardown(() => influxd[Symbol.asyncDispose]());
  let databases = 0;
  const newState = (): State => openState(new DatabaseSync(':memory:'));
  const settingsOf = (database: string): InfluxSettings => InfluxSettings.parse({ url: influxd.url, database });
  const open = (database: string, notes: RollUpNotes): InfluxStore => openInfluxStore(settingsOf(database), { clock: systemClock, notes });
  const rowsIn = async (database: string, policy: string, field: string): Promise<number> => {
    const [table] = await influxd.query(`SELECT count("${field}") FROM "${database}_rollups"."${policy}"."ping"`);
    return Number(table?.values[0]?.[1] ?? 0);
  };
  const same = async (t: Test, store: InfluxStore, model: SeriesModel, question: SeriesQuery, what: string): Promise<void> => {
    t.same(keyed(await store.query(question)), only(model.query(question), question.tags['agent'] ?? []), what);
  };

  t.test('roll-ups: whatever is asked, windows answer what all the points give, late and repeated ones included', async (t) => {
    const database = `rolled${databases++}`;
    await using store = open(database, rollUpNotes(newState(), database));
    const model = new SeriesModel();
    const write = async (points: readonly Point[]): Promise<void> => {
      model.write(points);
      await store.write(points);
    };
    const from = NOW - 30 * MINUTE - 40 * HOUR;
    for (const [i, agent] of ['ams1', 'fra1'].entries()) await write(roundsOf(agent, from + 7_000 * i, 1_200, 2 * MINUTE, i));
    await write(roundsOf('fra1', from + 30 * HOUR, 900, 10_000, 8));
    await rollUpAll(store);
    t.match(store.state().rollUps, { database: `${database}_rollups`, hoursWaiting: 0, partsBehind: 0, message: null, commands: [] });
    t.ok((await rowsIn(database, '1h', 'extra:max')) >= 40, 'there are windows');

    const check = async (what: string): Promise<void> => {
      for (const bucketMs of [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 7 * HOUR, DAY])
        for (const agents of [['ams1'], ['ams1', 'fra1']]) {
          const others = { ...questionOf(from, NOW, bucketMs, agents), fields: OTHER_FIELDS };
          await same(t, store, model, others, `${what}: what windows do not keep, in ${bucketMs / MINUTE} min`);
          await same(
            t,
            store,
            model,
            questionOf(from - HOUR, NOW, bucketMs, agents),
            `${what}: ${agents.join()} in ${bucketMs / MINUTE} min`,
          );
          await same(
            t,
            store,
            model,
            questionOf(from + 123_456, NOW - 3 * HOUR - 5, bucketMs, agents),
            `${what}: ragged, in ${bucketMs / MINUTE} min`,
          );
        }
    };
    await check('all done');
    await write(roundsOf('fra1', from + 9 * HOUR + 31_000, 30, 100_000, 77));
    await write(
      roundsOf('fra1', from + 7_000 + 20 * HOUR, 30, 2 * MINUTE, 1).map((point) => ({ ...point, fields: { packets_transmitted: 3 } })),
    );
    t.ok((store.state().rollUps?.hoursWaiting ?? 0) >= 2, 'what came late is to be done again');
    await check('late ones waiting');
    await rollUpAll(store);
    await check('late ones done');
  });

  t.test('roll-ups: when the points are gone, the windows still answer; the percentile of a month is that of its packets', async (t) => {
    const database = `rolled${databases++}`;
    await using store = open(database, rollUpNotes(newState(), database));
    const chance = makeChance(5);
    const from = NOW - 30 * MINUTE - 60 * DAY;
    const packets: number[] = [];
    const points = Array.from({ length: 60 * 24 }, (_, i): Point => {
      const rtts = Array.from({ length: 10 }, () => 5 + (chance() < 0.1 ? 200 * chance() : 10 * chance()));
      packets.push(...rtts);
      const fields = { packets_transmitted: 10, rtt_sketch: encodeSketch(makeSketch(rtts)) };
      return { measurement: 'ping', tags: { agent: 'ams1', task: 'gw/icmp' }, at: from + i * HOUR, fields };
    });
    await store.write(points);
    await rollUpAll(store);
    t.ok((await store.deleteBefore(NOW)) > 0);
    await using again = open(database, rollUpNotes(newState(), 'nothing known'));
    await again.connect();
    const ask = { ...questionOf(from, NOW, 60 * DAY, ['ams1']), fields: [{ field: 'rtt_sketch', aggregate: 'sketch' as const }] };
    t.ok((await again.query(ask)).flatMap(({ rows }) => rows).length <= 1, 'the points are gone');
    t.same(await store.listSeries('ping', {}), [{ agent: 'ams1', task: 'gw/icmp' }], 'a series of roll-ups only is still found');
    for (const bucketMs of [DAY, HOUR]) {
      const [series] = await store.query(questionOf(from, NOW, bucketMs, ['ams1']));
      const sums = series?.rows.map(([, ...values]) => Number(values[PACKETS])) ?? [];
      t.equal(
        sums.reduce((a, b) => a + b, 0),
        packets.length,
        `every packet is counted, in buckets of ${bucketMs / HOUR} h`,
      );
    }
    const month = packets.slice(-30 * 24 * 10).toSorted((a, b) => a - b);
    const exact = month[Math.ceil(0.95 * month.length) - 1] ?? Number.NaN;
    const days = await store.query({ ...ask, from: NOW - 30 * MINUTE - 30 * DAY, bucketMs: DAY });
    const sketches = days.flatMap(({ rows }) => rows.map(([, sketch]) => decodeSketch(String(sketch))));
    const p95 = quantileOf(mergeSketches(sketches.flatMap((sketch) => (sketch.ok ? [sketch.value] : []))), 0.95) ?? Number.NaN;
    t.ok(Math.abs(p95 / exact - 1) <= 0.01, `p95 of the month ${p95.toFixed(2)} ms, of its packets ${exact.toFixed(2)} ms`);
  });

  t.test('roll-ups: an agent with many series is read a few at a time, and all of them are rolled up', async (t) => {
    const database = `rolled${databases++}`;
    await using store = open(database, rollUpNotes(newState(), database));
    const model = new SeriesModel();
    const from = NOW - 30 * MINUTE - 4 * HOUR;
    for (let target = 0; target < 33; target += 1) {
      const points = roundsOf('busy', from + target, 18, 10 * MINUTE, target).map((point) => {
        const task = target === 7 ? {} : { task: `it's "${target}"\\/icmp` };
        return { ...point, tags: { agent: 'busy', ...task } };
      });
      model.write(points);
      await store.write(points);
    }
    await rollUpAll(store);
    t.equal(store.state().rollUps?.hoursWaiting, 0);
    await same(t, store, model, questionOf(from, NOW, HOUR, ['busy']), 'every series');
    t.equal(await rowsIn(database, '1h', 'extra:max'), 33 * 3);
  });

  t.test('roll-ups: past the points, minutes answer where there were several points in one, five minutes elsewhere', async (t) => {
    const database = `rolled${databases++}`;
    await using store = open(database, rollUpNotes(newState(), database));
    const from = NOW - 30 * MINUTE - 60 * HOUR;
    const model = new SeriesModel();
    const fast = roundsOf('fast', from, 720, 10_000, 1);
    const slow = roundsOf('slow', from, 120, MINUTE, 2);
    model.write([...fast, ...slow]);
    await store.write([...fast, ...slow]);
    await rollUpAll(store);
    await rollUpAll(store, { ...KEPT, raw: DAY });
    await store.deleteBefore(NOW - DAY);
    const ask = questionOf(from, NOW, MINUTE, ['fast']);
    t.same(keyed(await store.query(ask)), only(model.query(ask), ['fast']));
    const rows = (await store.query(questionOf(from, NOW, MINUTE, ['slow']))).flatMap((series) => series.rows);
    t.ok(rows.length > 0 && rows.every(([at]) => at % (5 * MINUTE) === 0), 'a window of five minutes stands at its first');
    const sum = (of: readonly Point[]): number => of.reduce((all, { fields }) => all + Number(fields['packets_transmitted']), 0);
    t.equal(
      rows.reduce((all, [, ...values]) => all + Number(values[PACKETS]), 0),
      sum(slow),
    );
    t.equal(
      await rowsIn(database, '1m', 'extra:max'),
      new Set(fast.map(({ at, tags }) => `${tags['task']} ${Math.floor(at / MINUTE)}`)).size,
    );
  });

  t.test('roll-ups: cut off at whatever step and started again, they are as if nothing had happened', async (t) => {
    const database = `rolled${databases++}`;
    const notes = rollUpNotes(newState(), database);
    const from = NOW - 30 * MINUTE - 6 * HOUR;
    const model = new SeriesModel();
    let left = Number.POSITIVE_INFINITY;
    const step = async (): Promise<void> => {
      left -= 1;
      if (left < 0) throw new Error('cut');
    };
    const cutNotes: RollUpNotes = {
      read: () => notes.read(),
      wait: (parts) => step().then(() => notes.wait(parts)),
      done: (part, hours) => step().then(() => notes.done(part, hours)),
      replace: (parts) => step().then(() => notes.replace(parts)),
    };
    const between = createServer(async (incoming, outgoing) => {
      try {
        await step();
        const method = incoming.method ?? 'GET';
        const headers = { 'content-type': incoming.headers['content-type'] ?? 'text/plain' };
        const answer = await fetch(`${influxd.url}${incoming.url}`, {
          method,
          headers,
          body: method === 'GET' ? null : await text(incoming),
        });
        const body = Buffer.from(await answer.arrayBuffer());
        await step(); // done, and nobody is told
        outgoing.writeHead(answer.status, { 'x-influxdb-version': answer.headers.get('x-influxdb-version') ?? '' }).end(body);
      } catch {
        incoming.socket.destroy();
      }
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const address = between.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;

    let cuts = 0;
    for (let after = 1, isCut = true; isCut; after += 1) {
      left = after;
      await using store = openInfluxStore(InfluxSettings.parse({ url, database }), { clock: systemClock, notes: cutNotes });
      const points = roundsOf('ams1', from + after * 4 * MINUTE, 3, MINUTE, after);
      model.write(points);
      await store.write(points).catch(() => open(database, notes).write(points)); // delivered until it is in, as the arrival log does
      await rollUpAll(store).catch(() => {});
      isCut = left < 0;
      cuts += 1;
    }
    between.close();
    t.ok(cuts > 20, `cut off at ${cuts} steps`);
    await using store = open(database, notes);
    await same(t, store, model, questionOf(from, NOW, HOUR, ['ams1']), 'before the rest is done');
    await rollUpAll(store);
    await same(t, store, model, questionOf(from, NOW, HOUR, ['ams1']), 'after it');
    const [hours] = await influxd.query(
      `SELECT sum("packets_transmitted:sum") FROM "${database}_rollups"."1h"."ping" WHERE agent = 'ams1'`,
    );
    const [points] = await influxd.query(`SELECT sum(packets_transmitted) FROM ping WHERE agent = 'ams1'`, database);
    t.equal(hours?.values[0]?.[1], points?.values[0]?.[1]);
  });

  t.test('roll-ups: points from before, and another life of the controller: the past is found and rolled up', async (t) => {
    const database = `rolled${databases++}`;
    const model = new SeriesModel();
    const old = roundsOf('ams1', NOW - 30 * MINUTE - 50 * HOUR, 1_500, 2 * MINUTE, 3);
    model.write(old);
    {
      await using before = openInfluxStore(settingsOf(database), { clock: systemClock });
      await before.write(old);
    }
    await fetch(`${influxd.url}/write?db=${database}`, { method: 'POST', body: `ping,agent=theirs v=1 ${(NOW - 5 * HOUR) * 1e6}` });
    const notes = rollUpNotes(newState(), database);
    await using store = open(database, notes);
    await same(t, store, model, questionOf(NOW - 60 * HOUR, NOW, HOUR, ['ams1']), 'before we know of it');
    const fresh = roundsOf('ams1', NOW - 10 * MINUTE, 3, MINUTE, 4);
    model.write(fresh);
    await store.write(fresh);
    await same(t, store, model, questionOf(NOW - 60 * HOUR, NOW, HOUR, ['ams1']), 'before it is looked at');
    await rollUpAll(store);
    t.equal(store.state().rollUps?.partsBehind, 0);
    t.ok((await rowsIn(database, '1h', 'extra:max')) >= 50);
    await same(t, store, model, questionOf(NOW - 60 * HOUR, NOW, HOUR, ['ams1']), 'after it');
    const theirs = { ...questionOf(NOW - 60 * HOUR, NOW, HOUR, ['theirs']), fields: [{ field: 'v', aggregate: 'sum' as const }] };
    t.same(
      (await store.query(theirs)).flatMap(({ rows }) => rows.map(([, ...values]) => values)),
      [[1]],
      'what others write stays as it is',
    );
  });

  t.test('roll-ups: each tier is kept as long as is asked, also when that changes', async (t) => {
    const database = `rolled${databases++}`;
    await using store = open(database, rollUpNotes(newState(), database));
    await store.write(roundsOf('ams1', NOW - 5 * HOUR, 10, MINUTE, 9));
    const durations = async (): Promise<Record<string, unknown>> => {
      const [table] = await influxd.query(`SHOW RETENTION POLICIES ON "${database}_rollups"`);
      return Object.fromEntries(table?.values.map(([name, duration]) => [name, duration]) ?? []);
    };
    await rollUpAll(store);
    t.same(await durations(), { '1m': '4320h0m0s', '5m': '9600h0m0s', '1h': '43920h0m0s' });
    await rollUpAll(store, { ...KEPT, '5m': 300 * DAY });
    t.match(await durations(), { '1m': '4320h0m0s', '5m': '7200h0m0s' });
  });
}

t.test(
  'roll-ups: whoever may not make their places is told what to type, and is answered from the points',
  { skip: influxdMissing },
  async (t) => {
    await using influxd = await startInfluxd({ environment: { INFLUXDB_HTTP_AUTH_ENABLED: 'true' }, login: ['root', 'r'] });
    await influxd.query("CREATE USER root WITH PASSWORD 'r' WITH ALL PRIVILEGES");
    await influxd.query('CREATE DATABASE telegraf');
    await influxd.query("CREATE USER sonde WITH PASSWORD 's'");
    await influxd.query('GRANT ALL ON telegraf TO sonde');
    const settings = InfluxSettings.parse({ url: influxd.url, user: 'sonde', password: 's' });
    const state = openState(new DatabaseSync(':memory:'));
    await using store = openInfluxStore(settings, { clock: systemClock, notes: rollUpNotes(state, 'x') });
    const model = new SeriesModel();
    const points = roundsOf('ams1', NOW - 5 * HOUR, 100, MINUTE, 9);
    model.write(points);
    await store.write(points);
    await rollUpAll(store);
    const seen = store.state();
    t.equal(seen.phase, 'ok', 'points are written');
    t.match(seen.rollUps, { hoursWaiting: 0, message: /telegraf_rollups|not authorized/ });
    const question = questionOf(NOW - 6 * HOUR, NOW, HOUR, ['ams1']);
    t.same(keyed(await store.query(question)), model.query(question));

    for (const command of seen.rollUps?.commands ?? []) await influxd.query(/-execute '(.*)'$/.exec(command)?.[1] ?? command);
    await using later = openInfluxStore(settings, { clock: systemClock, notes: rollUpNotes(state, 'x') });
    await rollUpAll(later);
    t.match(later.state().rollUps, { message: null, commands: [], partsBehind: 0 });
    t.same(keyed(await later.query(question)), model.query(question), 'and after it was typed, from the windows');
    const [table] = await influxd.query('SELECT count("extra:max") FROM "telegraf_rollups"."1h"."ping"');
    t.ok(Number(table?.values[0]?.[1]) >= 2);
  },
);
