import { gzipSync } from 'node:zlib';
import t from 'tap';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { openOrigins } from '../../../controller/origins/origins.ts';
import { openTestController } from '../../helpers/controller.ts';
import { NOW, openTestApi, type TestApi } from '../../helpers/api.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';

// Series from elsewhere, as Telegraf's outputs send them.

const post = (api: TestApi, url: string, payload: string | Buffer, cookie: string, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { host: 'localhost', cookie, 'content-type': 'text/plain; charset=utf-8', ...headers },
  });
const telegraf = (at: number): string =>
  [
    `cpu,host=web1,cpu=cpu-total usage_user=12.5,usage_idle=80 ${at}000000`,
    `mem,host=web1 used_percent=40.5,total=8000000000i ${at}000000`,
    `system,host=web1 load1=0.5,uptime=86400i ${at}000000`,
  ].join('\n');

t.test('elsewhere: Telegraf’s lines are kept apart by who wrote them, gzip and all, and asked for like ours', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const v2 = await post(api, '/api/v2/write?bucket=telegraf&org=noc&precision=ns', gzipSync(telegraf(NOW)), cookie, {
    'content-encoding': 'gzip',
  });
  const v1 = await post(api, '/write?db=telegraf&precision=s', `cpu,host=web2,cpu=cpu-total usage_user=7 ${NOW / 1000}`, cookie);

  t.same([v2.statusCode, v1.statusCode, v2.body], [204, 204, ''], v2.body + v1.body);
  t.match(await api.deps.storage.store.latest('cpu', {}), [
    { tags: { host: 'web1', origin: 'operator' }, at: NOW, fields: { usage_user: 12.5 } },
    { tags: { host: 'web2', origin: 'operator' }, at: NOW },
  ]);
  t.same(await api.deps.origins.list(), [{ origin: 'operator', series: 4 }]);
  t.match(await api.deps.storage.store.latest('mem', {}), [{ fields: { total: 8_000_000_000 } }]);
  await api.stop();
});

t.test('elsewhere: bad lines are named one by one and the good ones are kept', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  await post(api, '/write?precision=ms', `m value=1 ${NOW}`, cookie);
  const answer = await post(
    api,
    '/write?precision=ms',
    [`m value=2 ${NOW + 1}`, 'm value', `m value="text" ${NOW + 2}`, `m value=3 ${NOW + 3}`].join('\n'),
    cookie,
  );

  t.equal(answer.statusCode, 400);
  t.match(answer.json(), {
    code: 'invalid',
    error: /^partial write: 2 of 4 lines refused: line 2: field "value": KEY=VALUE is needed; line 3: m\.value: a text is not a number/,
    lines: [
      { line: 2, reason: /KEY=VALUE/ },
      { line: 3, reason: /a text is not a number/ },
    ],
  });
  const [series] = await api.deps.storage.store.query({
    measurement: 'm',
    tags: {},
    fields: [{ field: 'value', aggregate: 'last' }],
    from: 0,
    to: NOW + 100,
  });
  t.same(
    series?.rows.map(([, value]) => value),
    [1, 2, 3],
  );
  await api.stop();
});

t.test('elsewhere: each writer has a budget of series, and what is over it is refused by name', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const lines = Array.from({ length: 103 }, (_, i) => `m,series=s${i} value=1 ${NOW}`).join('\n');
  const answer = await post(api, '/api/v2/write?precision=ms', lines, cookie);

  t.equal(answer.statusCode, 400);
  t.match(answer.json().lines, [{ line: 101, reason: /over the budget of 100 series for operator/ }, { line: 102 }, { line: 103 }]);
  t.equal(
    (await post(api, '/api/v2/write?precision=ms', `m,series=s5 value=2 ${NOW + 1}`, cookie)).statusCode,
    204,
    'what is known goes on',
  );
  t.equal((await api.deps.storage.store.latest('m', {})).length, 100);
  await api.stop();
});

