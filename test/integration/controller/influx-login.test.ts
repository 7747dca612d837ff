import t from 'tap';
import { InfluxTest } from '../../../protocol/store-api.ts';
import { openTestApi } from '../../helpers/api.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';
import { startRecordedServer } from '../../helpers/recorded-server.ts';

// What a test of an InfluxDB says, that it changes nothing there, and what is refused for it.

t.setTimeout(60_000);

t.test(
  'an InfluxDB that asks for a login: what each may do, what is missing, and nothing is changed',
  { skip: influxdMissing },
  async (t) => {
    await using influxd = await startInfluxd({ environment: { INFLUXDB_HTTP_AUTH_ENABLED: 'true' }, login: ['root', 'r'] });
    await influxd.query("CREATE USER root WITH PASSWORD 'r' WITH ALL PRIVILEGES");
    for (const statement of [
      'CREATE DATABASE telegraf',
      'CREATE DATABASE ready',
      'CREATE DATABASE ready_rollups',
      ...['1m', '5m', '1h'].map((tier) => `CREATE RETENTION POLICY "${tier}" ON ready_rollups DURATION INF REPLICATION 1`),
      ...['nobody', 'reader', 'writer', 'sonde'].map((user) => `CREATE USER ${user} WITH PASSWORD 'p'`),
      'GRANT READ ON telegraf TO reader',
      'GRANT WRITE ON telegraf TO writer',
      'GRANT ALL ON telegraf TO "sonde"',
      'GRANT ALL ON ready TO "sonde"',
      'GRANT ALL ON ready_rollups TO "sonde"',
    ])
      await influxd.query(statement);
    const all = async (): Promise<string> =>
      JSON.stringify([
        await influxd.query('SHOW DATABASES'),
        await influxd.query('SHOW RETENTION POLICIES ON telegraf'),
        await influxd.query('SHOW MEASUREMENTS', 'telegraf'),
        await influxd.query('SHOW SHARDS'),
      ]);
    const before = await all();
    const api = await openTestApi();
    const cookie = await api.signInAs('admin');
    const test = async (user: string, change: object = {}): Promise<InfluxTest> => {
      const body = { url: influxd.url, user, password: user === 'root' ? 'r' : user === '' ? '' : 'p', ...change };
      return InfluxTest.parse((await api.ask('POST', '/api/v1/store/test', body, cookie)).json);
    };
    const line = `influx -host 127.0.0.1 -port ${influxd.port} -username ADMIN -password '' -execute `;

    t.match(await test(''), { isUsable: false, signsIn: false, message: /wants a login, and none is given/, commands: [] });
    t.match(await test('sonde', { password: 'x' }), {
      isUsable: false,
      signsIn: false,
      phase: 'unauthorised',
      message: /refuses this login/,
    });
    const nobody = await test('nobody');
    t.match(nobody, { isUsable: false, signsIn: true, mayWrite: false, mayRead: false, place: 'there', phase: 'unauthorised' });
    t.match(nobody.message, /nobody may not write to database "telegraf".*roll-ups go to database "telegraf_rollups"/);
    const needed = await test('sonde');
    t.match(needed, { isUsable: true, phase: 'ok', signsIn: true, mayWrite: true, mayRead: true, place: 'there' });
    t.same(needed.rollUps, { database: 'telegraf_rollups', place: 'missing' });
    const rollUps = [
      `${line}'CREATE DATABASE "telegraf_rollups" WITH DURATION 180d REPLICATION 1 NAME "1m"'`,
      `${line}'GRANT ALL ON "telegraf_rollups" TO "sonde"'`,
      `${line}'CREATE RETENTION POLICY "5m" ON "telegraf_rollups" DURATION 400d REPLICATION 1'`,
      `${line}'CREATE RETENTION POLICY "1h" ON "telegraf_rollups" DURATION 1830d REPLICATION 1'`,
    ];
    t.same(needed.commands, rollUps);
    t.equal(nobody.commands[0], `${line}'GRANT ALL ON "telegraf" TO "nobody"'`);
    t.equal(nobody.commands.length, 5);
    t.match(await test('reader'), { isUsable: false, mayWrite: false, mayRead: true });
    t.match(await test('writer'), {
      isUsable: true,
      mayWrite: true,
      mayRead: false,
      message: /may not read/,
      commands: [/GRANT ALL ON "telegraf"/],
    });
    const absent = await test('sonde', { database: 'absent' });
    t.match(absent, {
      isUsable: false,
      phase: 'missing',
      place: 'missing',
      message: /there is no database "absent", and the user sonde may not make it/,
    });
    t.match(absent.commands.slice(0, 2), [/CREATE DATABASE "absent"/, /GRANT ALL ON "absent" TO "sonde"/]);
    t.match(await test('sonde', { retentionPolicy: 'long' }), {
      isUsable: false,
      place: 'missing',
      commands: [/CREATE RETENTION POLICY "long" ON "telegraf"/],
    });
    t.match(await test('root', { database: 'absent' }), {
      isUsable: true,
      place: 'will-be-made',
      rollUps: { place: 'will-be-made' },
      commands: [],
    });
    t.match(await test('sonde', { database: 'ready' }), { isUsable: true, message: null, commands: [], rollUps: { place: 'there' } });
    t.equal(await all(), before, 'nothing was changed there');

    const put = (change: object) => api.ask('PUT', '/api/v1/store/influx', { url: influxd.url, user: 'sonde', ...change }, cookie);
    t.match((await put({ password: 'x' })).json, { status: 422, detail: /refuses this login/, errors: [{ path: 'user' }] });
    t.match((await put({ password: 'p', database: 'absent' })).json, { status: 422, errors: [{ path: 'database' }] });
    t.match((await api.ask('GET', '/api/v1/store', undefined, cookie)).json, { kind: 'sqlite' });
    t.match((await put({ password: 'p', database: 'ready' })).json, { kind: 'influx', influx: { database: 'ready' } });
    await api.deps.storage[Symbol.asyncDispose]();
    await api.stop();
  },
);

