import t from 'tap';
import type { Point, SeriesStore } from '../../../controller/series/store.ts';
import type { Db } from '../../../protocol/database.ts';
import { makeDisks, openTestController } from '../../helpers/controller.ts';
import { settle } from '../../helpers/manual-clock.ts';
import { makeBatch, makeRound } from '../../helpers/rounds.ts';

const NOW = 1_800_000_000_000;
const stored = (store: SeriesStore): Promise<readonly Point[]> => store.latest('ping', {});
const countRows = (db: Db, table: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);

t.test('core: a batch is committed, acknowledged, stored, and shown', async (t) => {
  const test = await openTestController();
  const shown: unknown[] = [];
  test.controller.changes.listen((change) => shown.push(change));

  await test.batch('ams1', makeBatch([makeRound(1, NOW - 30_000), makeRound(2, NOW - 20_000)]));

  t.same(
    test.acks().map(({ ranges, refused, epoch }) => ({ ranges, refused, epoch })),
    [{ ranges: [[1, 2]], refused: [], epoch: '00112233aabbccdd' }],
  );
  t.ok((test.acks()[0]?.backlogPerSecond ?? 0) > 0);
  t.same(
    (await stored(test.store)).map(({ at, tags }) => [at, tags]),
    [[NOW - 20_000, { agent: 'ams1', host: 'ams1', target: 'gw', url: 'gw', task: 'gw/icmp' }]],
  );
  t.match(test.controller.latest(), [
    { agent: 'ams1', target: 'gw', task: 'gw/icmp', column: { at: NOW - 20_000, sent: 10, lossRatio: 0 } },
  ]);
  t.match(
    shown.filter((change) => JSON.stringify(change).includes('rounds')),
    [{ kind: 'rounds', agent: 'ams1', task: 'gw/icmp', columns: [{}, {}] }],
  );
  t.match(test.controller.counters(), { roundsStored: 2, roundsDuplicate: 0, storeLag: 0, batches: 1, commits: 1 });
  t.same(test.controller.troubles(), []);
  await test.stop();
});

t.test('core: what comes again is acknowledged again and stored once', async (t) => {
  const test = await openTestController();
  const batch = makeBatch([makeRound(1, NOW - 30_000), makeRound(2, NOW - 20_000)]);

  await test.batch('ams1', batch);
  await test.batch('ams1', batch);
  test.send('ams1', 'rounds', batch);
  await test.batch('ams1', makeBatch([makeRound(2, NOW - 20_000), makeRound(3, NOW - 10_000)], { lowest: 1 }));

  t.same(
    test.acks().map(({ ranges }) => ranges),
    [[[1, 2]], [[1, 2]], [[1, 3]]],
  );
  t.match(test.controller.counters(), { roundsStored: 3, roundsDuplicate: 5 });
  await test.stop();
});

t.test('core: another epoch may use the same numbers', async (t) => {
  const test = await openTestController();
  await test.batch('ams1', makeBatch([makeRound(1, NOW - 30_000)]));
  await test.batch('ams1', makeBatch([makeRound(1, NOW - 20_000)], { epoch: 'ffffffffffffffff' }));
  t.match(test.controller.counters(), { roundsStored: 2, roundsDuplicate: 0 });
  await test.stop();
});

t.test('core: one malformed round in a good batch is refused by name, the others are kept', async (t) => {
  const test = await openTestController();
  const bad = { ...makeRound(2, NOW - 20_000), at: 'yesterday' };

  test.send('ams1', 'rounds', {
    ...makeBatch([makeRound(1, NOW - 30_000), makeRound(3, NOW - 10_000)]),
    rounds: [makeRound(1, NOW - 30_000), bad, makeRound(3, NOW - 10_000)],
  });
  await test.clock.advance(10);

  const [ack] = test.acks();
  t.same(ack?.ranges, [[1, 3]]);
  t.match(ack?.refused, [{ seq: 2, reason: /^at: / }]);
  t.match(test.controller.counters(), { roundsStored: 2, roundsRefused: 1 });
  await test.stop();
});

t.test('core: bytes that are no batch, strangers, and topics that are none leave no trace but a count', async (t) => {
  const test = await openTestController();
  const batch = makeBatch([makeRound(1, NOW - 30_000)]);

  test.broker.deliver('sonde/v1/ams1/rounds', Buffer.from('{"v":1'));
  test.broker.deliver('sonde/v1/ams1/rounds', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]));
  test.send('ams1', 'rounds', { ...batch, v: 2 });
  test.send('stranger', 'rounds', batch);
  test.send('ams1', 'status', { v: 1, state: 'sleeping' });
  await test.clock.advance(1_000);

  t.same(test.acks(), []);
  t.same(test.acks('stranger'), []);
  t.match(test.controller.counters(), { messagesRefused: 5, roundsStored: 0 });
  await test.stop();
});

