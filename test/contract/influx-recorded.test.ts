import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { InfluxSettings } from '../../controller/series/influx/settings.ts';
import { type InfluxStore, openInfluxStore } from '../../controller/series/influx/store.ts';
import { PointsRefused } from '../../controller/series/refused.ts';
import type { Point, Retention } from '../../controller/series/store.ts';
import { openState } from '../../controller/state/database.ts';
import { rollUpNotes } from '../../controller/storage/rollup-notes.ts';
import { systemClock } from '../../protocol/time.ts';
import { freePort } from '../helpers/free-port.ts';
import { type Recorded, startRecordedServer } from '../helpers/recorded-server.ts';

// InfluxDB 2.x and 3.x cannot run here: these answers are written down from their documentation (docs.influxdata.com, /api/v2, /api/v3).

const points = (...values: readonly (number | string)[]): Point[] =>
  values.map((value, i) => ({ measurement: 'ping', tags: { agent: 'a' }, at: 1_800_000_000_000 + i, fields: { value } }));
const open = (url: string, change: object = {}): InfluxStore =>
  openInfluxStore(InfluxSettings.parse({ url, token: 'T0ken', org: 'noc', ...change }), {
    clock: systemClock,
    timeoutMs: 2_000,
    notes: rollUpNotes(openState(new DatabaseSync(':memory:')), url),
  });
/** Two points of one hour, rolled up. */
const rollUp = async (store: InfluxStore): Promise<void> => {
  const DAY = 86_400_000;
  const retention: Retention = { raw: 90 * DAY, '1m': 180 * DAY, '5m': 400 * DAY, '1h': 1_830 * DAY };
  await store.write(points(1, 2.5));
  for (let more = true; more; ) ({ more } = await store.maintain({ now: 1_800_000_000_000 + 7_200_000, retention }));
};
const POINTS: Recorded = {
  method: 'POST',
  path: /^\/query/,
  status: 200,
  body: '{"results":[{"statement_id":0,"series":[{"name":"ping","tags":{"agent":"a"},"columns":["time","value"],"values":[[1800000000000,1],[1800000000001,2.5]]}]}]}',
};
const HOUR_WINDOW = 'ping,agent=a value=2.5,value:count=2i,value:sum=3.5,value:min=1,value:max=2.5 1800000000000000';
const refusedBy = async (work: Promise<unknown>): Promise<PointsRefused> => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PointsRefused)) throw new Error(`not refused: ${String(error)}`);
  return error;
};

const PING_2: Recorded = {
  method: 'GET',
  path: /^\/ping$/,
  status: 204,
  headers: { 'x-influxdb-version': 'v2.7.11', 'x-influxdb-build': 'OSS' },
};
const FIELD_KEYS: Recorded = {
  method: 'POST',
  path: /^\/query/,
  status: 200,
  body: '{"results":[{"statement_id":0,"series":[{"name":"ping","columns":["fieldKey","fieldType"],"values":[["value","float"]]}]}]}',
};
const BUCKET: Recorded = {
  method: 'GET',
  path: /^\/api\/v2\/buckets\?name=telegraf&org=noc$/,
  status: 200,
  body: '{"buckets":[{"id":"0a","orgID":"0b","type":"user","name":"telegraf","retentionRules":[{"type":"expire","everySeconds":7776000}]}]}',
};
const WRITE_2 = /^\/api\/v2\/write\?org=noc&bucket=telegraf&precision=us$/;
const written = (status: number, body = ''): Recorded => ({ method: 'POST', path: WRITE_2, status, body });

t.test(
  'influx 2.x, recorded: the version by /ping, the bucket with its retention, and lines to /api/v2/write with the token',
  async (t) => {
    await using server = await startRecordedServer([PING_2, BUCKET, FIELD_KEYS, written(204)]);
    await using store = open(server.url);
    await store.write(points(1, 2.5));

    const write = server.came.find(({ path }) => WRITE_2.test(path));
    t.equal(write?.body, 'ping,agent=a value=1 1800000000000000\nping,agent=a value=2.5 1800000000001000');
    t.equal(write?.authorization, 'Token T0ken');
    t.match(store.state(), { version: '2.7.11', major: 2, phase: 'ok', retentionMs: 7_776_000_000, pointsWritten: 2 });
  },
);

