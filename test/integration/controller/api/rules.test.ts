import t, { type Test } from 'tap';
import { BacktestView } from '../../../../protocol/rule-view.ts';
import type { SeriesStore } from '../../../../controller/series/store.ts';
import type { Rule } from '../../../../protocol/rule.ts';
import { settle } from '../../../helpers/manual-clock.ts';
import { NOW, openTestApi, target, type TestApi } from '../../../helpers/api.ts';

const rule = (change: object = {}): object => ({ id: 'mine', name: 'Mine', threshold: 0.5, ...change });

const open = async (t: Test, store: Partial<SeriesStore> = {}): Promise<TestApi & { readonly admin: string }> => {
  const api = await openTestApi({ deps: (deps) => ({ ...deps, store: { ...deps.store, ...store } }) });
  t.teardown(api.stop);
  return { ...api, admin: await api.signInAs('admin') };
};

t.test('rules: made, read, replaced and removed; a second one of the same id is refused', async (t) => {
  const { ask, admin } = await open(t);
  t.match(await ask('POST', '/api/v1/rules', rule(), admin), { status: 201, json: { id: 'mine', threshold: 0.5, enabled: true } });
  t.equal((await ask('POST', '/api/v1/rules', rule(), admin)).status, 409);
  t.match((await ask('PUT', '/api/v1/rules/mine', rule({ threshold: 0.1 }), admin)).json, { threshold: 0.1 });
  t.match((await ask('GET', '/api/v1/rules/mine', undefined, admin)).json, { threshold: 0.1 });
  t.ok((await ask('GET', '/api/v1/rules', undefined, admin)).json.rules.some(({ id }: Rule) => id === 'mine'));
  t.equal((await ask('DELETE', '/api/v1/rules/mine', undefined, admin)).status, 204);
  t.equal((await ask('GET', '/api/v1/rules/mine', undefined, admin)).status, 404);
  t.equal((await ask('PUT', '/api/v1/rules/mine', rule(), admin)).status, 404);
});

t.test('rules: what cannot be is refused with its place, and nothing is changed', async (t) => {
  const { ask, admin } = await open(t);
  const paths = async (body: object): Promise<readonly string[]> =>
    (await ask('POST', '/api/v1/rules', body, admin)).json.errors.map(({ path }: { path: string }) => path);
  t.same(await paths(rule({ threshold: 'much' })), ['threshold']);
  t.same(await paths(rule({ notifiers: ['nobody'] })), ['notifiers[0]']);
  t.equal((await ask('GET', '/api/v1/rules/mine', undefined, admin)).status, 404);
});

t.test('rules: a viewer reads them and changes none', async (t) => {
  const api = await open(t);
  const viewer = await api.signInAs('viewer');
  t.equal((await api.ask('GET', '/api/v1/rules/standing', undefined, viewer)).status, 200);
  t.equal((await api.ask('POST', '/api/v1/rules', rule(), viewer)).status, 403);
  t.equal((await api.ask('POST', '/api/v1/rules/apply', { rules: [] }, viewer)).status, 403);
  t.equal((await api.ask('POST', '/api/v1/backtests', { rule: rule() }, viewer)).status, 403);
});

t.test('rules: a file is made true as a whole; a dry run only says what would change', async (t) => {
  const { ask, admin } = await open(t);
  const apply = async (body: object) => (await ask('POST', '/api/v1/rules/apply', body, admin)).json;
  await ask('POST', '/api/v1/rules', rule(), admin);
  await ask('POST', '/api/v1/rules', rule({ id: 'old', name: 'Old' }), admin);
  const file = { rules: [rule({ threshold: 0.7 }), rule({ id: 'new', name: 'New' })], prune: true };
  const planned = await apply({ ...file, dryRun: true });
  t.match(planned, { created: ['new'], changed: ['mine'], unchanged: [] });
  t.ok(planned.removed.includes('old'));
  t.match((await ask('GET', '/api/v1/rules/mine', undefined, admin)).json, { threshold: 0.5 });

  t.strictSame(await apply(file), planned);
  t.match((await ask('GET', '/api/v1/rules/mine', undefined, admin)).json, { threshold: 0.7 });
  t.equal((await ask('GET', '/api/v1/rules/old', undefined, admin)).status, 404);
  t.match(await apply(file), { created: [], changed: [], removed: [], unchanged: ['mine', 'new'] });
});

t.test('rules: a file with one bad rule changes nothing', async (t) => {
  const { ask, admin } = await open(t);
  const bad = await ask('POST', '/api/v1/rules/apply', { rules: [rule(), rule({ name: 'Twice' })] }, admin);
  t.match(bad, { status: 422, json: { errors: [{ path: 'rules[1].id', message: 'mine comes twice' }] } });
  t.equal((await ask('GET', '/api/v1/rules/mine', undefined, admin)).status, 404);
});

t.test('dependencies: kept as they were said', async (t) => {
  const { ask, admin } = await open(t);
  t.match((await ask('GET', '/api/v1/dependencies', undefined, admin)).json, { parents: {} });
  t.match((await ask('PUT', '/api/v1/dependencies', { parents: { gw: ['core'] } }, admin)).json, { parents: { gw: ['core'] } });
  t.match((await ask('GET', '/api/v1/dependencies', undefined, admin)).json, { parents: { gw: ['core'] } });
});

