import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { openInfluxStore } from '../../../controller/series/influx/store.ts';
import type { Point } from '../../../controller/series/store.ts';
import { systemClock } from '../../../protocol/time.ts';
import { type Influxd, influxdMissing, startInfluxd } from '../../helpers/influxd.ts';

// The newest point of every series, whatever its age: the last hour is read as one list, and what is not in it one by one.

t.setTimeout(60_000);
const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const open = (url: string) => openInfluxStore(InfluxSettings.parse({ url }), { clock: { ...systemClock, now: () => NOW } });
const point = (agent: string, at: number, fields: Point['fields'], tags: Point['tags'] = {}): Point => ({
  measurement: 'ping',
  tags: { agent, task: 'gw/icmp', ...tags },
  at,
  fields,
});
const shown = (points: readonly Point[]): string[] =>
  points.map(({ tags, at, fields }) => `${Object.values(tags).join(' ')}, ${(at - NOW) / MINUTE}m: ${JSON.stringify(fields)}`);

t.test('latest in InfluxDB', { skip: influxdMissing }, async (t) => {
  await using influxd = await startInfluxd();

  await t.test('is the newest point with any of the fields, of today or a year ago, in the order of the tags', async (t) => {
    await using store = open(influxd.url);
    await store.write([
      point('c', NOW - 2 * MINUTE, { ttl: 1, lost: 1 }),
      point('c', NOW - MINUTE, { ttl: 2 }),
      point('c', NOW, { other: 3 }),
      point('b', NOW - 400 * DAY, { ttl: 3 }),
      point('b', NOW - 401 * DAY, { ttl: 4 }),
      point('a', NOW - 5 * DAY, { lost: 5 }, { site: 'ams' }),
      point('a', NOW - 3 * MINUTE, { ttl: 6 }),
      point('d', NOW, { other: 7 }),
      point('e', NOW + DAY, { ttl: 8 }), // a clock that goes wrong
    ]);

    t.same(shown(await store.latest('ping', {}, ['lost', 'ttl'])), [
      'a ams gw/icmp, -7200m: {"lost":5}',
      'a gw/icmp, -3m: {"ttl":6}',
      'b gw/icmp, -576000m: {"ttl":3}',
      'c gw/icmp, -1m: {"ttl":2}',
      'e gw/icmp, 1440m: {"ttl":8}',
    ]);
    t.same(shown(await store.latest('ping', { site: [''], agent: ['a', 'b'] }, ['ttl'])), [
      'a gw/icmp, -3m: {"ttl":6}',
      'b gw/icmp, -576000m: {"ttl":3}',
    ]);
    t.same(await store.latest('never', {}, ['ttl']), []);
  });

  await t.test('is found of series that many points of others came after, and of new ones of others', async (t) => {
    await using store = open(influxd.url);
    await store.write([
      point('slow', NOW - 30 * MINUTE, { n: 1 }),
      ...Array.from({ length: 500 }, (_, i) => point('fast', NOW - 500_000 + i * 1_000, { n: i })),
    ]);
    const newest = async (): Promise<string[]> => shown(await store.latest('ping', {}, ['n']));

    t.same(await newest(), ['fast gw/icmp, -0.016666666666666666m: {"n":499}', 'slow gw/icmp, -30m: {"n":1}']);
    await using other = open(influxd.url);
    await other.write([point('later', NOW - MINUTE, { n: 9 }, { rack: 'r 1' })]);
    t.match(await newest(), [/^fast/, 'later r 1 gw/icmp, -1m: {"n":9}', /^slow/]);
  });

  await t.test('has a field whose name a tag has too', async (t) => {
    await using store = open(influxd.url);
    await store.write([{ measurement: 'disk', tags: { agent: 'a', mode: 'rw' }, at: NOW, fields: { mode: 3, used: 1 } }]);

    t.match(await store.latest('disk', {}, ['used']), [{ tags: { agent: 'a', mode: 'rw' }, fields: { used: 1 } }]);
    t.equal((await store.latest('disk', {}, ['used', 'mode'])).length, 1);
  });

  await t.test('comes from a server that answers in many parts, or in one', async (t) => {
    const many = Array.from({ length: 2_500 }, (_, i) => point(`m${i}`, NOW - i, { many: i }));
    await using store = open(influxd.url);
    await store.write(many);
    const asked: string[] = [];
    await using between = await startBetween(influxd, asked);
    await using whole = open(between.url);

    const inParts = await store.latest('ping', {}, ['many']);
    t.equal(inParts.length, 2_500);
    t.ok(inParts.every(({ tags, fields }) => tags['agent'] === `m${String(fields['many'])}`));
    t.same(await whole.latest('ping', {}, ['many']), inParts);
    t.equal(asked.filter((q) => q.startsWith('SELECT')).length, 2, 'the list of all, and one by one the series of the tests before');
    await influxd.kill('SIGKILL');
    await t.rejects(store.latest('ping', {}, ['many']), { name: 'InfluxFailure', kind: 'unreachable' });
  });
});

/** Knows no answers in parts. */
const startBetween = async ({ url }: Influxd, asked: string[]): Promise<AsyncDisposable & { readonly url: string }> => {
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    asked.push(form.get('q') ?? '');
    form.delete('chunked');
    const isPost = request.method === 'POST';
    const answer = await fetch(`${url}${request.url}`, { method: request.method ?? 'GET', ...(isPost ? { body: form } : {}) });
    response.writeHead(answer.status, { 'x-influxdb-version': '1.6.7' });
    response.end((await answer.text()).trim());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
