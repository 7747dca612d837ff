import { createHmac, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { makeSendPage } from '../../../agent/watchdog/page.ts';
import { Watchdog } from '../../../agent/watchdog/watchdog.ts';
import { send } from '../../../controller/delivery/index.ts';
import { silentLog } from '../../../protocol/log.ts';
import { sealingContext, unseal } from '../../../protocol/sealing.ts';
import { onlineStatus, openTestApi } from '../../helpers/api.ts';
import { makeManualClock, settle } from '../../helpers/manual-clock.ts';

const receive = async () => {
  const got: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(request.url === '/moved' ? 302 : 204, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { got, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, close: () => void server.close() };
};

t.test('watchdog: an agent pages by itself with what its signed configuration holds for it alone', async (t) => {
  const receiver = await receive();
  const keys = generateKeyPairSync('x25519');
  const api = await openTestApi({ deps: (deps) => ({ ...deps, send, site: 'halden' }) });
  t.teardown(async () => {
    await api.stop();
    receiver.close();
  });
  const admin = await api.signInAs('admin');
  const sealing_key = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  await api.test.state.updateTable('agents').set({ sealing_key }).where('id', '=', 'ams1').execute();
  await api.ask(
    'POST',
    '/api/v1/notifiers',
    { id: 'hook', kind: 'webhook', url: `${receiver.url}/page`, hmacSecret: 'quite-secret', allowPrivate: true },
    admin,
  );
  await api.ask(
    'POST',
    '/api/v1/notifiers',
    { id: 'mail', kind: 'email', host: 'mail.example.net', from: 'a@example.net', to: ['b@example.net'] },
    admin,
  );

  api.test.send('ams1', 'status', onlineStatus({ capabilities: ['icmp', 'watchdog'] }));
  await api.test.clock.advance(1_100);

  const refused = await api.ask('PUT', '/api/v1/watchdog', { agents: ['ams1', 'nobody'], notifiers: ['mail'] }, admin);
  t.equal(refused.status, 422);
  t.match(refused.json.errors, [
    { path: 'agents[1]', message: 'there is no agent nobody' },
    { path: 'notifiers[0]', message: /kind email/ },
  ]);

  const saved = await api.ask('PUT', '/api/v1/watchdog', { agents: ['ams1'], notifiers: ['hook'], silentAfterMs: 60_000 }, admin);
  t.equal(saved.status, 200, saved.text);
  await settle();
  const orders = api.test.configs('ams1').at(-1)?.watchdog;
  t.match(orders, { silentAfterMs: 60_000, repeatMs: 3_600_000 });
  t.notMatch(JSON.stringify(api.test.broker.sent.map(({ payload }) => payload.toString())), 'quite-secret');
  const before = api.test.configs('ams1').length;
  await api.ask('PUT', '/api/v1/watchdog', { agents: ['ams1'], notifiers: ['hook'], silentAfterMs: 60_000 }, admin);
  t.equal(api.test.configs('ams1').length, before, 'the same orders are the same bytes');

  const clock = makeManualClock();
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const dog = new Watchdog({
    clock,
    log: silentLog,
    agentId: 'ams1',
    unseal: (place, sealed) => unseal(privateKey, sealingContext('ams1', place), sealed),
    now: () => clock.now(),
    page: makeSendPage(() => null),
  });
  dog.take(orders);
  await clock.advance(61_000);
  await dog.look(AbortSignal.timeout(5_000));
  dog.heard();
  await dog.look(AbortSignal.timeout(5_000));

  const [gone, back] = receiver.got;
  t.match(gone, {
    path: '/page',
    headers: {
      'x-sonde-signature-256': `sha256=${createHmac('sha256', 'quite-secret')
        .update(gone?.body ?? '')
        .digest('hex')}`,
    },
  });
  t.match(JSON.parse(gone?.body ?? '{}'), {
    version: '4',
    status: 'firing',
    groupKey: 'controller-gone/controller:halden',
    commonAnnotations: {
      summary: 'The controller of halden is gone',
      description: /Agent ams1 has not heard the controller since 20\d\d-/,
    },
    alerts: [{ startsAt: /^2027-01-15T08:00:0/ }],
  });
  t.match(JSON.parse(back?.body ?? '{}'), { status: 'resolved', groupKey: 'controller-gone/controller:halden' });
  t.equal(JSON.parse(gone?.body ?? '{}').idempotencyKey, gone?.headers['idempotency-key']);
});

t.test('watchdog: an agent pages no private address unless that is allowed, follows no redirect, and obeys its guard rails', async (t) => {
  const receiver = await receive();
  t.teardown(receiver.close);
  const page = (path: string, allowPrivate: boolean) => ({ url: `${receiver.url}${path}`, headers: {}, body: '{}', allowPrivate });
  const soon = AbortSignal.timeout(5_000);

  await t.rejects(makeSendPage(() => null)(page('/', false), soon), /127\.0\.0\.1 is a private address/);
  await t.rejects(
    makeSendPage(() => null)({ ...page('/', false), url: receiver.url.replace('127.0.0.1', 'localhost') }, soon),
    /private address/,
  );
  await t.rejects(makeSendPage(() => 'denied by root')(page('/', true), soon), /denied by root/);
  t.equal(await makeSendPage(() => null)(page('/moved', true), soon), 302);
  t.same(
    receiver.got.map(({ path }) => path),
    ['/moved'],
  );
});

t.test('heartbeat: beats at its interval while all is well; its address is kept encrypted', async (t) => {
  const receiver = await receive();
  const api = await openTestApi({ deps: (deps) => ({ ...deps, send }) });
  t.teardown(async () => {
    await api.stop();
    receiver.close();
  });
  const admin = await api.signInAs('admin');
  const url = `${receiver.url}/beat-s3cret`;
  const beats = async (count: number): Promise<void> => {
    for (let tries = 0; receiver.got.length < count && tries < 400; tries += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  t.match((await api.ask('GET', '/api/v1/watchdog', undefined, admin)).json, { heartbeat: null, agents: [] });
  const saved = await api.ask('PUT', '/api/v1/watchdog', { heartbeatUrl: url, heartbeatEveryMs: 30_000, allowPrivate: true }, admin);
  t.notMatch(saved.text, 's3cret');
  await beats(1);
  await api.test.clock.advance(31_000);
  await beats(2);
  t.same(
    receiver.got.map(({ path }) => path),
    ['/beat-s3cret', '/beat-s3cret'],
  );
  t.notMatch(JSON.stringify(await api.test.state.selectFrom('settings').selectAll().execute()), 's3cret');
  await settle();
  t.match((await api.ask('GET', '/api/v1/watchdog', undefined, admin)).json.heartbeat, { state: 'ok', everyMs: 30_000 });
});
