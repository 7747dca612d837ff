import t from 'tap';
import { Timekeeper } from '../../../../agent/time/timekeeper.ts';
import { exchange, makeTestHost, openSpool, roundNow, type TestHost } from '../../../helpers/agent.ts';

const HOUR = 3_600_000;

/** Commits one round now and stamps it as if it were sent. Returns the stamp and the truth. */
const stampAll = (spool: ReturnType<typeof openSpool>['spool']): readonly number[] =>
  spool.stamped(spool.select(0, 1e9, 1_000)).map(({ stamp }) => stamp.at);

t.test('a wall clock that jumps by an hour, either way, changes no timestamp', async (t) => {
  for (const jump of [HOUR, -HOUR]) {
    const host = makeTestHost();
    const { spool, timekeeper } = openSpool(host);
    exchange(timekeeper, host);
    const truth: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      if (i === 5) host.clock.stepWall(jump);
      truth.push(host.controllerNow());
      spool.append(roundNow(host, timekeeper));
      await host.clock.advance(1_000);
    }
    spool.commit(false);

    t.same(stampAll(spool), truth);
  }
});

t.test('rounds of an outage are dated between the exchange before it and the one after it', async (t) => {
  const host = makeTestHost();
  const { spool, timekeeper } = openSpool(host);
  exchange(timekeeper, host);
  await host.clock.advance(HOUR / 2);
  const truth = host.controllerNow();
  spool.append(roundNow(host, timekeeper));
  spool.commit(false);
  await host.clock.advance(HOUR / 2);
  exchange(timekeeper, host);

  const [round] = spool.stamped(spool.select(0, 10, 10));

  t.equal(round?.stamp.at, truth);
  t.equal(round?.stamp.source, 'controller');
  t.equal(round?.stamp.ageS, 0);
});

t.test('a suspend is counted: what is measured after it carries the time that really passed', async (t) => {
  const host = makeTestHost();
  const { spool, timekeeper } = openSpool(host);
  exchange(timekeeper, host);
  await host.clock.advance(1_000);
  timekeeper.look();
  host.suspend(HOUR);
  await host.clock.advance(500);

  t.equal(timekeeper.look(), HOUR);
  await host.clock.advance(500);
  const truth = host.controllerNow();
  spool.append(roundNow(host, timekeeper));
  spool.commit(false);
  t.same(stampAll(spool), [truth]);
});

t.test('a round that began around a suspend says in its bound that it may have begun before it', async (t) => {
  const host = makeTestHost();
  const { spool, timekeeper } = openSpool(host);
  exchange(timekeeper, host);
  await host.clock.advance(1_000);
  timekeeper.look();
  await host.clock.advance(200);
  const startedMs = host.clock.monotonic();
  host.suspend(60_000);
  await host.clock.advance(500);
  timekeeper.look();
  const { steadyMs, slackMs } = timekeeper.steady.of(startedMs);
  spool.append({ ...roundNow(host, timekeeper), moment: { boot: 'boot-1', steadyMs, slackMs } });
  spool.commit(false);

  const [round] = spool.stamped(spool.select(0, 10, 10));

  t.ok((round?.stamp.boundMs ?? 0) >= 60_000);
});

t.test('the ten-millisecond steps of /proc/uptime are no suspends', async (t) => {
  const host = makeTestHost();
  const timekeeper = openSpool(host).timekeeper;
  const before = timekeeper.steady.now();
  host.suspend(10);

  t.equal(timekeeper.look(), 0);
  t.equal(timekeeper.steady.now(), before);
});

t.test('a restart of the agent in the same boot goes on with the same history', async (t) => {
  const host = makeTestHost();
  const first = openSpool(host);
  exchange(first.timekeeper, host);
  first.timekeeper.look();
  host.suspend(HOUR); // while no agent runs
  await host.clock.advance(5_000);

  const second = new Timekeeper(first.db, host.clock, host.host);

  t.ok(second.synchronised);
  t.equal(Math.round(second.now()?.atMs ?? 0), host.controllerNow());
});

t.test('before its first exchange a boot stamps nothing: it waits', async (t) => {
  const host = makeTestHost();
  const { spool, timekeeper } = openSpool(host);
  spool.append(roundNow(host, timekeeper));
  spool.commit(true);

  t.same(stampAll(spool), []);
  exchange(timekeeper, host);
  t.equal(stampAll(spool).length, 1);
});

t.test('rounds of a boot that never met the controller carry the last wall clock of that boot, marked so, and stay in order', async (t) => {
  const old = makeTestHost('boot-1');
  const before = openSpool(old, '00000000000000a1');
  before.spool.append(roundNow(old, before.timekeeper));
  await old.clock.advance(10_000);
  old.clock.stepWall(HOUR); // NTP found the right time
  const right = old.clock.now();
  before.spool.append(roundNow(old, before.timekeeper));
  before.spool.commit(false);
  const next = makeTestHost('boot-2');
  const { spool, timekeeper } = openSpool(next, '00000000000000a2', { db: before.db });
  exchange(timekeeper, next);
  spool.append(roundNow(next, timekeeper));
  spool.commit(false);

  const rounds = spool.stamped(spool.select(0, 10, 10));

  t.same(
    rounds.map(({ stamp }) => stamp.source),
    ['wall', 'wall', 'controller'],
  );
  t.same(
    rounds.slice(0, 2).map(({ stamp }) => stamp.at),
    [right - 10_000, right],
  );
  t.equal(rounds[0]?.stamp.boundMs, null);
  t.equal(rounds[2]?.stamp.at, next.controllerNow());
});

t.test('rounds of an earlier boot that met the controller carry its time, from the history that was kept', async (t) => {
  const old = makeTestHost('boot-1');
  const before = openSpool(old, '00000000000000a1');
  exchange(before.timekeeper, old);
  await old.clock.advance(60_000);
  const truth = old.controllerNow();
  before.spool.append(roundNow(old, before.timekeeper));
  before.spool.commit(false);
  const next = makeTestHost('boot-2');
  const { spool, timekeeper } = openSpool(next, '00000000000000a2', { db: before.db });
  spool.tidy();

  const [round] = spool.stamped(spool.select(0, 10, 10));

  t.equal(round?.stamp.at, truth);
  t.equal(round?.stamp.source, 'controller');
  spool.acknowledge('00000000000000a1', [[1, 1]], 1);
  spool.commit(false);
  spool.tidy();
  t.equal(before.db.prepare("SELECT count(*) AS n FROM boot WHERE id = 'boot-1'").get()?.['n'], 0, 'then it is forgotten');
  t.notOk(timekeeper.synchronised);
});

t.test('a stamp that was given stays the same after a restart and new exchanges', async (t) => {
  const host: TestHost = makeTestHost();
  const first = openSpool(host);
  exchange(first.timekeeper, host, 30, 0);
  first.spool.append(roundNow(host, first.timekeeper));
  first.spool.commit(true);
  const given = first.spool.select(0, 10, 10)[0]?.stamp?.at;
  await host.clock.advance(1_000);
  const { spool, timekeeper } = openSpool(host, '00000000000000a2', { db: first.db });
  exchange(timekeeper, host);

  t.equal(spool.select(0, 10, 10)[0]?.stamp?.at, given);
});
