import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { type InfluxStore, openInfluxStore } from '../../../controller/series/influx/store.ts';
import type { Aggregate, FieldValue, Point, Series, SeriesQuery, TagFilter } from '../../../controller/series/store.ts';
import { openState } from '../../../controller/state/database.ts';
import { rollUpNotes } from '../../../controller/storage/rollup-notes.ts';
import { encodeSketch, makeSketch } from '../../../protocol/sketch.ts';
import { systemClock } from '../../../protocol/time.ts';
import { makeChance } from '../../bench/heavy-rounds.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';
import { DAY, HOUR, KEPT, MINUTE, NOW } from '../../helpers/rolled-up.ts';
import { keyOf, SeriesModel } from '../../helpers/series-model.ts';

// Writing, rolling up, starting again and asking in whatever order, against what the same points give when they are all looked at.

t.setTimeout(180_000);
const BEGIN = NOW - 40 * HOUR;
const SEED = Number(process.env['ROLL_UPS_SEED'] ?? Date.now() % 1_000_000);
const STEPS = Number(process.env['ROLL_UPS_STEPS'] ?? 600);

const chance = makeChance(SEED);
const below = (most: number): number => Math.floor(chance() * most);
const one = <T>(of: readonly T[]): T => {
  const found = of[below(of.length)];
  if (found === undefined) throw new Error('an empty list');
  return found;
};

const ODD = 'odd "one", a=b:c d';
const MEASUREMENTS = ['ping', ODD];
const AGENTS = ['ams1', 'fra1', 'o\'neil "x", y=z'];
const TAGS: readonly Point['tags'][] = [
  ...AGENTS.flatMap((agent) => [
    { agent, task: 'gw/icmp' },
    { agent, task: 'dns/icmp' },
  ]),
  { agent: 'ams1', origin: 'fra1', task: 'gw/icmp' },
  { origin: 'telegraf', host: 'a' },
  { origin: 'telegraf', host: 'b', 'odd key': 'x' },
  { agent: 'fra1', origin: '', task: 'gw/icmp', site: 'new' },
  { origin: '', host: 'c' },
  { host: 'nobody' },
];
const FIELDS: readonly (readonly [name: string, value: () => FieldValue, aggregates: readonly Aggregate[]])[] = [
  ['packets_transmitted', () => below(10), ['sum', 'max', 'count', 'mean', 'last', 'min']],
  ['average_response_ms', () => below(400) / 4, ['sum', 'max', 'count', 'mean', 'last', 'min']],
  ['time_source', () => one(['ntp', 'controller', 'a "quoted" \\ one']), ['last', 'count']],
  ['rtt_sketch', () => encodeSketch(makeSketch([1 + 90 * chance(), 1 + 90 * chance()])), ['sketch', 'count']],
  ['extra', () => below(400) / 4, ['sum', 'max', 'count', 'mean', 'last', 'min']],
  ['extra:max', () => below(400) / 4, ['sum', 'max', 'count', 'mean', 'last', 'min']],
  ['whole', () => below(1_000), ['sum', 'max', 'count', 'mean', 'last', 'min']],
  ['ifIn, "octets" =1', () => below(400) / 4, ['sum', 'last']],
  ['is_up', () => chance() < 0.5, ['last', 'count']],
  ['words', () => one(['x', 'true', '7']), ['last', 'count']],
];
const fieldsOfPoint = (): Point['fields'] =>
  Object.fromEntries([['extra', below(400) / 4], ...FIELDS.flatMap(([name, value]) => (chance() < 0.6 ? [[name, value()]] : []))]);