t.test('backtests: begun, looked at until it is done, and forgotten', async (t) => {
  const api = await open(t);
  const { ask, admin, test } = api;
  await ask('POST', '/api/v1/targets', target(), admin);
  await test.state.insertInto('answers').values({ target_id: 'gw', first_at: 1 }).execute();
  const minute = 60_000;
  const from = Math.floor(test.clock.now()) - 86_400_000;
  await test.store.write(
    Array.from({ length: 1_000 }, (_, i) => ({
      measurement: 'ping',
      tags: { agent: 'ams1', host: 'ams1', target: 'gw', task: 'gw/icmp' },
      at: from + i * minute,
      fields: {
        percent_packet_loss: i >= 300 && i < 330 ? 100 : 0,
        packets_transmitted: 10,
        unknown: 0,
        duration_ms: minute,
        interval_ms: minute,
        failed: 0,
      },
    })),
  );
  const started = await ask('POST', '/api/v1/backtests', { rule: rule({ forMs: 300_000 }), days: 1 }, admin);
  t.match(started, { status: 202, json: { rule: 'mine', state: 'running', progress: 0 } });
  const look = async (): Promise<BacktestView> =>
    BacktestView.parse((await ask('GET', `/api/v1/backtests/${started.json.id}`, undefined, admin)).json);
  let view = await look();
  for (let turn = 0; turn < 100 && view.state === 'running'; turn += 1) {
    await settle();
    view = await look();
  }
  t.equal(view.state, 'done', view.error ?? '');
  t.match(view, { progress: 1, result: { series: 1, incidentCount: 1 } });
  t.match(view.result?.incidents, [{ resolvedAt: Number, maintenance: false }]);

  t.equal((await ask('DELETE', `/api/v1/backtests/${view.id}`, undefined, admin)).status, 204);
  t.equal((await ask('GET', `/api/v1/backtests/${view.id}`, undefined, admin)).status, 404);
  t.equal((await ask('DELETE', `/api/v1/backtests/${view.id}`, undefined, admin)).status, 404);
});

t.test('backtests: one that runs is stopped; a third at once is refused', async (t) => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<never[]>();
  const slow: Pick<SeriesStore, 'query'> = { query: () => answered };
  const { ask, admin } = await open(t, slow);
  const begin = () => ask('POST', '/api/v1/backtests', { rule: rule(), days: 90 }, admin);
  const [first, second, third] = [await begin(), await begin(), await begin()];
  t.same([first.status, second.status], [202, 202]);
  t.match(third, { status: 429, json: { detail: /two backtests run already/ } });
  t.equal((await ask('DELETE', `/api/v1/backtests/${first.json.id}`, undefined, admin)).status, 204);
  answer([]);
  let state = 'running';
  for (let turn = 0; turn < 200 && state === 'running'; turn += 1) {
    await settle();
    ({ state } = (await ask('GET', `/api/v1/backtests/${first.json.id}`, undefined, admin)).json);
  }
  t.equal(state, 'cancelled');
});

t.test('silences: the preview says which open incidents it would mute', async (t) => {
  const { ask, admin, test } = await open(t);
  const members = JSON.stringify([{ series: 'ams1 gw/icmp', agent: 'ams1', target: 'gw', value: 0.5, since: NOW }]);
  const row = { rule_id: 'high-loss', cause: 'target:gw', title: 'High loss at gw', severity: 'critical', state: 'firing' } as const;
  const open_ = { opened_at: NOW, resolved_at: null, acknowledged_at: null, acknowledged_by: null };
  await test.state
    .insertInto('incidents')
    .values({ ...row, members, ...open_ })
    .execute();
  const preview = async (match: object) => (await ask('POST', '/api/v1/silences/preview', match, admin)).json;
  t.match(await preview({ rules: ['high-loss'] }), { open: [{ id: 1 }] });
  t.match(await preview({ rules: ['another'] }), { open: [] });
});

t.test('maintenance: made, looked at, replaced, removed, with its next times', async (t) => {
  const { ask, admin } = await open(t);
  const schedule = { kind: 'cron', pattern: '0 22 * * *', timeZone: 'Europe/Berlin', lengthMinutes: 480 };
  const window = { id: 'night', name: 'Night', schedule };
  t.match(await ask('POST', '/api/v1/maintenance/preview', window, admin), { status: 200 });
  t.equal((await ask('GET', '/api/v1/maintenance/night', undefined, admin)).status, 404, 'a preview keeps nothing');
  t.match(await ask('POST', '/api/v1/maintenance', window, admin), { status: 201, json: { id: 'night' } });
  t.match((await ask('PUT', '/api/v1/maintenance/night', { ...window, name: 'Nights' }, admin)).json, { name: 'Nights' });
  t.match((await ask('GET', '/api/v1/maintenance', undefined, admin)).json, { maintenance: [{ name: 'Nights' }] });
  t.equal((await ask('DELETE', '/api/v1/maintenance/night', undefined, admin)).status, 204);
  t.match((await ask('GET', '/api/v1/maintenance', undefined, admin)).json, { maintenance: [] });
});
