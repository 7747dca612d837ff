import t from 'tap';
import { Target, type TargetInput } from '../../../protocol/target.ts';
import { enrol, makeDisks, openTestController, type TestController } from '../../helpers/controller.ts';
import { settle } from '../../helpers/manual-clock.ts';

const target = (id: string, change: Partial<TargetInput> = {}): Target =>
  Target.parse({ id, name: id, address: `${id}.example.net`, tasks: [{ options: { kind: 'icmp' } }], ...change });
const tasks = (test: TestController, agent: string): unknown =>
  test
    .configs(agent)
    .at(-1)
    ?.tasks.map(({ id }) => id);
const online = (applied: { generation: number; revision: number } | null, change: object = {}): object => ({
  v: 1,
  state: 'online',
  epoch: '00112233aabbccdd',
  version: '0.1.0',
  hostname: 'host-1',
  capabilities: ['icmp'],
  applied,
  mayBeStale: false,
  clock: null,
  spool: { rounds: 0, bytes: 0, capBytes: 1_000, dropped: 0 },
  packetsPerSecond: 0,
  health: { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 },
  ...change,
});

t.test('fleet: a saved target reaches the agents that match, signed, retained, and nobody else', async (t) => {
  const test = await openTestController({ agents: ['ams1', 'fra1'] });
  const before = test.broker.sent.length;

  t.same(await test.controller.fleet.createTarget(target('gw', { agents: { in: { agent: ['ams1'] } } }), 'alice'), {
    ok: true,
    revision: 1,
    agents: ['ams1'],
  });

  const sent = test.broker.sent.slice(before);
  t.same(
    sent.map(({ topic, options }) => [topic, options.retain]),
    [
      ['sonde/v1/ams1/config', true],
      ['sonde/v1/ams1/config/latest', true],
    ],
  );
  t.match(test.configs('ams1').at(-1), {
    kind: 'config',
    agent: 'ams1',
    generation: 1,
    revision: 1,
    tasks: [{ id: 'gw/icmp', target: { address: 'gw.example.net' } }],
  });
  t.match(test.latests('ams1').at(-1), { kind: 'latest', agent: 'ams1', generation: 1, revision: 1, at: test.clock.now() });
  t.ok(test.configs('fra1').every(({ revision, tasks: of }) => revision === 0 && of.length === 0));
  t.match(await test.state.selectFrom('audit').select(['actor', 'action']).execute(), [{ actor: 'alice', action: 'target-create' }]);
  await test.stop();
});

t.test('fleet: exists, not found, two tasks of a kind, over budget: each is refused with the reason and changes nothing', async (t) => {
  const test = await openTestController({ agents: ['ams1', 'fra1'], tuning: { targetPacketsPerSecond: 3 } });
  const { fleet } = test.controller;
  await fleet.createTarget(target('gw'), 'alice');
  const sent = test.broker.sent.length;

  t.same(await fleet.createTarget(target('gw'), 'a'), {
    ok: false,
    why: 'exists',
    problems: [{ path: 'id', message: 'there is a target gw already' }],
  });
  t.match(await fleet.replaceTarget(target('none'), 'a'), { ok: false, why: 'not-found' });
  t.match(await fleet.removeTarget('none', 'a'), { ok: false, why: 'not-found' });
  t.match(await fleet.createTarget(target('x', { tasks: [{ options: { kind: 'icmp' } }, { options: { kind: 'icmp' } }] }), 'a'), {
    why: 'invalid',
    problems: [{ path: 'tasks[1].options.kind' }],
  });
  t.match(
    await fleet.createTarget(
      target('x', { address: 'GW.example.net', tasks: [{ intervalMs: 2_000, options: { kind: 'icmp', count: 4, spacingMs: 100 } }] }),
      'a',
    ),
    {
      why: 'over-budget',
      problems: [
        {
          message:
            '2 agents × 2 packets/s = 4 and 2 from other targets with this address: 6 packets/s at GW.example.net; the limit for one address is 3',
        },
      ],
    },
  );

  t.equal(await fleet.revision(), 1);
  t.equal(test.broker.sent.length, sent);
  t.match(await fleet.dryRun(target('gw', { tasks: [{ intervalMs: 20_000, options: { kind: 'icmp' } }] })), {
    ok: true,
    agents: [{ id: 'ams1', online: false, packetsPerSecondNow: 1, packetsPerSecondAdded: -0.5 }, { id: 'fra1' }],
    tasks: 1,
    packetsPerSecondAtTarget: 1,
    packetsPerSecondAtTargetLimit: 3,
    newSeries: 0,
  });
  await test.stop();
});