t.test('core: nothing is acknowledged while the log cannot commit, and everything after it can', async (t) => {
  const disks = makeDisks();
  let broken = false;
  const arrivals: Db = {
    ...disks.arrivals,
    close: () => {},
    prepare: (sql) => disks.arrivals.prepare(sql),
    exec(sql) {
      if (broken && sql === 'COMMIT') throw new Error('database or disk is full');
      disks.arrivals.exec(sql);
    },
  };
  const test = await openTestController({ disks: { ...disks, arrivals } });

  broken = true;
  await test.batch('ams1', makeBatch([makeRound(1, NOW - 30_000)]));
  t.same(test.acks(), []);
  t.match(test.controller.troubles(), [{ part: 'arrivals', message: /disk is full/ }]);
  t.equal(countRows(disks.arrivals, 'sequences'), 0, 'the set of sequences was rolled back with the rounds');

  broken = false;
  await test.batch('ams1', makeBatch([makeRound(1, NOW - 30_000)]));
  t.same(
    test.acks().map(({ ranges }) => ranges),
    [[[1, 1]]],
  );
  t.match(test.controller.counters(), { roundsStored: 1, roundsDuplicate: 0 });
  t.same(test.controller.troubles(), []);
  await test.stop();
});

t.test('core: a full log stops acknowledging, and goes on when the store has caught up', async (t) => {
  let away = true;
  const test = await openTestController({
    tuning: { arrivalsCapBytes: 4_000 },
    deps: (deps) => ({
      ...deps,
      store: {
        ...deps.store,
        write: (points) => (away ? Promise.reject(new Error('store is away')) : deps.store.write(points)),
        [Symbol.asyncDispose]: async () => {},
      },
    }),
  });
  for (let seq = 1; seq <= 20; seq += 1) await test.batch('ams1', makeBatch([makeRound(seq, NOW - 300_000 + seq * 10_000)]));

  const before = test.acks().length;
  t.ok(before > 0 && before < 20, `${before} of 20 were taken`);
  t.match(
    test.controller
      .troubles()
      .map(({ part }) => part)
      .sort(),
    ['arrivals', 'store'],
  );
  t.equal(test.acks().at(-1)?.backlogPerSecond, 0, 'no backlog is asked for');

  away = false;
  await test.clock.advance(61_000);
  for (let seq = 1; seq <= 20; seq += 1) await test.batch('ams1', makeBatch([makeRound(seq, NOW - 300_000 + seq * 10_000)]));
  await test.clock.advance(61_000);
  const rows = await test.store.query({
    measurement: 'ping',
    tags: {},
    fields: [{ field: 'packets_transmitted', aggregate: 'last' }],
    from: 0,
    to: NOW * 2,
  });
  t.equal(rows[0]?.rows.length, 20, 'every round is there once');
  t.same(test.controller.troubles(), []);
  await test.stop();
});

t.test('core: a round from the future waits and is neither refused nor lost', async (t) => {
  const disks = makeDisks();
  const test = await openTestController({ disks });

  await test.batch('ams1', makeBatch([makeRound(1, NOW - 30_000), makeRound(2, NOW + 600_000)]));
  t.same(
    test.acks().map(({ ranges, refused }) => [ranges, refused]),
    [[[[1, 2]], []]],
    'it is safe with the controller',
  );
  t.match(test.controller.counters(), { roundsStored: 1, roundsWaiting: 1 });
  await test.stop();

  const again = await openTestController({ disks, clock: test.clock });
  await again.batch('ams1', makeBatch([makeRound(2, NOW + 600_000)]));
  t.match(again.controller.counters(), { roundsStored: 0, roundsDuplicate: 1 });
  await again.clock.advance(700_000);
  t.match(again.controller.counters(), { roundsStored: 1 });
  t.same(
    (await stored(again.store)).map(({ at }) => at),
    [NOW + 600_000],
  );
  await again.stop();
});

t.test('core: a crash between the commit and the acknowledgement doubles nothing', async (t) => {
  const disks = makeDisks();
  const first = await openTestController({
    disks,
    deps: (deps) => ({
      ...deps,
      store: { ...deps.store, write: () => new Promise<void>(() => {}), [Symbol.asyncDispose]: async () => {} },
    }),
  });
  await first.batch('ams1', makeBatch([makeRound(1, NOW - 30_000), makeRound(2, NOW - 20_000)]));
  // No stop: the process is simply gone, its store never wrote, and its acknowledgement never arrived.

  const second = await openTestController({ disks });
  await settle();
  t.match(second.controller.counters(), { roundsStored: 2 }, 'the store is filled from the log');
  await second.batch('ams1', makeBatch([makeRound(1, NOW - 30_000), makeRound(2, NOW - 20_000)]));
  t.same(
    second.acks().map(({ ranges }) => ranges),
    [[[1, 2]]],
  );
  t.match(second.controller.counters(), { roundsStored: 2, roundsDuplicate: 2 });
  await second.stop();
});

t.test('core: a batch without rounds still says up to where its agent is complete, once', async (t) => {
  const disks = makeDisks();
  const test = await openTestController({ disks });
  const batch = makeBatch([], { lowest: 1, upTo: NOW - 5 });

  await test.batch('ams1', batch);
  await test.batch('ams1', batch);

  t.equal(test.acks().length, 2, 'both are answered: the answer grants the backlog rate');
  t.equal(disks.arrivals.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'batches'").get()?.['seq'], 1);
  await test.stop();
});
