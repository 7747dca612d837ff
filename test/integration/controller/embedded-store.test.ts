import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openSqliteStore } from '../../../controller/series/sqlite/store.ts';
import type { Aggregate, Point, Retention, SeriesQuery, SeriesStore } from '../../../controller/series/store.ts';
import type { Db } from '../../../protocol/database.ts';
import { encodeSketch, makeSketch } from '../../../protocol/sketch.ts';
import { makeChance } from '../../bench/heavy-rounds.ts';
import { keyOf, SeriesModel } from '../../helpers/series-model.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 500_000 * HOUR;
const FOR_EVER: Retention = { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 };
const AGGREGATES: readonly Aggregate[] = ['last', 'mean', 'min', 'max', 'sum', 'count'];

const randomPoint = (chance: () => number, hours: number): Point => {
  const agent = `a${Math.floor(chance() * 2)}`;
  const rtts = Array.from({ length: 1 + Math.floor(chance() * 5) }, () => 1 + 50 * chance());
  const all: Point['fields'] = {
    lost: Math.floor(chance() * 4),
    average_response_ms: Math.floor(chance() * 400) / 4,
    rtt_sketch: encodeSketch(makeSketch(rtts)),
    address: chance() < 0.5 ? '192.0.2.1' : '192.0.2.2',
  };
  return {
    measurement: 'ping',
    tags: { agent, host: agent, task: `t${Math.floor(chance() * 2)}/icmp` },
    at: START + Math.floor(chance() * hours * 120) * 30_000,
    fields: Object.fromEntries(Object.entries(all).filter(([field]) => field === 'lost' || chance() < 0.8)),
  };
};

const queries = (chance: () => number, hours: number): SeriesQuery[] =>
  [0, 30_000, MINUTE, 7 * MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR].map((bucketMs) => {
    const from = START + Math.floor(chance() * 0.4 * hours * 60) * MINUTE + (chance() < 0.3 ? 17 : 0);
    return {
      measurement: 'ping',
      tags: {},
      fields: [
        ...AGGREGATES.map((aggregate) => ({ field: 'average_response_ms', aggregate })),
        { field: 'lost', aggregate: 'sum' },
        { field: 'address', aggregate: 'last' },
        { field: 'address', aggregate: 'count' },
        { field: 'rtt_sketch', aggregate: 'sketch' },
      ],
      from: chance() < 0.3 ? START : from,
      to: from + Math.floor(hours * 60 * (0.2 + chance())) * MINUTE,
      ...(bucketMs === 0 ? {} : { bucketMs }),
    };
  });

const answer = async (store: SeriesStore, query: SeriesQuery): Promise<unknown> =>
  Object.fromEntries((await store.query(query)).map(({ tags, rows }) => [keyOf({ measurement: query.measurement, tags }), rows]));

const maintainAll = async (store: SeriesStore, now: number): Promise<void> => {
  while ((await store.maintain({ now, retention: FOR_EVER })).more);
};

for (const seed of [1, 2, 3])
  t.test(
    `embedded store: whatever comes in whatever order, sealed, rolled up, opened again: answers are those of the points (seed ${seed})`,
    async (t) => {
      const chance = makeChance(seed);
      const db = new DatabaseSync(':memory:');
      const model = new SeriesModel();
      let store = openSqliteStore(db);
      let now = START;
      const hours = 6;
      for (let step = 0; step < 60; step += 1) {
        const points = Array.from({ length: 1 + Math.floor(chance() * 30) }, () => randomPoint(chance, hours));
        await store.write(points);
        model.write(points);
        now += Math.floor(chance() * 20) * MINUTE;
        if (chance() < 0.6) await maintainAll(store, now);
        if (chance() < 0.15) store = openSqliteStore(db);
        if (step % 10 !== 9) continue;
        for (const query of queries(chance, hours))
          t.same(await answer(store, query), model.query(query), `bucket ${query.bucketMs ?? 'none'}`);
      }
      await maintainAll(store, now + 3 * 86_400_000);
      t.equal((await store.usage()).windowsWaiting, 0);
      for (const query of queries(chance, hours))
        t.same(await answer(store, query), model.query(query), `rolled up, bucket ${query.bucketMs ?? 'none'}`);
      const latest = await store.latest('ping', {});
      for (const point of latest)
        t.same(point.fields, model.points().find((one) => keyOf(one) === keyOf(point) && one.at === point.at)?.fields);
      t.equal(latest.length, 4);
    },
  );

