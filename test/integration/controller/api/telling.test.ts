import t from 'tap';
import { NOW, openTestApi } from '../../../helpers/api.ts';

t.test('notifiers: no secret comes back, one that is left out stays, an empty one goes', async (t) => {
  const api = await openTestApi();
  t.teardown(api.stop);
  const admin = await api.signInAs('admin');
  const hook = { id: 'hook', kind: 'webhook', url: 'https://hooks.example.net/x' };

  t.equal((await api.ask('POST', '/api/v1/notifiers', { ...hook, hmacSecret: 'quite-secret' }, admin)).status, 201);
  const kept = await api.ask('GET', '/api/v1/notifiers/hook', undefined, admin);
  t.match(kept.json, { url: hook.url, secrets: ['hmacSecret'], health: { state: 'unused', waiting: 0 } });
  t.notMatch(kept.text, 'quite-secret');
  t.notMatch(JSON.stringify(await api.test.state.selectFrom('notifiers').selectAll().execute()), /quite-secret|hooks\.example/);
  t.same((await api.ask('PUT', '/api/v1/notifiers/hook', hook, admin)).json.secrets, ['hmacSecret']);
  t.same((await api.ask('PUT', '/api/v1/notifiers/hook', { ...hook, hmacSecret: '' }, admin)).json.secrets, []);
  t.match((await api.ask('POST', '/api/v1/notifiers', { id: 'p', kind: 'pagerduty' }, admin)).json, {
    status: 422,
    errors: [{ path: 'routingKey', message: 'is needed, and none is kept' }],
  });
  t.match(
    (await api.ask('POST', '/api/v1/notifiers', { ...hook, id: 'q', template: { text: '{{titel}}' } }, admin)).json.detail,
    /there is no word \{\{titel\}\}/,
  );
});

t.test('notifiers: a test goes through the carrier, and says what came of it', async (t) => {
  const sent: string[] = [];
  const api = await openTestApi({
    deps: (deps) => ({
      ...deps,
      send: async (parcel) => {
        sent.push(parcel.by === 'http' ? parcel.body : '');
        return sent.length === 1 ? { status: 200 } : { status: 404, said: 'no_service' };
      },
    }),
  });
  t.teardown(api.stop);
  const admin = await api.signInAs('admin');
  const chat = { id: 'chat', kind: 'slack', url: 'https://hooks.example.net/services/T/B/secretpart' };

  t.match((await api.ask('POST', '/api/v1/notifiers/test', chat, admin)).json, { ok: true });
  t.match(sent[0], /TEST .*nothing is wrong/);
  await api.ask('POST', '/api/v1/notifiers', chat, admin);
  t.match((await api.ask('POST', '/api/v1/notifiers/chat/test', undefined, admin)).json, {
    ok: false,
    said: 'the receiver answered 404: no_service',
  });
});

t.test('routes and maintenance: what cannot be is refused with its place', async (t) => {
  const api = await openTestApi();
  t.teardown(api.stop);
  const admin = await api.signInAs('admin');
  const route = { id: 'r', name: 'R', steps: [{ notifiers: ['nobody'] }] };
  const window = (schedule: object): object => ({ id: 'm', name: 'M', schedule });

  t.match((await api.ask('PUT', '/api/v1/routes', { routes: [route] }, admin)).json, {
    status: 422,
    errors: [{ path: 'routes[0].steps[0].notifiers', message: 'there is no notifier nobody' }],
  });
  const cron = { kind: 'cron', pattern: '0 2 * * 0', timeZone: 'Europe/Nowhere', lengthMinutes: 60 };
  t.match((await api.ask('POST', '/api/v1/maintenance', window(cron), admin)).json.detail, /a time zone such as Europe\/Berlin/);
  t.match((await api.ask('POST', '/api/v1/maintenance', window({ ...cron, timeZone: 'UTC', pattern: '99 2 * * 0' }), admin)).json.errors, [
    { path: 'schedule.pattern' },
  ]);
  const made = await api.ask('POST', '/api/v1/maintenance', window({ ...cron, timeZone: 'Europe/Berlin' }), admin);
  t.equal(made.status, 201, made.text);
  t.equal(made.json.next.length, 3);
});

t.test('silences: by an end or by a length, never in the past; ended at once', async (t) => {
  const api = await openTestApi();
  t.teardown(api.stop);
  const operator = await api.signInAs('operator');
  const silence = (change: object): object => ({ match: {}, comment: 'work', ...change });

  t.equal((await api.ask('POST', '/api/v1/silences', silence({ endsAt: NOW - 1 }), operator)).status, 422);
  t.equal((await api.ask('POST', '/api/v1/silences', silence({}), operator)).status, 422);
  const made = await api.ask('POST', '/api/v1/silences', silence({ forMs: 60_000 }), operator);
  t.match(made.json, { id: 1, state: 'active', createdBy: 'operator' });
  t.equal(made.json.endsAt - made.json.startsAt, 60_000);
  t.match((await api.ask('DELETE', '/api/v1/silences/1', undefined, operator)).json, { state: 'over' });
  t.match((await api.ask('POST', '/api/v1/silences/preview', {}, operator)).json, { open: [], pairsTotal: 0 });
});
