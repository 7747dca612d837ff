import t from 'tap';
import { NOW, onlineStatus, openTestApi, target } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';
import { snmpSample } from '../../../helpers/snmp-sample.ts';

t.test('openapi: every route is described, with its answer, its parameters and its refusals', async (t) => {
  const api = await openTestApi();
  const document = (await api.ask('GET', '/api/v1/openapi.json')).json;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(
      methods as Record<string, { summary?: string; parameters?: { name: string }[]; requestBody?: object; responses: object }>,
    ).map(([method, operation]) => ({ path, method, operation })),
  );

  t.match(document.openapi, /^3\.1/);
  for (const { path, method, operation } of operations) {
    t.type(operation.summary, 'string', `${method} ${path}`);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    t.strictSame(
      named.filter((name) => !operation.parameters?.some((one) => one.name === name)),
      [],
      `${method} ${path}`,
    );
    if (path.endsWith('/live')) continue;
    t.ok(
      Object.keys(operation.responses).some((status) => status.startsWith('2')),
      `${method} ${path} says what it answers`,
    );
  }
  const printed = api.app.printRoutes({ commonPrefix: false, includeHooks: false });
  const registered = [...printed.matchAll(/\((\w+(?:, \w+)*)\)/g)]
    .flatMap(([, methods]) => (methods ?? '').split(', '))
    .filter((method) => !['HEAD', 'OPTIONS'].includes(method));
  t.equal(registered.length, operations.length, 'as many as fastify has');
  const { post } = document.paths['/write'];
  t.match(post.requestBody.content['text/plain'].schema, { type: 'string' });
  for (const scheme of post.security.flatMap(Object.keys)) t.ok(document.components.securitySchemes[scheme], scheme);
  t.ok(post.responses['503']);
  t.match(document.paths['/api/v2/write'].post.security, [{ influxToken: [] }]);
  t.ok(document.paths['/metrics/network'].get.responses['401']);
  await api.stop();
});

t.test('openapi: every read answers what its schema says, with something in it', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  await api.ask('POST', '/api/v1/tokens', {}, cookie);
  await api.ask('POST', '/api/v1/notifiers', { id: 'x1', kind: 'webhook', url: 'https://noc.example.net/' }, cookie);
  await api.ask('POST', '/api/v1/rules', { id: 'x1', name: 'X', threshold: 1 }, cookie);
  const window = { kind: 'cron', pattern: '0 2 * * *', timeZone: 'Europe/Berlin', lengthMinutes: 120 };
  await api.ask('POST', '/api/v1/maintenance', { id: 'x1', name: 'X', schedule: window }, cookie);
  await api.ask('POST', '/api/v1/silences', { match: {}, endsAt: NOW + 3_600_000, comment: 'x' }, cookie);
  const backtest = await api.ask('POST', '/api/v1/backtests', { rule: { id: 'x1', name: 'X', threshold: 1 }, days: 1 }, cookie);
  await api.test.state
    .insertInto('incidents')
    .values({
      rule_id: 'x1',
      cause: 'target:gw',
      title: 'X',
      severity: 'warning',
      state: 'firing',
      opened_at: 1,
      resolved_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      members: '[]',
    })
    .execute();
  api.test.send('ams1', 'status', onlineStatus());
  await api.test.batch('ams1', makeBatch([makeRound(1, Math.floor(api.test.clock.now()) - 20_000)]));
  api.test.send('ams1', 'event', { v: 1, at: 1, level: 'info', event: 'something', message: 'happened' });
  const device = {
    id: 'sw1',
    name: 'sw1',
    address: '192.0.2.7',
    agent: 'ams1',
    access: { version: '2c' },
    secrets: { community: 'secret' },
  };
  await api.ask('POST', '/api/v1/devices', device, cookie);
  const polled = { task: 'sw1/snmp', durationMs: 500, outcome: { status: 'sampled' as const, sample: snmpSample() } };
  await api.test.batch('ams1', makeBatch([makeRound(2, Math.floor(api.test.clock.now()) - 20_000, polled)]));
  await api.test.clock.advance(1_500);

  const { paths } = (await api.ask('GET', '/api/v1/openapi.json')).json;
  // Raw InfluxQL needs an InfluxDB: test/integration/controller/influxql.test.ts holds its answer against the schema.
  const reads = Object.keys(paths).filter((path) => 'get' in paths[path] && !path.endsWith('/live') && !path.endsWith('/influxql'));
  const ids: Record<string, string> = {
    agents: 'ams1',
    targets: 'gw',
    incidents: '1',
    rules: 'x1',
    notifiers: 'x1',
    devices: 'sw1',
    backtests: backtest.json.id,
  };
  for (const path of reads) {
    const url = path
      .replace('{agent}/{target}/{probe}', 'ams1/gw/icmp')
      .replace(/^\/ping$/, '/ping?verbose=true')
      .replace('{node_id}', 'gw')
      .replace('{port}', 'gi0-1')
      .replace(/(\w+)\/\{id\}/, (_, noun: string) => `${noun}/${ids[noun] ?? 'x1'}`);
    const answer = await api.ask('GET', url, undefined, cookie);
    t.equal(answer.status, 200, `${url}: ${answer.text.slice(0, 200)}`);
    t.ok(answer.text.length > 2, url);
  }
  await api.stop();
});
