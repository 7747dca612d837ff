import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import type { RollUpNotes } from '../../../controller/series/influx/rollups/notes.ts';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { type InfluxStore, openInfluxStore } from '../../../controller/series/influx/store.ts';
import type { Aggregate, Point, Retention, SeriesQuery, SeriesRow } from '../../../controller/series/store.ts';
import { openState } from '../../../controller/state/database.ts';
import { rollUpNotes } from '../../../controller/storage/rollup-notes.ts';
import { systemClock } from '../../../protocol/time.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';

// What few fleets have, and none may be answered wrongly for.

t.setTimeout(120_000);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEPT: Retention = { raw: 90 * DAY, '1m': 180 * DAY, '5m': 400 * DAY, '1h': 1_830 * DAY };
const NOW = Math.floor(Date.now() / HOUR) * HOUR + 30 * MINUTE;
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
): Promise<SeriesRow['values'][]> => {
  const asked = fields.map(([field, aggregate]) => ({ field, aggregate }));
  const found = await store.query({ measurement: 'things', tags: { agent: ['a'] }, from: ago(48), to: NOW, ...rest, fields: asked });
  return found.flatMap(({ rows }) => rows.map(({ values }) => values));
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
}