t.test('elsewhere: how much of the budget is used stands beside the token, and what is not stored uses none', async (t) => {
  const api = await openTestApi();
  const admin = await api.signInAs('admin');
  const { token } = (await api.ask('POST', '/api/v1/api-tokens', { name: 'edge', scope: 'write' }, admin)).json;
  await api.ask('POST', '/api/v1/api-tokens', { name: 'grafana', scope: 'read' }, admin);
  const send = (lines: string) => post(api, '/write?precision=ms', lines, '', { authorization: `Token ${token}` });
  const used = async () => {
    const { tokens } = (await api.ask('GET', '/api/v1/api-tokens', undefined, admin)).json;
    return Object.fromEntries(tokens.map(({ name, series }: { name: string; series: unknown }) => [name, series]));
  };
  await send(`m,a=1 value=1 ${NOW}`);
  t.same(await used(), { edge: { used: 1, budget: 100 }, grafana: null });

  const text = (i: number): string => `m,a=bad${i} value="text" ${NOW}`;
  const lines = Array.from({ length: 90 }, (_, i) => text(i)).join('\n');
  const mixed = await send(`${lines}\nm,a=2 value=1 ${NOW}`);
  t.equal(mixed.statusCode, 400, mixed.body);
  t.match(await used(), { edge: { used: 2 } }, 'refused lines');
  const good = Array.from({ length: 98 }, (_, i) => `m,a=good${i} value=1 ${NOW}`).join('\n');
  t.equal((await send(good)).statusCode, 204, 'the others may have it');
  t.match(await used(), { edge: { used: 100 } });
  t.equal((await send(`m,a=more value=1 ${NOW}`)).statusCode, 400);
  await api.stop();
});

t.test('elsewhere: a store that cannot write now uses no budget', async (t) => {
  const { state, clock, stop } = await openTestController();
  let away = true;
  const write = async () => {
    if (away) throw new Error('away');
  };
  const origins = openOrigins({ store: { write }, state, clock, seriesBudget: 1 });
  await t.rejects(origins.write('o', 'm,a=1 v=1', 'ms'), /away/);
  t.same(await origins.list(), []);
  away = false;
  t.match(await origins.write('o', 'm,a=2 v=1', 'ms'), { stored: 1, bad: [] });
  t.match(await origins.write('o', 'm,a=1 v=1', 'ms'), { bad: [{ line: 1, reason: /budget of 1 series/ }] });
  t.same(await origins.list(), [{ origin: 'o', series: 1 }]);
  await stop();
});

t.test('elsewhere: nobody writes without a right to, and other bodies are refused', async (t) => {
  const api = await openTestApi();
  const viewer = await api.signInAs('viewer');
  const operator = await api.signInAs('operator');
  t.equal((await post(api, '/write', 'm f=1', '')).statusCode, 401);
  t.equal((await post(api, '/write', 'm f=1', viewer)).statusCode, 403);
  t.equal((await post(api, '/write?precision=h', 'm f=1', operator)).statusCode, 400);
  t.equal((await post(api, '/write', 'm f=1', operator, { 'content-encoding': 'br' })).statusCode, 415);
  t.equal((await post(api, '/write', Buffer.from('not gzip'), operator, { 'content-encoding': 'gzip' })).statusCode, 400);
  t.equal(
    (await post(api, '/write', gzipSync(Buffer.alloc(40_000_000, 0x20)), operator, { 'content-encoding': 'gzip' })).statusCode,
    400,
    'a bomb',
  );
  const large = await post(api, '/write', Buffer.alloc(8 * 1024 * 1024 + 1, 0x20), operator);
  t.match([large.statusCode, large.json().error], [413, 'the body may have 8388608 bytes (8192 KiB): send it in parts']);
  const target = await post(api, '/api/v1/targets', Buffer.alloc(256 * 1024 + 1, 0x20), operator, { 'content-type': 'application/json' });
  t.match([target.statusCode, target.json().detail], [413, /262144 bytes/]);
  await api.stop();
});

t.test('elsewhere: what InfluxDB’s clients ask for a sign of life is answered as InfluxDB does', async (t) => {
  const api = await openTestApi();
  const get = (url: string, method: 'GET' | 'HEAD' = 'GET') => api.app.inject({ method, url, headers: { host: 'localhost' } });
  const ping = await get('/ping', 'HEAD');
  t.match([ping.statusCode, ping.headers['x-influxdb-version']], [204, /^1\.8/]);
  t.equal((await get('/ping')).statusCode, 204);
  t.match((await get('/ping?verbose=true')).json(), { version: /^1\.8/ });
  const health = await get('/health');
  t.match([health.statusCode, health.json()], [200, { name: 'influxdb', status: 'pass', message: 'ready for writes', version: /^1\.8/ }]);
  const query = await get('/query?q=SHOW%20DATABASES');
  t.match([query.statusCode, query.headers['content-type']], [404, /problem\+json/], 'no page of the web admin');
  await api.stop();
});