t.test('influx 2.x, recorded: a bucket that is not there is made, with its retention', async (t) => {
  await using server = await startRecordedServer([
    PING_2,
    { method: 'GET', path: /^\/api\/v2\/buckets/, status: 404, body: '{"code":"not found","message":"bucket \\"telegraf\\" not found"}' },
    { method: 'GET', path: /^\/api\/v2\/orgs\?org=noc$/, status: 200, body: '{"orgs":[{"id":"0b","name":"noc"}]}' },
    { method: 'POST', path: /^\/api\/v2\/buckets$/, status: 201, body: '{"id":"0a","name":"telegraf"}' },
    FIELD_KEYS,
    written(204),
  ]);
  await using store = open(server.url, { retentionDays: 30 });
  await store.write(points(1));

  const made = server.came.find(({ method, path }) => method === 'POST' && path === '/api/v2/buckets');
  t.same(JSON.parse(made?.body ?? ''), { orgID: '0b', name: 'telegraf', retentionRules: [{ type: 'expire', everySeconds: 2_592_000 }] });
});

t.test('influx 2.x, recorded: whoever may not make the bucket is told what to type, and nothing is lost', async (t) => {
  const forbidden = { status: 403, body: '{"code":"forbidden","message":"insufficient permissions"}' };
  await using server = await startRecordedServer([
    PING_2,
    { method: 'GET', path: /^\/api\/v2\/buckets/, ...forbidden },
    { method: 'POST', path: /^\/query/, ...forbidden },
    written(404, '{"code":"not found","message":"bucket \\"telegraf\\" not found"}'),
  ]);
  await using store = open(server.url);

  await t.rejects(store.write(points(1)), /InfluxDB answered 404, bucket "telegraf" not found/);
  t.match(store.state(), {
    phase: 'missing',
    commands: [
      /^influx bucket create --host http\S+ --name telegraf --org noc$/,
      /^influx v1 dbrp create .*--db telegraf/,
      /^influx auth create .*--org noc/,
    ],
  });
  server.answer([PING_2, BUCKET, FIELD_KEYS, written(204)]);
  await store.write(points(1));
  t.match(store.state(), { phase: 'ok', message: null, commands: [] });
});

t.test('influx 2.x, recorded: a type conflict is learned from the first answer and names the points', async (t) => {
  const message =
    'failure writing points to database: partial write: field type conflict: input field \\"value\\" on measurement \\"ping\\" is type string, already exists as type float dropped=1';
  await using server = await startRecordedServer([
    PING_2,
    BUCKET,
    { ...FIELD_KEYS, status: 403, body: '{"message":"no"}' },
    written(422, `{"code":"unprocessable entity","message":"${message}"}`),
  ]);
  await using store = open(server.url);
  const one = store.write(points('text'));
  const { refused, othersStored } = await refusedBy(one);

  t.match(refused, [{ reason: 'ping.value is of type float there' }]);
  t.equal(othersStored, true);
  server.answer([written(204)]);
  t.equal((await refusedBy(store.write(points('again', 2)))).othersStored, false, 'the second time it does not even ask');
});

t.test('influx 2.x, recorded: 401, 429 and 503 are states, not losses', async (t) => {
  await using server = await startRecordedServer([
    PING_2,
    BUCKET,
    FIELD_KEYS,
    written(401, '{"code":"unauthorized","message":"unauthorized access"}'),
  ]);
  await using store = open(server.url);
  await t.rejects(store.write(points(1)), /401, unauthorized access: check user and password, or the token/);
  t.match(store.state(), { phase: 'unauthorised' });
  for (const [status, phase] of [
    [429, 'busy'],
    [503, 'busy'],
    [500, 'failing'],
  ] as const) {
    server.answer([PING_2, BUCKET, FIELD_KEYS, written(status, '{"code":"x","message":"later"}')]);
    await t.rejects(store.write(points(1)), new RegExp(`${status}, later`));
    t.match(store.state(), { phase });
  }
});

