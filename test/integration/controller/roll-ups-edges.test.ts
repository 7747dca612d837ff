import { once } from 'node:events';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import t from 'tap';
import type { RollUpNotes } from '../../../controller/series/influx/rollups/notes.ts';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { type InfluxStore, openInfluxStore } from '../../../controller/series/influx/store.ts';
import type { Aggregate, FieldValue, Point, SeriesQuery } from '../../../controller/series/store.ts';
import { openState } from '../../../controller/state/database.ts';
import { rollUpNotes } from '../../../controller/storage/rollup-notes.ts';
import { systemClock } from '../../../protocol/time.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';
import { DAY, HOUR, KEPT, MINUTE, NOW } from '../../helpers/rolled-up.ts';

// What few fleets have, and none may be answered wrongly for.

t.setTimeout(120_000);
/** The beginning of an hour some hours ago. */
const ago = (hours: number): number => NOW - 30 * MINUTE - hours * HOUR;

const newNotes = (): RollUpNotes => rollUpNotes(openState(new DatabaseSync(':memory:')), 'x');
const maintained = async (store: InfluxStore, retention = KEPT): Promise<void> => {
  while ((await store.maintain({ now: NOW, retention })).more);
};
const series = (from: number, count: number, everyMs: number, fieldsOf: (i: number) => Point['fields'], tags: Point['tags']): Point[] =>
  Array.from({ length: count }, (_, i) => ({ measurement: 'things', tags, at: from + i * everyMs, fields: fieldsOf(i), integers: ['n'] }));
const valuesOf = async (
  store: InfluxStore,
  fields: readonly (readonly [string, Aggregate])[],
  rest: Partial<SeriesQuery> & { readonly bucketMs: number },
): Promise<(FieldValue | null)[][]> => {
  const asked = fields.map(([field, aggregate]) => ({ field, aggregate }));
  const found = await store.query({ measurement: 'things', tags: { agent: ['a'] }, from: ago(48), to: NOW, ...rest, fields: asked });
  return found.flatMap(({ rows }) => rows.map(([, ...values]) => values));
};

