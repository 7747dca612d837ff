import t from 'tap';
import { IncidentDetail, IncidentList, Overview, TokenCreated, TokenList } from '../../../../protocol/api.ts';
import { EnrolmentToken } from '../../../../protocol/enrolment.ts';
import { NOW, onlineStatus, openTestApi, type TestApi, target } from '../../../helpers/api.ts';

const addIncident = async ({ test }: TestApi, change: object = {}): Promise<void> => {
  const row = {
    rule_id: 'high-loss',
    cause: 'target:gw',
    title: 'High loss at gw',
    severity: 'critical',
    state: 'firing',
    opened_at: NOW,
  } as const;
  const members = JSON.stringify([{ series: 'ams1 gw/icmp', agent: 'ams1', target: 'gw', value: 0.5, since: NOW }]);
  const open = { resolved_at: null, acknowledged_at: null, acknowledged_by: null };
  await test.state
    .insertInto('incidents')
    .values({ ...row, members, ...open, ...change })
    .execute();
};

t.test('incidents: listed newest first, with their timeline and what was sent', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('viewer');
  await addIncident(api);
  await addIncident(api, { state: 'resolved', opened_at: NOW - 5_000, resolved_at: NOW });
  await api.test.state.insertInto('incident_events').values({ incident_id: 1, at: NOW, kind: 'opened', detail: 'loss 50 %' }).execute();

  const list = async (query: string) =>
    IncidentList.parse((await api.ask('GET', `/api/v1/incidents${query}`, undefined, cookie)).json).incidents.map(({ id }) => id);
  t.same(await list(''), [1, 2]);
  t.same(await list('?state=resolved'), [2]);
  t.same(await list('?limit=1'), [1]);
  t.match(IncidentDetail.parse((await api.ask('GET', '/api/v1/incidents/1', undefined, cookie)).json), {
    title: 'High loss at gw',
    events: [{ kind: 'opened' }],
    notifications: [],
  });
  t.equal((await api.ask('GET', '/api/v1/incidents/99', undefined, cookie)).status, 404);
  t.equal((await api.ask('GET', '/api/v1/incidents/x', undefined, cookie)).status, 400);
  await api.stop();
});

t.test('incidents: the first who acknowledges stands, and it is in the timeline', async (t) => {
  const api = await openTestApi();
  await addIncident(api);
  const [operator, admin] = [await api.signInAs('operator'), await api.signInAs('admin')];

  t.match((await api.ask('POST', '/api/v1/incidents/1/acknowledge', undefined, operator)).json, {
    acknowledgedBy: 'operator',
    events: [{ kind: 'acknowledged' }],
  });
  const again = (await api.ask('POST', '/api/v1/incidents/1/acknowledge', undefined, admin)).json;
  t.match(again, { acknowledgedBy: 'operator' });
  t.equal(again.events.length, 1);
  t.equal((await api.ask('POST', '/api/v1/incidents/9/acknowledge', undefined, admin)).status, 404);
  await api.stop();
});

t.test('rules and notifiers: made, replaced, deleted; neither may point at nothing', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const rule = { id: 'slow', name: 'Slow', field: 'rtt_median_ms', threshold: 80, notifiers: ['noc'] };
  const notifier = { id: 'noc', kind: 'webhook', url: 'https://noc.example.net/hook' };
  const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => api.ask(method, `/api/v1${path}`, body, cookie);

  t.match(await ask('POST', '/rules', rule), {
    status: 422,
    json: { errors: [{ path: 'notifiers[0]', message: 'there is no notifier noc' }] },
  });
  t.match(await ask('POST', '/notifiers', notifier), { status: 201, json: { id: 'noc', allowPrivate: false } });
  t.equal((await ask('POST', '/notifiers', { ...notifier, url: 'ftp://noc.example.net' })).status, 422);
  t.match(await ask('POST', '/rules', rule), { status: 201, json: { forMs: 60_000, enabled: true } });
  t.equal((await ask('POST', '/rules', rule)).status, 409);
  t.match(await ask('PUT', '/rules/slow', { ...rule, enabled: false }), { status: 200, json: { enabled: false } });
  t.match(await api.test.state.selectFrom('rules').selectAll().where('id', '=', 'slow').execute(), [{ enabled: 0 }]);
  t.equal((await ask('DELETE', '/notifiers/noc')).status, 409);
  t.equal((await ask('DELETE', '/rules/slow')).status, 204);
  t.equal((await ask('DELETE', '/rules/slow')).status, 404);
  t.equal((await ask('DELETE', '/notifiers/noc')).status, 204);
  t.same((await ask('GET', '/notifiers')).json, { notifiers: [] });
  t.notMatch(JSON.stringify((await ask('GET', '/audit')).json), /noc\.example\.net/);
  await api.stop();
});

t.test('tokens: the secret is shown once', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const made = TokenCreated.parse((await api.ask('POST', '/api/v1/tokens', { uses: 3, labels: { site: 'fra' } }, cookie)).json);

  t.ok(EnrolmentToken.safeParse(made.token).success);
  t.match(made, { usesLeft: 3, createdBy: 'admin', command: /agent register .*sonde_/ });
  const listed = await api.ask('GET', '/api/v1/tokens', undefined, cookie);
  t.match(TokenList.parse(listed.json).tokens, [{ id: made.id, revokedAt: null }]);
  t.notMatch(listed.text, new RegExp(made.token.split('_')[2] ?? '-'));
  t.equal((await api.ask('DELETE', `/api/v1/tokens/${made.id}`, undefined, cookie)).status, 204);
  t.equal((await api.ask('DELETE', '/api/v1/tokens/00000000', undefined, cookie)).status, 404);
  await api.stop();
});

t.test('overview: counts what is there', async (t) => {
  const api = await openTestApi({ agents: ['ams1', 'fra1'] });
  const cookie = await api.signInAs('operator');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  await addIncident(api);
  api.test.send('ams1', 'status', onlineStatus());
  await api.test.clock.advance(1_500);

  t.match(Overview.parse((await api.ask('GET', '/api/v1/overview', undefined, cookie)).json), {
    site: 'Test site',
    agents: { online: 1, degraded: 0, off: 0, total: 2 },
    targets: { total: 1, ok: 0, grey: 1 },
    spoolBacklog: 3,
    openIncidents: 1,
    roundsStored: 0,
    roundsPerSecond: 0,
    dataDirectory: '/var/lib/sonde',
    dataBytes: 12_345,
  });
  await api.stop();
});