const someAt = (): number => (chance() < 0.2 ? NOW - below(HOUR) : BEGIN + below(NOW - BEGIN));
const somePoints = (): Point[] => {
  const [measurement, tags, at, everyMs] = [one(MEASUREMENTS), one(TAGS), someAt(), one([5_000, MINUTE, 4 * MINUTE, 20 * MINUTE])];
  return Array.from({ length: 1 + below(40) }, (_, i) => ({
    measurement,
    tags,
    at: at + i * everyMs,
    fields: fieldsOfPoint(),
    integers: ['whole'],
  })).filter(({ at: when }) => when < NOW);
};
const FILTERS: readonly TagFilter[] = [
  {},
  ...AGENTS.map((agent) => ({ agent: [agent] })),
  { agent: AGENTS },
  { agent: ['ams1', 'nobody'] },
  { agent: [] },
  { agent: ['ams1'], task: ['gw/icmp'] },
  { agent: AGENTS, origin: [''] },
  { agent: ['ams1', 'fra1'], origin: ['', 'fra1'] },
  { origin: [''] },
  { origin: ['telegraf'] },
  { origin: ['fra1'] },
  { origin: ['telegraf'], host: ['b'] },
];
const someQuestion = (): SeriesQuery => {
  const [a, b] = [BEGIN - HOUR + below(NOW + 2 * HOUR - BEGIN), BEGIN - HOUR + below(NOW + 2 * HOUR - BEGIN)];
  const isWhole = chance() < 0.4;
  return {
    measurement: one(MEASUREMENTS),
    tags: one(FILTERS),
    fields: Array.from({ length: 1 + below(4) }, () => {
      const [field, , aggregates] = one(FIELDS);
      return { field, aggregate: one(aggregates) };
    }),
    from: isWhole ? BEGIN - HOUR : Math.min(a, b),
    to: isWhole ? NOW : Math.max(a, b),
    bucketMs: one([0, 90_000, MINUTE, 5 * MINUTE, 7 * MINUTE, 10 * MINUTE, 15 * MINUTE, HOUR, 90 * MINUTE, 2 * HOUR, 7 * HOUR, DAY]),
    ...(chance() < 0.2 ? { limit: 1 + below(5) } : {}),
    ...(chance() < 0.2 ? { seriesOffset: below(3), seriesLimit: 1 + below(3) } : {}),
  };
};

const withoutEmpty = (tags: Point['tags']): Point['tags'] => Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
const canonical = (tags: Series['tags']): string => JSON.stringify(Object.entries(tags).toSorted(([x], [y]) => (x < y ? -1 : 1)));
const expected = (model: SeriesModel, query: SeriesQuery): object => {
  const { seriesOffset = 0, seriesLimit = 1e9, limit } = query;
  const byKey = new Map(model.points().map((point) => [keyOf(point), point.tags]));
  const found = Object.entries(model.query(query)).flatMap(([key, rows]) => {
    const tags = byKey.get(key) ?? {};
    const fits = Object.entries(query.tags).every(([name, values]) => values.includes(tags[name] ?? ''));
    return fits ? [{ tags: canonical(tags), rows: rows.slice(0, limit) }] : [];
  });
  return found.toSorted((x, y) => (x.tags < y.tags ? -1 : 1)).slice(seriesOffset, seriesOffset + seriesLimit);
};

t.test(`roll-ups: in whatever order (ROLL_UPS_SEED=${SEED})`, { skip: influxdMissing }, async (t) => {
  await using influxd = await startInfluxd();
  const settings = InfluxSettings.parse({ url: influxd.url, database: 'random' });
  const state = openState(new DatabaseSync(':memory:'));
  const open = (): InfluxStore => openInfluxStore(settings, { clock: systemClock, notes: rollUpNotes(state, 'x') });
  let store = open();
  const model = new SeriesModel();
  const write = async (): Promise<void> => {
    const points = somePoints();
    if (points.length === 0) return;
    model.write(points.map((point) => ({ ...point, tags: withoutEmpty(point.tags) })));
    await store.write(points);
  };
  const maintain = async (pieces: number): Promise<void> => {
    for (let i = 0; i < pieces && (await store.maintain({ now: NOW, retention: KEPT })).more; i += 1);
  };
  let wrong = 0;
  for (let step = 0; step < STEPS && wrong < 3; step += 1) {
    const what = chance();
    if (what < 0.25) await write();
    else if (what < 0.4) await Promise.all([maintain(below(6)), write(), write()]);
    else if (what < 0.5) await maintain(below(10));
    else if (what < 0.53) {
      await maintain(1_000);
      t.match(store.state().rollUps, { hoursWaiting: 0, message: null });
    } else if (what < 0.58) {
      await store[Symbol.asyncDispose]();
      store = open();
    } else {
      const query = someQuestion();
      try {
        const answer = (await store.query(query)).map(({ tags, rows }) => ({ tags: canonical(tags), rows }));
        if (!t.same(answer, expected(model, query), `step ${step}: ${JSON.stringify(query)}`)) wrong += 1;
      } catch (error) {
        t.fail(`step ${step}: ${String(error)} ${JSON.stringify(query)}`);
        wrong += 1;
      }
    }
  }
  await store[Symbol.asyncDispose]();
});