/** What outputs.influxdb of Telegraf sends: the database in a form, then lines, each with the login that it has. */
const asTelegraf = async (api: TestApi, login: { readonly header?: string; readonly query?: string }) => {
  const authorization = login.header === undefined ? {} : { authorization: login.header };
  const query = login.query === undefined ? '' : `&${login.query}`;
  const created = await post(api, `/query?${query}`, 'q=CREATE+DATABASE+%22telegraf%22', '', {
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'Telegraf/1.36.0',
    ...authorization,
  });
  const written = await post(api, `/write?consistency=any&db=telegraf${query}`, gzipSync(telegraf(NOW)), '', {
    'content-encoding': 'gzip',
    'user-agent': 'Telegraf/1.36.0',
    ...authorization,
  });
  return { created, written, codes: [created.statusCode, written.statusCode] };
};

t.test('elsewhere: Telegraf’s outputs.influxdb as it is, and a login in the address as 1.x takes it', async (t) => {
  const api = await openTestApi();
  const admin = await api.signInAs('admin');
  const { token } = (await api.ask('POST', '/api/v1/api-tokens', { name: 'edge', scope: 'write' }, admin)).json;
  const basic = await asTelegraf(api, { header: `Basic ${Buffer.from(`telegraf:${token}`).toString('base64')}` });
  t.same([basic.codes, basic.created.json()], [[200, 204], { results: [{ statement_id: 0 }] }]);
  t.same((await asTelegraf(api, { query: `u=telegraf&p=${token}` })).codes, [200, 204]);
  t.same(await api.deps.origins.list(), [{ origin: 'edge', series: 3 }]);

  const refused = await asTelegraf(api, { query: 'u=telegraf&p=worthless' });
  t.same(refused.codes, [401, 401]);
  t.match(refused.written.json(), { status: 401, error: /API token/, message: /API token/ }, 'Telegraf logs "error"');
  t.notMatch(refused.written.body, 'worthless');
  t.equal((await post(api, '/query', 'q=DROP+DATABASE+x', admin, { 'content-type': 'application/x-www-form-urlencoded' })).statusCode, 400);
  t.equal((await api.ask('GET', `/api/v1/series?u=x&p=${token}`)).status, 401, 'a login in the address is for these paths only');
  await api.stop();
});

t.test('elsewhere: an API token writes as Telegraf sends it, as a token or as a password, and its name is the origin', async (t) => {
  const api = await openTestApi();
  const admin = await api.signInAs('admin');
  const made = await api.ask('POST', '/api/v1/api-tokens', { name: 'edge telegraf', scope: 'write' }, admin);
  const reader = await api.ask('POST', '/api/v1/api-tokens', { name: 'grafana', scope: 'read' }, admin);
  const send = async (authorization: string): Promise<number> =>
    (await post(api, '/write?precision=ms', `m,a=b value=1 ${NOW}`, '', { authorization })).statusCode;

  t.equal(await send(`Token ${made.json.token}`), 204);
  t.equal(await send(`Basic ${Buffer.from(`telegraf:${made.json.token}`).toString('base64')}`), 204);
  t.equal(await send(`Token ${reader.json.token}`), 403);
  t.equal(await send('Token worthless'), 401);
  t.match(await api.deps.storage.store.latest('m', {}), [{ tags: { a: 'b', origin: 'edge telegraf' } }]);
  await api.stop();
});

t.test('elsewhere: into InfluxDB with their own types; while it is away the sender keeps them', { skip: influxdMissing }, async (t) => {
  await using influxd = await startInfluxd();
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  await api.deps.storage.useInflux(InfluxSettings.parse({ url: influxd.url }));
  t.equal((await post(api, '/api/v2/write', telegraf(NOW), cookie)).statusCode, 204);

  const types = await influxd.query('SHOW FIELD KEYS FROM system', 'telegraf');
  t.same(types[0]?.values, [
    ['load1', 'float'],
    ['uptime', 'integer'],
  ]);
  const refused = await post(
    api,
    '/api/v2/write',
    `system,host=web1 uptime=1.5 ${NOW + 1}000000\nsystem,host=web1 load1=1 ${NOW + 2}000000`,
    cookie,
  );
  t.match([refused.statusCode, refused.json()], [400, { lines: [{ line: 1, reason: /uptime/ }] }]);
  await influxd.kill('SIGKILL');
  const away = await post(api, '/api/v2/write', telegraf(NOW + 1_000), cookie);
  t.match([away.statusCode, away.json()], [503, { detail: /the store cannot write now, send it again: .*cannot be reached/ }]);
  await influxd.start();
  t.equal((await post(api, '/api/v2/write', telegraf(NOW + 1_000), cookie)).statusCode, 204);
  await api.stop();
});