t.test('fleet: labels move targets between agents; a revoked agent is forgotten by the broker and heard no more', async (t) => {
  const test = await openTestController({ agents: ['ams1', 'fra1'] });
  const { fleet } = test.controller;
  await fleet.createTarget(target('gw', { agents: { in: { tier: ['edge'] } } }), 'alice');
  t.same(tasks(test, 'ams1'), []);

  t.same(await fleet.setLabels('ams1', { tier: 'edge' }, 'alice'), { ok: true, revision: 2, agents: ['ams1'] });
  t.same(tasks(test, 'ams1'), ['gw/icmp']);

  await test.state.insertInto('certificates').values({ serial: '01', agent_id: 'ams1', expires_at: 9e12, revoked_at: null }).execute();
  t.match(await fleet.revokeAgent('ams1', 'alice'), { ok: true });
  t.same(
    test.broker.sent.slice(-2).map(({ topic, payload }) => [topic, payload.length]),
    [
      ['sonde/v1/ams1/config', 0],
      ['sonde/v1/ams1/config/latest', 0],
    ],
  );
  t.match(await test.state.selectFrom('certificates').selectAll().execute(), [{ revoked_at: test.clock.now() }]);
  test.send('ams1', 'status', online(null));
  t.equal(
    test.controller.agents().some(({ id }) => id === 'ams1'),
    false,
  );
  t.equal(test.controller.counters().messagesRefused, 1);
  t.match(await fleet.revokeAgent('ams1', 'alice'), { ok: false, why: 'not-found' });
  await test.stop();
});

t.test('fleet: a restart publishes the same bytes again, and what nobody changed gets no new revision', async (t) => {
  const disks = makeDisks();
  const first = await openTestController({ disks });
  await first.controller.fleet.createTarget(target('gw'), 'alice');
  const [bytes] = first.broker.sent.filter(({ topic }) => topic === 'sonde/v1/ams1/config').slice(-1);
  await first.stop();

  const second = await openTestController({ disks, signer: first.signer });
  t.same(
    second.broker.sent.filter(({ topic }) => topic === 'sonde/v1/ams1/config').map(({ payload }) => payload),
    [bytes?.payload],
  );
  second.broker.sent.length = 0;
  second.broker.forget();
  await settle();
  t.same(
    second.broker.sent.map(({ topic }) => topic),
    ['sonde/v1/ams1/config', 'sonde/v1/ams1/config/latest'],
  );
  await second.stop();
});

t.test('fleet: what is the latest is dated again every few minutes', async (t) => {
  const test = await openTestController({ tuning: { latestEveryMs: 120_000 } });
  await test.clock.advance(600_000);
  const dates = test.latests('ams1').map(({ at }) => at);
  t.ok(dates.length >= 5 && dates.length <= 8, `${dates.length} in ten minutes`);
  t.same(
    dates,
    dates.toSorted((a, b) => a - b),
  );
  await test.stop();
});

t.test('fleet: an agent that enrols gets its configuration; enrolled again with other labels it gets a higher revision', async (t) => {
  const test = await openTestController();
  await test.controller.fleet.createTarget(target('gw', { agents: { in: { tier: ['edge'] } } }), 'alice');

  await enrol(test.state, 'new1');
  await test.controller.agentsChanged();
  t.same(
    test.configs('new1').map(({ revision, tasks: of }) => [revision, of.length]),
    [[1, 0]],
  );

  await test.state.updateTable('agents').set({ labels: '{"tier":"edge"}' }).where('id', '=', 'new1').execute();
  await test.controller.agentsChanged();
  t.same(
    test.configs('new1').map(({ revision, tasks: of }) => [revision, of.length]),
    [
      [1, 0],
      [2, 1],
    ],
  );
  t.match(await test.state.selectFrom('revisions').select(['revision', 'author']).orderBy('revision', 'desc').executeTakeFirst(), {
    revision: 2,
    author: 'system',
  });
  await test.stop();
});

