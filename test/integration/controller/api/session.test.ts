import t from 'tap';
import { openAttempts } from '../../../../controller/api/attempts.ts';
import { openPasswords } from '../../../../controller/api/passwords.ts';
import { SESSION_MS } from '../../../../controller/api/sessions.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { openTestApi, PASSWORD } from '../../../helpers/api.ts';

t.test('session: sign in, be known, sign out, be forgotten', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');

  t.match((await api.ask('GET', '/api/v1/session', undefined, cookie)).json, {
    user: { login: 'operator', role: 'operator' },
    version: '0.1.0',
  });
  t.equal((await api.ask('DELETE', '/api/v1/session', undefined, cookie)).status, 204);
  t.equal((await api.ask('GET', '/api/v1/session', undefined, cookie)).status, 401);
  await api.stop();
});

t.test('session: ends by itself, and the database never held the cookie', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('viewer');
  const rows = await api.test.state.selectFrom('sessions').selectAll().execute();
  t.notMatch(JSON.stringify(rows), new RegExp(cookie.split('=')[1] ?? '-'));

  await api.test.state
    .updateTable('sessions')
    .set({ expires_at: (rows[0]?.expires_at ?? 0) - SESSION_MS })
    .execute();
  t.equal((await api.ask('GET', '/api/v1/session', undefined, cookie)).status, 401);
  await api.stop();
});

t.test('session: a wrong password and an unknown login get the same answer', async (t) => {
  const api = await openTestApi();
  await api.signInAs('viewer');
  const wrong = await api.ask('POST', '/api/v1/session', { login: 'viewer', password: 'not this one' });
  const unknown = await api.ask('POST', '/api/v1/session', { login: 'nobody', password: 'not this one' });
  t.equal(wrong.status, 401);
  t.same(wrong.json, unknown.json);
  t.equal(wrong.headers['set-cookie'], undefined);
  await api.stop();
});

t.test('session: who guesses has to wait', async (t) => {
  const api = await openTestApi();
  const guess = () => api.ask('POST', '/api/v1/session', { login: 'viewer', password: 'not this one' });
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await guess()).status);

  t.same(statuses, [...Array(10).fill(401), 429, 429]);
  t.match((await guess()).headers, { 'retry-after': /^\d+$/ });
  await api.test.clock.advance(6_000);
  t.equal((await guess()).status, 401);
  await api.stop();
});

t.test('attempts: refill with time, each name for itself, and a good sign-in gives them back', async (t) => {
  const attempts = openAttempts();
  for (let i = 0; i < 10; i++) t.equal(attempts.take(['address a', 'login x'], 0), 0);
  t.equal(attempts.take(['address a', 'login y'], 0), 6_000);
  t.equal(attempts.take(['address b', 'login y'], 0), 0);
  t.equal(attempts.take(['address a'], 6_000), 0);
  attempts.forget('login x');
  t.equal(attempts.take(['login x'], 6_000), 0);
});

t.test('attempts: many names do not fill the memory', async (t) => {
  const attempts = openAttempts();
  for (let i = 0; i < 10_000; i++) attempts.take([`address ${i}`], 0);
  t.ok(attempts.take(['address new'], 0) > 0);
  t.equal(attempts.take(['address new'], 60_000), 0);
});

t.test('passwords: the right one matches its hash, another does not, and nobody has none', async (t) => {
  const passwords = openPasswords(systemRandom);
  const hash = await passwords.hash(PASSWORD);
  t.match(hash, /^argon2id\$19456\$2\$[0-9a-f]{32}\$[0-9a-f]{64}$/);
  t.not(hash, await passwords.hash(PASSWORD), 'salted');
  t.equal(await passwords.verify(PASSWORD, hash), true);
  t.equal(await passwords.verify(`${PASSWORD} `, hash), false);
  t.equal(await passwords.verify(PASSWORD, null), false);
});