const PING_3: Recorded = {
  method: 'GET',
  path: /^\/ping$/,
  status: 200,
  headers: { 'x-influxdb-version': '3.2.1', 'x-influxdb-build': 'Core' },
  body: '{"version":"3.2.1","revision":"d4f7c2a","process_id":"x"}',
};
const DATABASES_3: Recorded = {
  method: 'GET',
  path: /^\/api\/v3\/configure\/database\?format=json$/,
  status: 200,
  body: '[{"iox::database":"_internal"}]',
};
const WRITE_3 = /^\/api\/v2\/write\?bucket=telegraf&precision=us$/;

t.test('influx 3.x, recorded: the database is made with its retention, and lines go to the compatible /api/v2/write', async (t) => {
  await using server = await startRecordedServer([
    PING_3,
    DATABASES_3,
    { method: 'POST', path: /^\/api\/v3\/configure\/database$/, status: 200 },
    { method: 'POST', path: /^\/query/, status: 200, body: '{"results":[{"statement_id":0}]}' },
    { method: 'POST', path: WRITE_3, status: 204 },
  ]);
  await using store = open(server.url, { org: '', retentionDays: 90 });
  await store.write(points(1));

  const made = server.came.find(({ method, path }) => method === 'POST' && path === '/api/v3/configure/database');
  t.same(JSON.parse(made?.body ?? ''), { db: 'telegraf', retention_period: '90d' });
  t.match(store.state(), { version: '3.2.1', major: 3, phase: 'ok' });
});

t.test('influx 3.x, recorded: a partial write names its lines, and the others are in', async (t) => {
  const data = [{ original_line: 'ping,agent=a value="text" 18', line_number: 2, error_message: "invalid column type for column 'value'" }];
  await using server = await startRecordedServer([
    PING_3,
    { ...DATABASES_3, body: '[{"iox::database":"telegraf"}]' },
    { method: 'POST', path: /^\/query/, status: 200, body: '{"results":[{"statement_id":0}]}' },
    { method: 'POST', path: WRITE_3, status: 400, body: JSON.stringify({ error: 'partial write of line protocol occurred', data }) },
  ]);
  await using store = open(server.url, { org: '' });
  const writing = store.write(points(1, 'text', 3));
  await new Promise((resolve) => setImmediate(resolve));
  while (!server.came.some(({ path }) => WRITE_3.test(path))) await new Promise((resolve) => setImmediate(resolve));
  server.answer([{ method: 'POST', path: WRITE_3, status: 204 }]);
  const { refused, othersStored } = await refusedBy(writing);

  t.same(
    refused.map(({ point, reason }) => [point.fields, reason]),
    [[{ value: 'text' }, "invalid column type for column 'value'"]],
  );
  t.ok(othersStored);
  t.equal(server.came.at(-1)?.body, 'ping,agent=a value=1 1800000000000000\nping,agent=a value=3 1800000000002000');
});

t.test('influx, recorded: what is no InfluxDB is told, and so is an address that leads nowhere', async (t) => {
  await using server = await startRecordedServer([{ method: 'GET', path: /^\/ping$/, status: 200, body: 'hello' }]);
  await using store = open(server.url);
  await t.rejects(store.write(points(1)), /tells no version of InfluxDB/);
  const url = `http://127.0.0.1:${await freePort()}`;
  await using lost = open(url);
  await t.rejects(lost.write(points(1)), new RegExp(`ping: ${url} cannot be reached \\(ECONNREFUSED\\)`));
  t.match(lost.state(), { phase: 'unreachable' });
});