t.test('fleet: an agent that is ahead of a restored backup raises the generation, once, and not by a lie', async (t) => {
  const test = await openTestController();
  await test.controller.fleet.createTarget(target('gw'), 'alice');

  test.send('ams1', 'status', online({ generation: 1, revision: 9 }));
  test.send('ams1', 'status', online({ generation: 1, revision: 9 }));
  await test.clock.advance(100);
  t.equal(test.signer.generation(), 2);
  t.match(test.configs('ams1').at(-1), { generation: 2, revision: 1 });

  await test.clock.advance(61_000);
  test.send('ams1', 'status', online({ generation: 2 ** 50, revision: 1 }));
  await test.clock.advance(100);
  t.equal(test.signer.generation(), 2, 'an absurd number is not believed');

  await test.clock.advance(61_000);
  test.send('ams1', 'config/report', {
    v: 1,
    result: 'rejected',
    generation: 2,
    revision: 1,
    reason: 'same-revision-other-content',
    details: [],
  });
  await test.clock.advance(100);
  t.equal(test.signer.generation(), 3);
  await test.stop();
});

t.test('presence: a status is kept, shown, and survives a restart; who does not come back is off after the grace', async (t) => {
  const disks = makeDisks();
  const first = await openTestController({ disks, tuning: { graceMs: 60_000 } });
  first.send('ams1', 'status', online({ generation: 1, revision: 0 }));
  first.send('ams1', 'config/report', { v: 1, result: 'applied', generation: 1, revision: 0, started: 0, stopped: 0 });
  first.send('ams1', 'event', { v: 1, at: 5, level: 'warning', event: 'guard-rail', message: 'too fast' });
  t.match(first.controller.agents(), [{ id: 'ams1', online: true, status: { hostname: 'host-1' }, report: { result: 'applied' } }]);
  await first.clock.advance(1_500);
  t.match(await first.state.selectFrom('agents').selectAll().execute(), [{ online: 1, hostname: 'host-1' }]);
  t.match(await first.state.selectFrom('agent_events').selectAll().execute(), [{ agent_id: 'ams1', event: 'guard-rail' }]);
  await first.stop();

  const second = await openTestController({ disks, clock: first.clock, signer: first.signer, tuning: { graceMs: 60_000 } });
  t.match(second.controller.agents(), [{ id: 'ams1', online: true, waiting: true, status: { hostname: 'host-1' } }]);
  await second.clock.advance(59_000);
  t.match(second.controller.agents(), [{ online: true }]);
  await second.clock.advance(3_000);
  t.match(second.controller.agents(), [{ online: false, waiting: false, reason: 'not-back' }]);
  t.match(await second.state.selectFrom('presence').select('state').orderBy('from_at').execute(), [{ state: 'online' }, { state: 'off' }]);
  second.send('ams1', 'status', online(null));
  second.send('ams1', 'status', { v: 1, state: 'offline', reason: 'line-cut' });
  t.match(second.controller.agents(), [{ online: false, reason: 'line-cut' }]);
  t.match(second.controller.counters(), { agentsOnline: 0, agentsOffline: 1 });
  await second.stop();
});

t.test("clock: a request is answered in the controller's own time, with the agent's stamp untouched", async (t) => {
  const test = await openTestController();
  test.clock.stepWall(3_600_000);
  test.send('ams1', 'clock/request', { v: 1, t1: 12.25 });
  const [reply] = test.broker.sent.filter(({ topic }) => topic === 'sonde/v1/ams1/clock/reply');
  const body = JSON.parse(Buffer.from(reply?.payload ?? []).toString());
  t.match(body, { v: 1, t1: 12.25 });
  t.equal(body.t2, 1_800_000_000_000, 'not the stepped wall clock');
  t.ok(body.t3 >= body.t2);
  t.equal(reply?.options.qos, 0);
  await test.stop();
});

t.test('tokens: the secret is told once and kept as a hash; revoked is revoked', async (t) => {
  const test = await openTestController();
  const { fleet } = test.controller;
  const { token, view } = await fleet.createToken({ uses: 3, expiresInMs: 60_000, labels: { site: 'ams' } }, 'ab'.repeat(32), 'alice');

  const secret = token.split('_')[2] ?? '';
  t.match(token, new RegExp(`^sonde_${view.id}_[0-9a-f]{64}_${'ab'.repeat(32)}$`));
  t.notOk(JSON.stringify(await test.state.selectFrom('tokens').selectAll().execute()).includes(secret));
  t.notOk(JSON.stringify(await test.state.selectFrom('audit').selectAll().execute()).includes(secret));
  t.match(await fleet.tokens(), [{ id: view.id, usesLeft: 3, revokedAt: null, labels: { site: 'ams' }, agents: [] }]);
  t.match(await fleet.revokeToken(view.id, 'alice'), { ok: true });
  t.match(await fleet.tokens(), [{ revokedAt: test.clock.now() }]);
  t.match(await fleet.revokeToken('00000000', 'alice'), { ok: false, why: 'not-found' });
  await test.stop();
});
