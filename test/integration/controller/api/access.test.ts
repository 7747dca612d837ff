import t from 'tap';
import { openTestApi } from '../../../helpers/api.ts';

// Every route of the description, with what an id may look like. `open` ones need no session.
const OPEN = new Set([
  'GET /api/v1/setup',
  'POST /api/v1/setup',
  'POST /api/v1/session',
  'GET /api/v1/openapi.json',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /metrics/fleet',
  'GET /metrics/network',
  'GET /ping',
  'GET /health',
  'GET /api/v1/prometheus/sd',
]);
const ADMIN =
  /(\/tokens|\/api-tokens|\/notifiers|\/audit|\/revoke)|^(POST|PUT|DELETE) \/api\/v1\/(rules|store|routes|watchdog|dependencies)/;
const OPERATOR =
  /^(POST|PUT|DELETE) \/api\/v1\/(targets|devices|mibs|silences|maintenance|backtests|machine-settings)(\/\{(id|name)\})?$|^(POST|PUT|DELETE) \/monitoring\/network-nodes|^PATCH \/api\/v1\/agents|\/(acknowledge|sockets\/expected|walk|discover)$|^POST \/(api\/v2\/write|write|query)$|^GET \/api\/v1\/influxql$/;

const routesOf = (document: ReturnType<typeof JSON.parse>): string[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
const methodOf = (route: string): 'GET' => (route.split(' ')[0] ?? 'GET') as 'GET';
const pathOf = (route: string): string =>
  (route.split(' ')[1] ?? '')
    .replace('/incidents/{id}', '/incidents/1')
    .replace('tokens/{id}', 'tokens/00112233')
    .replace('{probe}', 'icmp')
    .replaceAll(/\{\w+\}/g, 'x1');

t.test('access: a request without a session gets 401 from every route but the open ones', async (t) => {
  const api = await openTestApi();
  const routes = routesOf((await api.ask('GET', '/api/v1/openapi.json')).json);

  t.ok(routes.length > 35, `${routes.length} routes`);
  for (const route of routes.filter((one) => !OPEN.has(one))) {
    const answer = await api.ask(methodOf(route), pathOf(route), methodOf(route) === 'GET' ? undefined : {});
    t.equal(answer.status, 401, route);
    t.match(answer.headers['content-type'], /^application\/problem\+json/, route);
  }
  for (const route of OPEN) t.ok(routes.includes(route), `${route} is described`);
  await api.stop();
});

t.test('access: a worthless cookie is no session', async (t) => {
  const api = await openTestApi();
  t.equal((await api.ask('GET', '/api/v1/agents', undefined, 'sonde_abababab=00')).status, 401);
  await api.stop();
});

t.test('access: viewers read, operators change targets and incidents, only admins the rest', async (t) => {
  const api = await openTestApi();
  const routes = routesOf((await api.ask('GET', '/api/v1/openapi.json')).json).filter(
    (route) => !OPEN.has(route) && !route.endsWith('/session') && !route.endsWith('/live'),
  );
  const viewer = await api.signInAs('viewer');
  const operator = await api.signInAs('operator');

  for (const route of routes) {
    const body = methodOf(route) === 'GET' ? undefined : {};
    const asViewer = await api.ask(methodOf(route), pathOf(route), body, viewer);
    const asOperator = await api.ask(methodOf(route), pathOf(route), body, operator);
    t.equal(asViewer.status === 403, ADMIN.test(route) || OPERATOR.test(route), `viewer: ${route} → ${asViewer.status}`);
    t.equal(asOperator.status === 403, ADMIN.test(route), `operator: ${route} → ${asOperator.status}`);
  }
  await api.stop();
});

t.test('access: a page under a foreign name, or from another page, is refused', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const ask = async (method: 'GET' | 'POST', headers: Record<string, string>): Promise<number> =>
    (await api.app.inject({ method, url: '/api/v1/targets', headers: { host: 'localhost', cookie, ...headers } })).statusCode;

  t.equal(await ask('GET', {}), 200);
  t.equal(await ask('GET', { host: 'evil.example' }), 421);
  t.equal(await ask('GET', { host: 'localhost.evil.example:8080' }), 421);
  t.equal(await ask('GET', { host: 'sonde.example.net:8080' }), 200);
  t.equal(await ask('GET', { host: '[::1]:8080' }), 200);
  t.equal(await ask('GET', { host: '10.1.2.3' }), 421);
  t.equal(await ask('POST', { origin: 'http://evil.example' }), 403);
  t.equal(await ask('POST', { origin: 'null' }), 403);
  t.equal(await ask('POST', { origin: 'http://localhost:9999' }), 403);
  t.equal(await ask('POST', { 'sec-fetch-site': 'same-site' }), 403);
  t.not(await ask('POST', { origin: 'http://localhost' }), 403);
  t.equal((await api.app.inject({ url: '/healthz', headers: { host: '10.1.2.3' } })).statusCode, 200);
  await api.stop();
});

t.test('access: every answer carries the headers that keep foreign scripts out', async (t) => {
  const api = await openTestApi();
  for (const path of ['/', '/api/v1/agents', '/api/v1/none', '/none.js']) {
    const { headers } = await api.ask('GET', path);
    t.match(headers['content-security-policy'], /^default-src 'self';/, path);
    t.equal(headers['x-content-type-options'], 'nosniff', path);
  }
  t.equal((await api.ask('GET', '/api/v1/agents')).headers['cache-control'], 'no-store');
  await api.stop();
});

t.test('access: unknown routes of the API are problems, unknown pages are the web admin', async (t) => {
  const api = await openTestApi();
  t.match((await api.ask('GET', '/api/v1/none')).json, { status: 404, detail: 'there is no GET /api/v1/none' });
  t.match(await api.ask('GET', '/targets/gw'), { status: 200, text: '<!doctype html>' });
  t.equal((await api.ask('GET', '/none.js')).status, 404);
  t.equal((await api.ask('POST', '/targets')).status, 404);
  await api.stop();
});

t.test('access: bodies are bounded, and broken ones say so', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const send = (payload: string, type = 'application/json') =>
    api.app.inject({ method: 'POST', url: '/api/v1/targets', headers: { host: 'localhost', cookie, 'content-type': type }, payload });
  t.equal((await send(`"${'x'.repeat(300_000)}"`)).statusCode, 413);
  t.equal((await send('{')).statusCode, 400);
  t.equal((await send('id: gw', 'text/yaml')).statusCode, 415);
  await api.stop();
});
