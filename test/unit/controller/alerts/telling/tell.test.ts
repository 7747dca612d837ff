import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { noteFailure, noteWorks } from '../../../../../controller/alerts/telling/failing-notifier.ts';
import { openReminders } from '../../../../../controller/alerts/telling/reminders.ts';
import { ROUTES_KEY, tell } from '../../../../../controller/alerts/telling/tell.ts';
import { openState } from '../../../../../controller/state/database.ts';
import type { Route } from '../../../../../protocol/mute.ts';
import { makeManualClock } from '../../../../helpers/manual-clock.ts';

const MINUTE = 60_000;

const open = async (t: Test, routes: readonly Partial<Route>[] = [], notifiers: readonly string[] = ['hook']) => {
  const state = openState(new DatabaseSync(':memory:'));
  t.teardown(() => state.destroy());
  const clock = makeManualClock();
  const now = (): number => Math.floor(clock.now());
  const reminders = openReminders({ state, clock, everyMs: 10_000 });
  for (const id of notifiers)
    await state
      .insertInto('notifiers')
      .values({ id, document: JSON.stringify({ id, kind: 'webhook', sendResolved: id !== 'quiet' }), updated_at: 0 })
      .execute();
  await state
    .insertInto('settings')
    .values({ key: ROUTES_KEY, value: JSON.stringify(routes.map((route, index) => ({ id: `r${index}`, name: 'R', ...route }))) })
    .execute();
  const say = (id: number): Promise<void> => state.transaction().execute((trx) => tell(trx, [id], now()));
  return {
    state,
    now,
    say,
    reminders,
    wait: async (ms: number): Promise<void> => {
      await clock.advance(ms);
      await reminders.tick();
    },
    async begin(cause = 'target:gw', severity: 'warning' | 'critical' = 'critical'): Promise<number> {
      const members = [{ series: 'ams1/gw/icmp', agent: 'ams1', target: 'gw', value: 1, since: now() }];
      const row = { rule_id: 'high-loss', title: 'High loss', state: 'firing' as const, resolved_at: null };
      const { id } = await state
        .insertInto('incidents')
        .values({
          ...row,
          cause,
          severity,
          opened_at: now(),
          acknowledged_at: null,
          acknowledged_by: null,
          members: JSON.stringify(members),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await say(id);
      return id;
    },
    async end(id: number): Promise<void> {
      await state.updateTable('incidents').set({ state: 'resolved', resolved_at: now() }).where('id', '=', id).execute();
      await say(id);
    },
    async acknowledge(id: number): Promise<void> {
      await state.updateTable('incidents').set({ acknowledged_at: now(), acknowledged_by: 'ines' }).where('id', '=', id).execute();
    },
    async silence(minutes: number, match: object = {}): Promise<void> {
      const row = { match: JSON.stringify(match), starts_at: now(), ends_at: now() + minutes * MINUTE, created_at: now() };
      await state
        .insertInto('silences')
        .values({ ...row, comment: 'work', created_by: 'ines' })
        .execute();
    },
    delivered: () => state.updateTable('outbox').set({ state: 'delivered' }).execute(),
    async told(): Promise<string[]> {
      const rows = await state.selectFrom('outbox').select(['notifier_id', 'news']).orderBy('id').execute();
      return rows.map((row) => `${row.notifier_id} ${row.news}`);
    },
  };
};

t.test('tell: the beginning and the end, once each, however often it is looked at', async (t) => {
  const it = await open(t);
  const id = await it.begin();
  await it.say(id);
  await it.wait(MINUTE);
  await it.end(id);
  await it.say(id);

  t.same(await it.told(), ['hook firing', 'hook resolved']);
});

t.test('tell: who does not want to hear of ends does not', async (t) => {
  const it = await open(t, [], ['hook', 'quiet']);
  await it.end(await it.begin());

  t.same(await it.told(), ['hook firing', 'quiet firing', 'hook resolved']);
});

t.test('tell: what became worse is said again, what stays is not', async (t) => {
  const it = await open(t);
  const id = await it.begin('target:gw', 'warning');
  await it.state.updateTable('incidents').set({ severity: 'critical' }).where('id', '=', id).execute();
  await it.say(id);
  await it.say(id);

  t.same(await it.told(), ['hook firing', 'hook firing']);
});

t.test('tell: a silence mutes the beginning and the end; what outlasts it is told when it is over', async (t) => {
  const it = await open(t);
  await it.silence(5);
  const short = await it.begin();
  await it.wait(MINUTE);
  await it.end(short);
  t.same(await it.told(), [], 'muted from begin to end');

  await it.begin('target:other');
  await it.wait(3 * MINUTE);
  t.same(await it.told(), []);
  await it.wait(2 * MINUTE);
  t.same(await it.told(), ['hook firing']);
});

t.test('tell: an end is told to whom the beginning was, also under a silence', async (t) => {
  const it = await open(t);
  const id = await it.begin();
  await it.silence(5);
  await it.end(id);

  t.same(await it.told(), ['hook firing', 'hook resolved']);
});

t.test('tell: a silence of another target mutes nothing', async (t) => {
  const it = await open(t);
  await it.silence(5, { targets: { in: { target: ['other'] }, notIn: {} } });
  await it.begin();

  t.same(await it.told(), ['hook firing']);
});

t.test('tell: a maintenance window mutes while it is on, by its wall clock', async (t) => {
  const it = await open(t);
  const from = new Date(it.now() - MINUTE);
  const schedule = { kind: 'cron', pattern: `${from.getUTCMinutes()} ${from.getUTCHours()} * * *`, timeZone: 'UTC', lengthMinutes: 10 };
  await it.state
    .insertInto('maintenance')
    .values({ id: 'm', document: JSON.stringify({ id: 'm', name: 'M', schedule }), updated_at: 0 })
    .execute();
  await it.begin();
  await it.wait(5 * MINUTE);
  t.same(await it.told(), []);
  await it.wait(5 * MINUTE);

  t.same(await it.told(), ['hook firing']);
});

t.test('tell: the next step comes when nobody has acknowledged it', async (t) => {
  const steps = [
    { afterMs: 0, notifiers: ['first'] },
    { afterMs: 10 * MINUTE, notifiers: ['second'] },
  ];
  const it = await open(t, [{ steps }], ['first', 'second']);
  const id = await it.begin();
  await it.begin('target:looked-after').then(it.acknowledge);
  await it.wait(9 * MINUTE);
  t.same(await it.told(), ['first firing', 'first firing']);
  await it.wait(MINUTE);
  t.same(await it.told(), ['first firing', 'first firing', 'second firing']);
  await it.end(id);

  t.same((await it.told()).slice(3), ['first resolved', 'second resolved'], 'the end goes to both');
});

t.test('tell: it is said again at the interval, until it is acknowledged; a receiver that is away gets one, not a pile', async (t) => {
  const it = await open(t, [{ steps: [{ afterMs: 0, notifiers: ['hook'] }], repeatMs: 10 * MINUTE }]);
  const id = await it.begin();
  await it.wait(30 * MINUTE);
  t.same(await it.told(), ['hook firing'], 'the first is not delivered yet');
  await it.delivered();
  await it.wait(10 * MINUTE);
  t.same(await it.told(), ['hook firing', 'hook repeated']);
  await it.delivered();
  await it.acknowledge(id);
  await it.wait(60 * MINUTE);

  t.same(await it.told(), ['hook firing', 'hook repeated']);
});

t.test('tell: a beginning and an end between two looks are both told', async (t) => {
  const it = await open(t);
  const row = { rule_id: 'high-loss', title: 'X', severity: 'critical' as const, state: 'resolved' as const, members: '[]' };
  const { id } = await it.state
    .insertInto('incidents')
    .values({ ...row, cause: 'target:gw', opened_at: it.now() - 5, resolved_at: it.now(), acknowledged_at: null, acknowledged_by: null })
    .returning('id')
    .executeTakeFirstOrThrow();
  await it.say(id);

  t.same(await it.told(), ['hook firing', 'hook resolved']);
});

t.test(
  'tell: a notifier that fails for two minutes is an incident that the others are told of, until it works or is removed',
  async (t) => {
    const it = await open(t, [], ['hook', 'mail']);
    const fail = (since: number, isLast = false): Promise<boolean> =>
      it.state.transaction().execute((trx) => noteFailure(trx, { notifier: 'hook', since, isLast, reason: 'no answer', now: it.now() }));
    const works = (): Promise<boolean> => it.state.transaction().execute((trx) => noteWorks(trx, 'hook', it.now(), 'works'));

    t.equal(await fail(it.now() - MINUTE), false, 'not yet');
    t.equal(await fail(it.now() - 2 * MINUTE), true);
    t.equal(await fail(it.now() - 3 * MINUTE), false, 'once');
    t.same(await it.told(), ['mail firing']);
    t.equal(await works(), true);
    t.equal(await works(), false);
    t.same(await it.told(), ['mail firing', 'mail resolved']);

    await it.wait(MINUTE);
    t.equal(await fail(it.now(), true), true, 'refused for good');
    await it.state.deleteFrom('notifiers').where('id', '=', 'hook').execute();
    await it.wait(MINUTE);
    t.same((await it.told()).slice(2), ['mail firing', 'mail resolved']);
  },
);