if (influxdMissing !== false) t.test('roll-ups: edges', { skip: influxdMissing }, async () => {});
else {
  const influxd = await startInfluxd();
  t.teardown(() => influxd[Symbol.asyncDispose]());
  let databases = 0;
  const newSettings = (): InfluxSettings => InfluxSettings.parse({ url: influxd.url, database: `edges${databases++}` });
  const open = (settings: InfluxSettings, notes = newNotes()): InfluxStore => openInfluxStore(settings, { clock: systemClock, notes });

  t.test('roll-ups: a whole number that the catalogue does not know is rolled up after another start too', async (t) => {
    const [settings, notes] = [newSettings(), newNotes()];
    const fields = [
      ['n', 'sum'],
      ['n', 'max'],
    ] as const;
    for (const hours of [5, 4]) {
      await using store = open(settings, notes);
      await store.write(series(ago(hours), 10, MINUTE, (i) => ({ n: i }), { agent: 'a' }));
      await maintained(store);
      t.equal(store.state().rollUps?.message, null);
    }
    await using store = open(settings, notes);
    await maintained(store);
    t.same(await valuesOf(store, fields, { bucketMs: HOUR }), [
      [45, 9],
      [45, 9],
    ]);
  });

  t.test('roll-ups: a field that is named like what is kept of another is not taken for it', async (t) => {
    await using store = open(newSettings());
    await store.write(series(ago(5), 10, MINUTE, (i) => ({ v: i, 'v:max': 100 + i }), { agent: 'a' }));
    await maintained(store);
    t.same(
      await valuesOf(
        store,
        [
          ['v', 'max'],
          ['v:max', 'max'],
          ['v:max', 'min'],
        ],
        { bucketMs: HOUR },
      ),
      [[9, 109, 100]],
    );
    t.same(await valuesOf(store, [['v', 'max']], { bucketMs: HOUR }), [[9]]);
  });

  t.test('roll-ups: an owner that is empty is none', async (t) => {
    await using store = open(newSettings());
    await store.write(series(ago(5), 1, MINUTE, () => ({ v: 1 }), { agent: '', origin: '' }));
    await store.write(series(ago(5), 1, MINUTE, () => ({ v: 2 }), { agent: 'a' }));
    await maintained(store);
    await store.write(series(ago(5) + MINUTE, 1, MINUTE, () => ({ v: 3 }), { agent: 'a' }));
    t.same(await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR, tags: { origin: [''] } }), [[5], [1]]);
  });
  t.test('roll-ups: points that the server keeps longer than ours are kept are still answered', async (t) => {
    const settings = newSettings();
    await influxd.query(`CREATE DATABASE "${settings.database}" WITH DURATION 520w REPLICATION 1`);
    await using store = open(settings);
    await store.write(series(NOW - 200 * DAY, 10, MINUTE, (i) => ({ v: i }), { agent: 'a' }));
    const ask = { bucketMs: HOUR, from: NOW - 300 * DAY };
    t.same(
      (await valuesOf(store, [['v', 'sum']], ask)).flat().reduce((a, b) => Number(a) + Number(b), 0),
      45,
    );
    await maintained(store);
    t.same(
      (await valuesOf(store, [['v', 'sum']], ask)).flat().reduce((a, b) => Number(a) + Number(b), 0),
      45,
    );
  });

  t.test('roll-ups: a coarser tier that is kept shorter than a finer one hides nothing', async (t) => {
    await using store = open(newSettings());
    const short = { ...KEPT, '5m': DAY, '1h': DAY };
    await store.write(series(ago(47), 47, HOUR, () => ({ v: 1 }), { agent: 'a' }));
    await maintained(store, short);
    for (const bucketMs of [5 * MINUTE, HOUR]) t.equal((await valuesOf(store, [['v', 'sum']], { bucketMs })).length, 47);
  });

  t.test('roll-ups: whose points are gone is answered from windows, whether or not we know of them', async (t) => {
    const [settings, notes] = [newSettings(), newNotes()];
    const few = { ...KEPT, raw: 10 * HOUR };
    {
      await using store = open(settings, notes);
      await store.write([
        ...series(ago(40), 80, 30 * MINUTE, () => ({ v: 1 }), { agent: 'a' }),
        ...series(ago(40), 80, 30 * MINUTE, () => ({ v: 1 }), { host: 'theirs' }),
      ]);
      await maintained(store);
      await store.deleteBefore(NOW - 10 * HOUR);
      await maintained(store, few);
      t.equal((await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR })).length, 40);
      t.equal((await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR, tags: {} })).length, 80, 'whoever they are of');
    }
    await using store = open(settings);
    await maintained(store, few);
    t.equal((await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR })).length, 40, 'after the notes were lost');
  });

  t.test('roll-ups: past the points, whatever the buckets, hours with minutes and hours without stand side by side', async (t) => {
    await using store = open(newSettings());
    const points = [
      ...series(ago(30), 6, 10 * MINUTE, (i) => ({ v: i, n: i }), { agent: 'a' }),
      ...series(ago(29), 240, 15_000, (i) => ({ v: i, n: 100 + i }), { agent: 'a' }),
      ...series(ago(28), 6, 10 * MINUTE, (i) => ({ v: i, n: 1_000 + i }), { agent: 'a' }),
    ];
    await store.write(points);
    await maintained(store);
    await maintained(store, { ...KEPT, raw: 10 * HOUR });
    await store.deleteBefore(NOW - 10 * HOUR);
    const sum = points.reduce((all, { fields }) => all + Number(fields['v']), 0);
    for (const bucketMs of [MINUTE, 7 * MINUTE, 11 * MINUTE, 90 * MINUTE, HOUR, DAY]) {
      const values = await valuesOf(
        store,
        [
          ['v', 'sum'],
          ['n', 'last'],
        ],
        { bucketMs },
      );
      t.equal(
        values.reduce((all, [v]) => all + Number(v), 0),
        sum,
        `every point is counted, in buckets of ${bucketMs / MINUTE} min`,
      );
      const last = values.map(([, n]) => Number(n));
      t.same(
        last,
        last.toSorted((a, b) => a - b),
        'the last is the last',
      );
    }
    const [[last] = []] = await valuesOf(store, [['n', 'last']], {
      bucketMs: 10 * DAY,
      from: ago(30) + 30 * MINUTE,
      to: ago(29) + 50 * MINUTE,
    });
    t.equal(last, 299);
  });

  t.test('roll-ups: what has no answer has no row', async (t) => {
    await using store = open(newSettings());
    await store.write(series(ago(5), 10, MINUTE, () => ({ text: 'x' }), { agent: 'a' }));
    await maintained(store);
    t.same(await valuesOf(store, [['text', 'mean']], { bucketMs: HOUR }), []);
  });

  t.test('roll-ups: somebody drops their database while we run: the points answer at once, and the windows are made anew', async (t) => {
    const settings = InfluxSettings.parse({ url: influxd.url, database: 'dropped' });
    await using store = openInfluxStore(settings, { clock: systemClock, notes: newNotes() });
    await store.write(series(ago(30), 360, 5 * MINUTE, (i) => ({ v: i }), { agent: 'a' }));
    await maintained(store);
    const wanted = await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR });
    await influxd.query('DROP DATABASE dropped_rollups');
    t.same(await store.listSeries('things', {}), [{ agent: 'a' }]);
    await maintained(store);
    await influxd.query('DROP DATABASE dropped_rollups');
    const both = [1, 2].map(() => valuesOf(store, [['v', 'sum']], { bucketMs: HOUR }));
    t.same(await Promise.all(both), [wanted, wanted], 'questions at one time');
    await store.write(series(ago(30), 1, MINUTE, () => ({ v: 0 }), { agent: 'a' }));
    await maintained(store);
    const [table] = await influxd.query('SELECT count("v:sum") FROM "dropped_rollups"."1h"."things"');
    t.equal(table?.values[0]?.[1], 30);
    t.same(await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR }), wanted);
  });

  t.test('roll-ups: windows that somebody has thrown away are made anew', async (t) => {
    const [settings, notes] = [newSettings(), newNotes()];
    {
      await using store = open(settings, notes);
      await store.write(series(ago(5), 10, MINUTE, (i) => ({ v: i }), { agent: 'a' }));
      await maintained(store);
    }
    await influxd.query(`DROP DATABASE "${settings.database}_rollups"`);
    await using store = open(settings, notes);
    await maintained(store);
    t.same(await valuesOf(store, [['v', 'sum']], { bucketMs: HOUR }), [[45]]);
  });
}

t.test('store: a series is listed as soon as its first points are in, whatever was asked while they were under way', async (t) => {
  const known = ['things,agent=a'];
  const [arrived, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    if (incoming.url?.startsWith('/write')) {
      arrived.resolve();
      await answered.promise;
      known.push('things,agent=b');
      outgoing.writeHead(204).end();
      return;
    }
    const keys = new URLSearchParams(body).get('q')?.startsWith('SHOW SERIES') === true ? known.map((key) => [key]) : [];
    const answer = { results: [{ series: [{ columns: ['key'], values: keys }] }] };
    outgoing.writeHead(200, { 'x-influxdb-version': '1.8.10' }).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  await using store = openInfluxStore(InfluxSettings.parse({ url, database: 'x' }), { clock: systemClock });

  const writing = store.write(series(ago(1), 1, MINUTE, () => ({ v: 1 }), { agent: 'b' }));
  await arrived.promise;
  t.same(await store.listSeries('things', {}), [{ agent: 'a' }]);
  answered.resolve();
  await writing;
  t.same(await store.listSeries('things', {}), [{ agent: 'a' }, { agent: 'b' }]);
});
