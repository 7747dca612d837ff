import t from 'tap';
import { openTestApi, target } from '../../../helpers/api.ts';

const as = (token: string, scheme = 'Bearer'): Record<string, string> => ({ host: 'localhost', authorization: `${scheme} ${token}` });

t.test('API tokens: shown once, kept as a hash, listed without their secret', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');

  const made = await api.ask('POST', '/api/v1/api-tokens', { name: 'Grafana', scope: 'read' }, cookie);

  t.equal(made.status, 201);
  t.match(made.json, { name: 'Grafana', scope: 'read', createdBy: 'admin', expiresAt: null, usedAt: null, revokedAt: null });
  const token = String(made.json.token);
  t.match(token, /^sonde_[0-9a-f]{64}$/);
  const listed = await api.ask('GET', '/api/v1/api-tokens', undefined, cookie);
  t.equal(listed.json.tokens.length, 1);
  t.notMatch(listed.text, token);
  const rows = await api.test.state.selectFrom('api_tokens').selectAll().execute();
  t.notMatch(JSON.stringify(rows), token.slice('sonde_'.length), 'the database does not know it');
  const audited = await api.ask('GET', '/api/v1/audit', undefined, cookie);
  t.match(audited.text, 'api-token-create');
  t.notMatch(audited.text, token);
  await api.stop();
});

t.test('API tokens: read sees what a viewer sees, write changes what an operator may, neither makes tokens', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const make = async (scope: string): Promise<string> =>
    (await api.ask('POST', '/api/v1/api-tokens', { name: scope, scope }, cookie)).json.token;
  const [read, write] = [await make('read'), await make('write')];
  const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, token: string, payload?: object): Promise<number> =>
    (await api.app.inject({ method, url, headers: as(token), ...(payload === undefined ? {} : { payload }) })).statusCode;

  t.equal(await ask('GET', '/api/v1/agents', read), 200);
  t.equal(await ask('GET', '/metrics', read), 200);
  t.equal(await ask('POST', '/api/v1/targets', read, target()), 403);
  t.equal(await ask('POST', '/api/v1/targets', write, target()), 201);
  for (const token of [read, write]) {
    t.equal(await ask('GET', '/api/v1/api-tokens', token), 403);
    t.equal(await ask('POST', '/api/v1/api-tokens', token, { name: 'more', scope: 'write' }), 403);
    t.equal(await ask('POST', '/api/v1/tokens', token, {}), 403);
  }
  t.match((await api.ask('GET', '/api/v1/audit', undefined, cookie)).text, /token:[0-9a-f]{8}/, 'who changed it is that token');
  await api.stop();
});

t.test('API tokens: InfluxDB’s ways of sending one are understood, others are nobody', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const { token } = (await api.ask('POST', '/api/v1/api-tokens', { name: 'telegraf', scope: 'read' }, cookie)).json;
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await api.app.inject({ url: '/api/v1/agents', headers })).statusCode;

  t.equal(await ask(as(token, 'Token')), 200);
  t.equal(await ask(as(Buffer.from(`anybody:${token}`).toString('base64'), 'Basic')), 200);
  t.equal(await ask(as(`${token}0`)), 401);
  t.equal(await ask(as(token, 'Digest')), 401);
  t.equal(
    await ask({ host: 'localhost', authorization: `Bearer sonde_${'0'.repeat(64)}`, cookie }),
    401,
    'a bad token is not saved by a cookie',
  );
  await api.stop();
});

t.test('API tokens: one that is over or revoked is refused at once', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const make = async (body: object): Promise<{ id: string; token: string }> =>
    (await api.ask('POST', '/api/v1/api-tokens', { name: 'x', scope: 'read', ...body }, cookie)).json;
  const short = await make({ name: 'y', expiresInMs: 60_000 });
  const long = await make({});
  const ask = async (token: string): Promise<number> => (await api.app.inject({ url: '/api/v1/agents', headers: as(token) })).statusCode;

  t.equal(await ask(short.token), 200);
  await api.test.clock.advance(60_000);
  t.equal(await ask(short.token), 401);
  t.equal(await ask(long.token), 200);
  t.equal((await api.ask('DELETE', `/api/v1/api-tokens/${long.id}`, undefined, cookie)).status, 204);
  t.equal(await ask(long.token), 401);
  t.equal((await api.ask('DELETE', '/api/v1/api-tokens/00000000', undefined, cookie)).status, 404);
  const listed = (await api.ask('GET', '/api/v1/api-tokens', undefined, cookie)).json.tokens;
  t.ok(listed.every(({ usedAt }: { usedAt: number | null }) => usedAt !== null));
  await api.stop();
});

t.test('API tokens: a name is taken while its token is good, because series are kept apart by it', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const make = (change: object = {}) => api.ask('POST', '/api/v1/api-tokens', { name: 'edge', scope: 'write', ...change }, cookie);
  const first = await make({ expiresInMs: 60_000 });
  const refused = await make({ scope: 'read' });
  const detail = `name: "edge" is the name of token ${first.json.id}: revoke that one first, or take another name`;
  t.match([refused.status, refused.json], [409, { detail, errors: [{ path: 'name' }] }]);
  t.same(
    (await Promise.all([make({ name: 'both' }), make({ name: 'both' })])).map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 409],
    'also when both come at once',
  );
  await api.test.clock.advance(60_000);
  const second = await make();
  t.equal(second.status, 201, 'over');
  await api.ask('DELETE', `/api/v1/api-tokens/${second.json.id}`, undefined, cookie);
  t.equal((await make()).status, 201, 'revoked');
  await api.stop();
});

t.test('API tokens: what is not right is named', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  t.match((await api.ask('POST', '/api/v1/api-tokens', { name: ' ', scope: 'read' }, cookie)).json, {
    status: 422,
    errors: [{ path: 'name' }],
  });
  t.match((await api.ask('POST', '/api/v1/api-tokens', { name: 'x', scope: 'admin' }, cookie)).json, {
    status: 422,
    errors: [{ path: 'scope' }],
  });
  t.match(
    (await api.ask('POST', '/api/v1/api-tokens', { name: 'x', scope: 'read', expiresInM: 5 }, cookie)).json.detail,
    /did you mean expiresInMs/,
  );
  await api.stop();
});