t.test('influx 2.x, recorded: roll-ups lie in buckets named DATABASE/POLICY; one that keeps them too long is changed', async (t) => {
  const bucketOf = (tier: string, everySeconds: number): Recorded => ({
    method: 'GET',
    path: new RegExp(`^/api/v2/buckets\\?name=telegraf_rollups%2F${tier}&org=noc$`),
    status: 200,
    body: JSON.stringify({
      buckets: [{ id: `id-${tier}`, name: `telegraf_rollups/${tier}`, retentionRules: [{ type: 'expire', everySeconds }] }],
    }),
  });
  await using server = await startRecordedServer([
    PING_2,
    BUCKET,
    bucketOf('1m', 180 * 86_400),
    bucketOf('5m', 86_400),
    { method: 'PATCH', path: /^\/api\/v2\/buckets\/id-5m$/, status: 200, body: '{}' },
    { method: 'GET', path: /^\/api\/v2\/buckets\?name=telegraf_rollups%2F1h/, status: 200, body: '{"buckets":[]}' },
    { method: 'GET', path: /^\/api\/v2\/orgs\?org=noc$/, status: 200, body: '{"orgs":[{"id":"0b","name":"noc"}]}' },
    { method: 'POST', path: /^\/api\/v2\/buckets$/, status: 201, body: '{"id":"id-1h","name":"telegraf_rollups/1h"}' },
    POINTS,
    written(204),
    { method: 'POST', path: /^\/api\/v2\/write\?org=noc&bucket=telegraf_rollups%2F(1m|5m|1h)&precision=us$/, status: 204 },
  ]);
  await using store = open(server.url);
  await rollUp(store);

  const bodyOf = (method: string, path: string): unknown =>
    JSON.parse(server.came.find((one) => one.method === method && one.path === path)?.body ?? '');
  t.same(bodyOf('PATCH', '/api/v2/buckets/id-5m'), { retentionRules: [{ type: 'expire', everySeconds: 400 * 86_400 }] });
  t.match(bodyOf('POST', '/api/v2/buckets'), { name: 'telegraf_rollups/1h', retentionRules: [{ everySeconds: 1_830 * 86_400 }] });
  const windows = server.came
    .filter(({ path }) => path.includes('bucket=telegraf_rollups'))
    .map(({ path, body }) => [/%2F(\w+)/.exec(path)?.[1], body]);
  t.same(windows.slice(0, 3), [
    ['1m', HOUR_WINDOW],
    ['5m', HOUR_WINDOW],
    ['1h', HOUR_WINDOW],
  ]);
  t.match(store.state().rollUps, { database: 'telegraf_rollups', hoursWaiting: 0, message: null, commands: [] });
});

t.test('influx 3.x, recorded: roll-ups lie in databases named DATABASE/POLICY, asked for by these two', async (t) => {
  await using server = await startRecordedServer([
    PING_3,
    DATABASES_3,
    { method: 'POST', path: /^\/api\/v3\/configure\/database$/, status: 200 },
    POINTS,
    { method: 'POST', path: WRITE_3, status: 204 },
    { method: 'POST', path: /^\/api\/v2\/write\?bucket=telegraf_rollups%2F(1m|5m|1h)&precision=us$/, status: 204 },
  ]);
  await using store = open(server.url, { org: '' });
  await rollUp(store);
  const made = server.came.filter(({ path }) => path === '/api/v3/configure/database').map(({ body }) => JSON.parse(body));
  t.same(made.slice(-3), [
    { db: 'telegraf_rollups/1m', retention_period: '180d' },
    { db: 'telegraf_rollups/5m', retention_period: '400d' },
    { db: 'telegraf_rollups/1h', retention_period: '1830d' },
  ]);
  await store.query({
    measurement: 'ping',
    tags: { agent: ['a'] },
    fields: [{ field: 'value', aggregate: 'max' }],
    from: 1_799_996_400_000,
    to: 1_800_000_000_000 + 3_600_000,
    bucketMs: 3_600_000,
  });
  const asked = server.came.filter(({ path }) => path.startsWith('/query')).map(({ body }) => new URLSearchParams(body));
  t.ok(asked.some((form) => form.get('db') === 'telegraf_rollups' && form.get('rp') === '1h' && form.get('q')?.includes('"value:max"')));
});