/** Dies at a statement: before it or after it took effect, and everything from then on throws, as it would for a process that is gone. */
const cutDb = (db: DatabaseSync, at: number): { readonly db: Db; readonly isDead: () => boolean } => {
  let steps = 0;
  let dead = false;
  const stepped = <T>(work: () => T): T => {
    if (dead) throw new Error('dead');
    if (steps++ === at) {
      dead = true;
      if (at % 2 === 0) work();
      throw new Error('dead');
    }
    return work();
  };
  return {
    isDead: () => dead,
    db: {
      exec: (sql) => stepped(() => db.exec(sql)),
      prepare(sql) {
        const statement = db.prepare(sql);
        return {
          run: (...values) => stepped(() => statement.run(...values)),
          get: (...values) => stepped(() => statement.get(...values)),
          all: (...values) => stepped(() => statement.all(...values)),
        };
      },
      close: () => {},
    },
  };
};

t.test(
  'embedded store: killed at any statement of writing, sealing, sorting, joining or rolling up, it has what it said it had, once',
  async (t) => {
    const script = makeScript();
    let cuts = 0;
    for (let at = 0; ; at += 1) {
      const raw = new DatabaseSync(':memory:');
      const model = new SeriesModel();
      const { db, isDead } = cutDb(raw, at);
      const rest = [...script];
      try {
        const store = openSqliteStore(db);
        for (let step = rest[0]; step !== undefined; step = rest[0]) {
          if (step.write !== undefined) await store.write(step.write);
          if (step.write !== undefined) model.write(step.write);
          if (step.maintainAt !== undefined) await maintainAll(store, step.maintainAt);
          rest.shift();
        }
      } catch (error) {
        if (!isDead()) throw error;
      }
      if (!isDead()) break;
      cuts += 1;
      if (raw.isTransaction) raw.exec('ROLLBACK');
      const again = openSqliteStore(raw);
      // What was being written may be there or not, never a part of it.
      const inFlight = model.copy();
      inFlight.write(rest[0]?.write ?? []);
      const everything: SeriesQuery = { measurement: 'ping', tags: {}, fields: [{ field: 'lost', aggregate: 'sum' }], from: 0, to: 1e15 };
      const found = JSON.stringify(await answer(again, everything));
      if (![model, inFlight].some((expected) => JSON.stringify(expected.query(everything)) === found))
        t.same(JSON.parse(found), model.query(everything), `cut at statement ${at}`);
      for (const { write, maintainAt } of rest) {
        if (write !== undefined) await again.write(write);
        if (write !== undefined) model.write(write);
        if (maintainAt !== undefined) await maintainAll(again, maintainAt);
      }
      const hourly = { ...everything, bucketMs: HOUR };
      if (JSON.stringify(await answer(again, hourly)) !== JSON.stringify(model.query(hourly)))
        t.same(await answer(again, hourly), model.query(hourly), `roll-ups after a cut at statement ${at}`);
    }
    t.ok(cuts > 100, `${cuts} cuts`);
  },
);

/** A day in steps of ten minutes with late rounds; each step is sealed, so that groups are sorted and, at the end, joined. */
const makeScript = (): { readonly write?: readonly Point[]; readonly maintainAt?: number }[] => {
  const point = (agent: string, at: number, lost: number): Point => ({
    measurement: 'ping',
    tags: { agent, host: agent, task: 'gw/icmp' },
    at,
    fields: { lost, average_response_ms: lost / 4, rtt_sketch: encodeSketch(makeSketch([1 + lost])) },
  });
  const steps = Array.from({ length: 14 }, (_, i) => {
    const at = START + i * 10 * MINUTE;
    const late = i % 5 === 4 ? [point('a', at - 2 * HOUR, 9), point('a', at - 2 * HOUR + 1, 8)] : [];
    return [{ write: [point('a', at, i % 5), point('b', at + 1, i % 3), ...late] }, { maintainAt: at }, { maintainAt: at + 6 * MINUTE }];
  });
  return [...steps.flat(), { maintainAt: START + 5 * 24 * HOUR }];
};
