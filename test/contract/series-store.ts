import t from 'tap';
import type { Point, SeriesStore } from '../../controller/series/store.ts';
import { decodeSketch, encodeSketch, makeSketch, quantileOf } from '../../protocol/sketch.ts';

const tags = (agent: string, task: string): Record<string, string> => ({ agent, host: agent, task });
const point = (agent: string, at: number, fields: Point['fields'], task = 'gw/icmp'): Point => ({
  measurement: 'ping',
  tags: tags(agent, task),
  at,
  fields,
});

/** What every series store promises; `open` gives an empty one. */
export const describeSeriesStore = (name: string, open: () => Promise<SeriesStore>): void => {
  t.test(`${name}: gives back every point as it was written, in the order of time`, async (t) => {
    await using store = await open();
    await store.write([point('b', 2_000, { ttl: 64, average_response_ms: 1, address: 'x' }), point('b', 1_000, { ttl: 63 })]);

    const [series, ...more] = await store.query({
      measurement: 'ping',
      tags: { agent: ['b'] },
      fields: [
        { field: 'ttl', aggregate: 'last' },
        { field: 'average_response_ms', aggregate: 'last' },
        { field: 'address', aggregate: 'last' },
        { field: 'never_written', aggregate: 'last' },
      ],
      from: 0,
      to: 10_000,
    });

    t.same(more, []);
    t.same(series, {
      tags: tags('b', 'gw/icmp'),
      rows: [
        [1_000, 63, null, null, null],
        [2_000, 64, 1, 'x', null],
      ],
    });
  });

  t.test(`${name}: the same series and time again replaces by field and doubles nothing`, async (t) => {
    await using store = await open();
    await store.write([point('a', 1_000, { ttl: 1, lost: 2 })]);
    await store.write([point('a', 1_000, { ttl: 5, late: 7 }), point('a', 1_000, { late: 8 })]);

    t.same(await store.latest('ping', {}), [
      { measurement: 'ping', tags: tags('a', 'gw/icmp'), at: 1_000, fields: { ttl: 5, lost: 2, late: 8 } },
    ]);
  });

  t.test(`${name}: a range begins with its start and ends before its end`, async (t) => {
    await using store = await open();
    await store.write([10, 20, 30].map((at) => point('a', at, { ttl: at })));
    const read = async (from: number, to: number): Promise<unknown> =>
      (await store.query({ measurement: 'ping', tags: {}, fields: [{ field: 'ttl', aggregate: 'last' }], from, to })).flatMap(({ rows }) =>
        rows.map(([at]) => at),
      );

    t.same(await read(10, 30), [10, 20]);
    t.same(await read(11, 31), [20, 30]);
    t.same(await read(31, 99), []);
  });

  t.test(`${name}: filters by tags, several values of one key, and keeps the order of the tags`, async (t) => {
    await using store = await open();
    await store.write([
      point('c', 1, { ttl: 3 }),
      point('a', 1, { ttl: 1 }),
      point('b', 1, { ttl: 2 }),
      point('a', 1, { ttl: 9 }, 'dns/icmp'),
    ]);
    const agents = async (wanted: Record<string, readonly string[]>): Promise<unknown> =>
      (await store.latest('ping', wanted)).map((found) => `${found.tags['agent']} ${found.tags['task']}`);

    t.same(await agents({ agent: ['a', 'c'], task: ['gw/icmp'] }), ['a gw/icmp', 'c gw/icmp']);
    t.same(await agents({ agent: ['nobody'] }), []);
    t.same(await agents({ site: ['ams'] }), []);
    t.same(await agents({}), ['a dns/icmp', 'a gw/icmp', 'b gw/icmp', 'c gw/icmp']);
    t.same(await store.latest('other', {}), []);
  });

  t.test(`${name}: buckets begin at whole multiples, leave out what is empty, and aggregate each field its own way`, async (t) => {
    await using store = await open();
    const values = [4, 1, 7, 2];
    await store.write(values.map((value, i) => point('a', [1_000, 1_500, 1_999, 3_000][i] ?? 0, { value, text: `t${value}` })));
    const ask = (aggregate: 'last' | 'mean' | 'min' | 'max' | 'sum' | 'count') => ({ field: 'value', aggregate });

    const [series] = await store.query({
      measurement: 'ping',
      tags: {},
      fields: [ask('last'), ask('mean'), ask('min'), ask('max'), ask('sum'), ask('count'), { field: 'text', aggregate: 'last' }],
      from: 0,
      to: 10_000,
      bucketMs: 1_000,
    });

    t.same(series?.rows, [
      [1_000, 7, 4, 1, 7, 12, 3, 't7'],
      [3_000, 2, 2, 2, 2, 2, 1, 't2'],
    ]);
  });

  t.test(`${name}: sketches of a bucket merge, so that its percentile is that of all the packets`, async (t) => {
    await using store = await open();
    const low = Array.from({ length: 90 }, () => 10);
    const high = Array.from({ length: 10 }, () => 500);
    await store.write([
      point('a', 1, { rtt_sketch: encodeSketch(makeSketch(low)) }),
      point('a', 2, { rtt_sketch: encodeSketch(makeSketch(high)) }),
    ]);

    const [series] = await store.query({
      measurement: 'ping',
      tags: {},
      fields: [{ field: 'rtt_sketch', aggregate: 'sketch' }],
      from: 0,
      to: 1_000,
      bucketMs: 1_000,
    });

    const merged = decodeSketch(String(series?.rows[0]?.[1]));
    t.ok(merged.ok);
    if (!merged.ok) return;
    t.ok(Math.abs((quantileOf(merged.value, 0.9) ?? 0) - 10) < 0.1);
    t.ok(Math.abs((quantileOf(merged.value, 0.95) ?? 0) - 500) < 5);
  });

  t.test(`${name}: a limit keeps the first rows of each series`, async (t) => {
    await using store = await open();
    await store.write([1, 2, 3].flatMap((at) => [point('a', at, { ttl: at }), point('b', at, { ttl: at })]));
    const query = { measurement: 'ping', tags: {}, fields: [{ field: 'ttl', aggregate: 'last' as const }], from: 0, to: 9, limit: 2 };

    const read = async (bucketMs?: number): Promise<unknown> =>
      (await store.query(bucketMs === undefined ? query : { ...query, bucketMs })).map(({ rows }) => rows.map(([at]) => at));
    t.same(await read(), [
      [1, 2],
      [1, 2],
    ]);
    t.same(await read(1), [
      [1, 2],
      [1, 2],
    ]);
  });

  t.test(`${name}: a write is all or nothing, and a field never changes its type`, async (t) => {
    await using store = await open();
    await store.write([point('a', 1, { ttl: 64, average_response_ms: 2 })]);

    await t.rejects(store.write([point('a', 2, { ttl: 64 }), point('b', 2, { ttl: 'sixty-four' }), point('n', 2, { fresh: 1 })]), /ttl/);
    await t.rejects(store.write([point('a', 3, { ttl: 1.5 })]), /not an integer/, 'an integer field takes no fraction');
    await t.rejects(store.write([point('a', 3, { average_response_ms: Number.NaN })]), /NaN/);

    t.same(
      (await store.latest('ping', {})).map(({ at }) => at),
      [1],
      'nothing of a refused write is there',
    );
    await store.write([point('n', 5, { fresh: 'now a text' })]);
    t.same(
      (await store.latest('ping', { agent: ['n'] })).map(({ fields }) => fields),
      [{ fresh: 'now a text' }],
    );
    await store.write([point('b', 6, { ttl: 60 })]);
    t.match(
      await store.latest('ping', { agent: ['b'] }),
      [{ at: 6, fields: { ttl: 60 } }],
      'a series whose first write was refused is none the worse',
    );
  });

  t.test(`${name}: deleting what is old counts points, keeps the rest, and a series comes back when it is written again`, async (t) => {
    await using store = await open();
    await store.write([point('a', 1, { ttl: 1 }), point('a', 5, { ttl: 5 }), point('b', 2, { ttl: 2 })]);

    t.equal(await store.deleteBefore(5), 2);

    t.same(
      (await store.latest('ping', {})).map(({ tags: of, at }) => [of['agent'], at]),
      [['a', 5]],
    );
    await store.write([point('b', 9, { ttl: 9 })]);
    t.same(
      (await store.latest('ping', { agent: ['b'] })).map(({ at }) => at),
      [9],
    );
    t.equal(await store.deleteBefore(0), 0);
    t.ok((await store.sizeBytes()) > 0);
  });

  t.test(`${name}: series come in pages, and the newest points with the fields that are wanted`, async (t) => {
    await using store = await open();
    await store.write(['a', 'b', 'c', 'd'].map((agent) => point(agent, 1, { ttl: 1, lost: 2 })));
    const query = { measurement: 'ping', tags: {}, fields: [{ field: 'ttl', aggregate: 'last' as const }], from: 0, to: 9 };

    const agents = async (page: { seriesOffset?: number; seriesLimit?: number }): Promise<unknown> =>
      (await store.query({ ...query, ...page })).map((series) => series.tags['agent']);
    t.same(await agents({ seriesLimit: 2 }), ['a', 'b']);
    t.same(await agents({ seriesOffset: 2, seriesLimit: 2 }), ['c', 'd']);
    t.same(await agents({ seriesOffset: 4 }), []);
    t.same(
      (await store.listSeries('ping', { agent: ['b', 'd'] })).map(({ agent }) => agent),
      ['b', 'd'],
    );
    t.same(
      (await store.latest('ping', { agent: ['c'] }, ['lost', 'never_written'])).map(({ fields }) => fields),
      [{ lost: 2 }],
    );
  });

  t.test(`${name}: tells what there is to ask for`, async (t) => {
    await using store = await open();
    t.same(await store.describe(), []);
    await store.write([point('b', 1, { ttl: 1, address: 'x', average_response_ms: 2 }), point('a', 1, { ttl: 2 })]);

    t.same(await store.describe(), [
      {
        measurement: 'ping',
        series: 2,
        fields: [
          { field: 'address', type: 'string' },
          { field: 'average_response_ms', type: 'float' },
          { field: 'ttl', type: 'int' },
        ],
        tags: [
          { tag: 'agent', values: ['a', 'b'] },
          { tag: 'host', values: ['a', 'b'] },
          { tag: 'task', values: ['gw/icmp'] },
        ],
      },
    ]);
  });

  t.test(`${name}: a series that goes on for weeks is counted once`, async (t) => {
    await using store = await open();
    const WEEK = 7 * 86_400_000;
    const weeks = [0, 1, 2, 3, 4].map((week) => Date.now() - week * WEEK);
    await store.write(weeks.flatMap((at) => ['a', 'b', 'c'].map((agent) => ({ ...point(agent, 1, { ttl: 1 }), at }))));
    t.match(await store.describe(), [{ measurement: 'ping', series: 3 }]);
  });

  t.test(`${name}: a scan gives every raw point once, in pages`, async (t) => {
    await using store = await open();
    const written = ['a', 'b', 'c'].flatMap((agent) => [1, 2, 3, 4, 5].map((at) => point(agent, at, { ttl: at, address: agent })));
    await store.write(written);

    const found: Point[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const { points, next }: Awaited<ReturnType<SeriesStore['scan']>> = await store.scan({ from: 2, to: 5, after, limit: 4 });
      found.push(...points);
      after = next;
      pages += 1;
    } while (after !== null && pages < 20);

    const key = ({ tags: of, at }: Point): string => `${of['agent']} ${at}`;
    t.same(
      found.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
      written.filter(({ at }) => at >= 2 && at < 5),
    );
    t.ok(pages > 1);
  });
};
