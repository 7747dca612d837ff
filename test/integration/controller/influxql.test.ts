import t from 'tap';
import { InfluxqlAnswer } from '../../../protocol/ask.ts';
import { systemClock } from '../../../protocol/time.ts';
import { type Log, silentLog } from '../../../protocol/log.ts';
import { openInfluxStore } from '../../../controller/series/influx/store.ts';
import { freePort } from '../../helpers/free-port.ts';
import { startRecordedServer } from '../../helpers/recorded-server.ts';
import { influxdMissing, startInfluxd } from '../../helpers/influxd.ts';
import { openTestApi } from '../../helpers/api.ts';
import { makeRound } from '../../helpers/rounds.ts';
import { pointOf } from '../../../controller/series/schema.ts';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';

t.setTimeout(60_000);
const pathOf = (q: string): string => `/api/v1/influxql?${new URLSearchParams({ q }).toString()}`;

t.test(
  'raw InfluxQL: only with an InfluxDB behind, only for operators, only reading, with the words of the server',
  { skip: influxdMissing },
  async (t) => {
    await using influxd = await startInfluxd();
    const api = await openTestApi();
    const operator = await api.signInAs('operator');
    const ask = (q: string, cookie = operator) => api.ask('GET', pathOf(q), undefined, cookie);

    const without = await ask('SHOW MEASUREMENTS');
    t.equal(without.status, 404);
    t.match(without.json.detail, /embedded store is asked by/);

    await api.deps.storage.useInflux(InfluxSettings.parse({ url: influxd.url }));
    await api.deps.storage.store.write(
      Array.from({ length: 5 }, (_, i) => pointOf('ams1', makeRound(i + 1, 1_800_000_000_000 + i * 60_000), {})),
    );
    const usage = (await api.ask('GET', '/api/v1/store/usage', undefined, operator)).json;
    t.match(usage, { kind: 'influx', freeBytes: null, fullAt: null }, 'the disk of the controller is not its');
    const answer = await ask('SELECT "packets_transmitted", "percentile50_ms" FROM "ping" GROUP BY "agent"');
    t.equal(answer.status, 200);
    const { tables, cut } = InfluxqlAnswer.parse(answer.json);
    t.equal(cut, false);
    t.match(tables, [{ name: 'ping', tags: { agent: 'ams1' }, columns: ['time', 'packets_transmitted', 'percentile50_ms'] }]);
    t.same(
      tables[0]?.rows.map(([at]) => at),
      [0, 1, 2, 3, 4].map((i) => 1_800_000_000_000 + i * 60_000),
    );

    t.match((await ask('SELECT mean( FROM ping')).json, { status: 422, detail: /error parsing query/ });
    t.match((await ask('DROP MEASUREMENT ping')).json, { status: 400, errors: [{ path: 'q' }] });
    t.match((await ask('SELECT 1; DROP DATABASE telegraf')).json, { status: 400 });
    t.equal((await ask('SHOW MEASUREMENTS', await api.signInAs('viewer'))).status, 403);
    await influxd.kill('SIGKILL');
    t.match((await ask('SHOW MEASUREMENTS')).json, { status: 503, detail: /cannot be reached/ });
    await api.deps.storage[Symbol.asyncDispose]();
    await api.stop();
  },
);

t.test('InfluxDB is away or refuses our login: whoever asks the store hears so, and nothing is an error of ours', async (t) => {
  const refusing = await startRecordedServer([
    { method: 'GET', path: /^\/ping$/, status: 204, headers: { 'x-influxdb-version': '1.6.7' } },
    { method: 'POST', path: /^\/query/, status: 401, body: '{"error":"authorization failed"}' },
  ]);
  t.teardown(() => refusing[Symbol.asyncDispose]());
  const away = `http://127.0.0.1:${await freePort()}`;
  for (const [url, detail] of [
    [away, /the store cannot answer now: .*cannot be reached/],
    [refusing.url, /the store cannot answer now: .*401, authorization failed/],
  ] as const) {
    await using store = openInfluxStore(InfluxSettings.parse({ url }), { clock: systemClock, timeoutMs: 2_000 });
    const errors: string[] = [];
    const log: Log = { ...silentLog, error: (kind, message) => void errors.push(`${kind} ${message}`) };
    const api = await openTestApi({}, { store, log });
    const cookie = await api.signInAs('operator');
    for (const path of [
      '/api/v1/query?measurement=ping&select=average_response_ms&from=1800000000000&to=1800000060000',
      '/api/v1/series',
      '/api/v1/store/usage',
    ]) {
      const answer = await api.ask('GET', path, undefined, cookie);
      if (answer.status === 200 && url === refusing.url && path.endsWith('usage')) continue; // a login that may not look is no failure there
      t.match(answer.json, { status: 503, detail }, `${url} ${path}`);
      t.match(answer.headers['content-type'], /^application\/problem\+json/);
    }
    const document = (await api.ask('GET', '/api/v1/openapi.json')).json;
    t.ok(document.paths['/api/v1/series'].get.responses['503'], 'OpenAPI says so');
    t.same(errors, []);
    await api.stop();
  }
});
