import { spawnSync } from 'node:child_process';
import t from 'tap';
import { onlineStatus, openTestApi } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

t.test('metrics: count what was stored and who is there, and promtool has no objection', async (t) => {
  const api = await openTestApi({ agents: ['ams1', 'fra1'] });
  api.test.send('ams1', 'status', onlineStatus());
  await api.test.batch('ams1', makeBatch([makeRound(1, 1_799_999_970_000), makeRound(2, 1_799_999_980_000)]));
  const { text, headers } = await api.ask('GET', '/metrics');

  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'sonde_rounds_stored_total 2',
    'sonde_agents{state="online"} 1',
    'sonde_agents{state="offline"} 1',
    'sonde_spool_backlog_rounds 3',
    'sonde_outbox_waiting 0',
    'sonde_troubles 0',
  ])
    t.ok(text.split('\n').includes(line), line);
  for (const name of ['sonde_arrival_log_bytes', 'process_cpu_seconds_total', 'process_resident_memory_bytes'])
    t.match(text, new RegExp(`^${name} [0-9.e+-]+$`, 'm'));
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (checked.error === undefined) t.same([checked.status, checked.stdout, checked.stderr], [0, '', '']);
  else t.comment('promtool is not installed (Debian: prometheus): its opinion is not asked');
  await api.stop();
});

t.test('metrics: from another host they need a session', async (t) => {
  const api = await openTestApi();
  const ask = async (remoteAddress: string, cookie?: string): Promise<number> =>
    (await api.app.inject({ url: '/metrics', remoteAddress, headers: { host: 'localhost', ...(cookie === undefined ? {} : { cookie }) } }))
      .statusCode;
  t.equal(await ask('::ffff:127.0.0.1'), 200);
  t.equal(await ask('192.0.2.7'), 401);
  t.equal(await ask('192.0.2.7', await api.signInAs('viewer')), 200);
  await api.stop();
});

t.test('health: ready while every part works', async (t) => {
  const api = await openTestApi();
  t.match(await api.ask('GET', '/healthz'), { status: 200, json: { ok: true } });
  t.match(await api.ask('GET', '/readyz'), { status: 200, json: { ready: true, troubles: [] } });
  await api.stop();
});

t.test('health: not ready while a part does not do its work, and says which', async (t) => {
  const api = await openTestApi();
  const store = api.test.store.write;
  Object.assign(api.test.store, { write: () => Promise.reject(new Error('disk full')) });
  await api.test.batch('ams1', makeBatch([makeRound(1, 1_799_999_970_000)]));
  await api.test.clock.advance(2_000);
  t.match(await api.ask('GET', '/readyz'), { status: 503, json: { ready: false, troubles: ['store'] } });
  Object.assign(api.test.store, { write: store });
  await api.stop();
});