t.test('an InfluxDB without logins: what is not there is made when it is used, and not by a test', { skip: influxdMissing }, async (t) => {
  await using influxd = await startInfluxd();
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const answer = await api.ask('POST', '/api/v1/store/test', { url: influxd.url }, cookie);
  t.match(answer.json, {
    isUsable: true,
    place: 'will-be-made',
    message: /it is made when you use it/,
    commands: [],
    version: '1.6.7~rc0',
  });
  t.same((await influxd.query('SHOW DATABASES'))[0]?.values ?? [], []);
  await api.stop();
});

t.test('a controller is no InfluxDB to write to', async (t) => {
  await using other = await startRecordedServer([
    { method: 'GET', path: /^\/ping$/, status: 200, headers: { 'x-influxdb-version': '1.8.10-sonde' }, body: '{"version":"1.8.10-sonde"}' },
  ]);
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const found = await api.ask('POST', '/api/v1/store/test', { url: other.url }, cookie);
  t.match(found.json, { isUsable: false, version: null, message: /is a Sonde controller/ });
  t.match((await api.ask('PUT', '/api/v1/store/influx', { url: other.url }, cookie)).json, {
    status: 422,
    detail: /is a Sonde controller/,
  });
  await api.stop();
});

t.test('InfluxDB 2.x and 3.x, recorded: what a token may do, without a point and without a bucket made', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const ping = (version: string) => ({ method: 'GET', path: /^\/ping$/, status: 204, headers: { 'x-influxdb-version': version } });
  await using server = await startRecordedServer([]);
  const test = async (change: object = {}) =>
    (await api.ask('POST', '/api/v1/store/test', { url: server.url, token: 'T', org: 'noc', ...change }, cookie)).json;
  const write = /^\/api\/v2\/write\?/;

  server.answer([ping('v2.7.11'), { method: 'POST', path: write, status: 401, body: '{"message":"unauthorized access"}' }]);
  t.match(await test(), { isUsable: false, signsIn: false, message: /refuses this login/ });
  server.answer([ping('v2.7.11'), { method: 'POST', path: write, status: 404, body: '{"message":"bucket not found"}' }]);
  t.match(await test(), { isUsable: true, place: 'unknown', message: /made when you use it, if the token may/ });
  t.match((await test()).commands[0], `influx bucket create --host ${server.url} --name telegraf --org noc`);
  server.answer([ping('v2.7.11'), { method: 'POST', path: write, status: 400, body: '{"message":"writing requires points"}' }]);
  t.match(await test(), { isUsable: true, mayWrite: true, place: 'there', commands: [] });
  server.answer([ping('3.4.1'), { method: 'GET', path: /^\/api\/v3\/configure\/database/, status: 200, body: '[]' }]);
  t.match(await test(), { isUsable: true, place: 'will-be-made', commands: [] });
  t.same(
    server.came.filter(({ method, path, body }) => method === 'POST' && (!write.test(path) || body !== '') && !path.startsWith('/query')),
    [],
    'no bucket, no point',
  );
  await api.stop();
});
