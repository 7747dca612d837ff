import t from 'tap';
import { checkSetupToken, makeSetupLink } from '../../../../controller/api/setup-link.ts';
import { SetupState } from '../../../../protocol/api.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { cookieOf, openTestApi, setupToken } from '../../../helpers/api.ts';

const REQUEST = { name: 'Ada', login: 'ada', password: 'a good long one', addresses: ['192.0.2.1'] };

t.test('setup: the token opens the page, makes the admin, adds what was ticked and signs in', async (t) => {
  const api = await openTestApi();
  const token = await setupToken(api);

  const page = (await api.ask('GET', `/api/v1/setup?token=${token}`)).json;
  t.match(SetupState.parse(page), { needed: true, hostname: 'ctl1', packetsBeyondLoopback: 0, loopback: [] });
  t.equal(page.found.length, 2);
  const made = await api.ask('POST', '/api/v1/setup', { ...REQUEST, token });
  t.match(made, { status: 200, json: { user: { login: 'ada', name: 'Ada', role: 'admin' }, site: 'Test site' } });
  t.match(String(made.headers['set-cookie']), /^sonde_abababab=[0-9a-f]{64}; .*HttpOnly; SameSite=Strict$/);
  t.match((await api.ask('GET', '/api/v1/session', undefined, cookieOf(made))).json, { user: { login: 'ada' } });
  const { targets } = (await api.ask('GET', '/api/v1/targets', undefined, cookieOf(made))).json;
  t.match(targets, [
    { id: 'gateway-192.0.2.1', address: '192.0.2.1', agents: { in: { agent: ['ams1'] } }, agentCount: 1, answered: false },
  ]);
  const config = api.test.configs('ams1').at(-1);
  t.match(config?.tasks, [{ id: 'gateway-192.0.2.1/icmp' }]);
  await api.stop();
});

t.test('setup: without the token nobody learns what was found, and nobody becomes admin', async (t) => {
  const api = await openTestApi();
  await setupToken(api);

  t.match((await api.ask('GET', '/api/v1/setup')).json, { needed: true, tokenExpiresAt: null, found: [] });
  t.equal((await api.ask('POST', '/api/v1/setup', { ...REQUEST, token: 'guessed' })).status, 403);
  t.equal((await api.test.state.selectFrom('users').selectAll().execute()).length, 0);
  await api.stop();
});

t.test('setup: works once', async (t) => {
  const api = await openTestApi();
  const token = await setupToken(api);

  const both = await Promise.all([
    api.ask('POST', '/api/v1/setup', { ...REQUEST, token }),
    api.ask('POST', '/api/v1/setup', { ...REQUEST, login: 'eve', token }),
  ]);
  t.same(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409],
  );
  t.equal((await api.ask('POST', '/api/v1/setup', { ...REQUEST, login: 'mallory', token })).status, 409);
  t.match((await api.ask('GET', `/api/v1/setup?token=${token}`)).json, { needed: false, tokenExpiresAt: null, found: [] });
  t.equal((await api.test.state.selectFrom('users').selectAll().execute()).length, 1);
  t.equal(await makeSetupLink(api.test.state, { clock: api.test.clock, random: systemRandom, origin: 'http://127.0.0.1' }), null);
  await api.stop();
});

t.test('setup: the link ends after a day, a new one ends the older, and only its hash is kept', async (t) => {
  const api = await openTestApi();
  const first = await setupToken(api);
  const second = await setupToken(api);

  t.equal((await api.ask('GET', `/api/v1/setup?token=${first}`)).json.tokenExpiresAt, null);
  t.ok((await api.ask('GET', `/api/v1/setup?token=${second}`)).json.tokenExpiresAt > 0);
  t.notMatch(JSON.stringify(await api.test.state.selectFrom('settings').selectAll().execute()), new RegExp(second));
  const late = { now: () => api.test.clock.now() + 86_400_001 };
  t.equal(await checkSetupToken(api.test.state, { ...api.test.clock, ...late }, second), null);
  await api.stop();
});

t.test('setup: an address that was not offered adds nothing and makes nobody', async (t) => {
  const api = await openTestApi();
  const token = await setupToken(api);
  const answer = await api.ask('POST', '/api/v1/setup', { ...REQUEST, addresses: ['203.0.113.9'], token });
  t.match(answer, { status: 422, json: { errors: [{ path: 'addresses' }] } });
  t.equal((await api.test.state.selectFrom('users').selectAll().execute()).length, 0);
  await api.stop();
});
