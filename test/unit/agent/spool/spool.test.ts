import fc from 'fast-check';
import t from 'tap';
import type { Log } from '../../../../protocol/log.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { exchange, makeTestHost, openSpool, roundNow } from '../../../helpers/agent.ts';

const EPOCH = '00000000000000aa';

t.test('a round is on disk after the commit, and a restart finds it under its old identity', async (t) => {
  const host = makeTestHost();
  const { db, spool, timekeeper } = openSpool(host);
  spool.append(roundNow(host, timekeeper));
  t.equal(spool.select(0, 10, 10).length, 0);
  t.ok(spool.commit(false));

  const again = openSpool(host, '00000000000000bb', { db }).spool;
  again.append(roundNow(host, timekeeper));
  again.commit(false);

  t.same(
    again.select(0, 10, 10).map(({ epoch, seq }) => [epoch, seq]),
    [
      [EPOCH, 1],
      ['00000000000000bb', 1],
    ],
  );
});

t.test('only what the acknowledged ranges name leaves, and the lowest sequence follows', async (t) => {
  const host = makeTestHost();
  const { spool, timekeeper } = openSpool(host);
  for (let i = 0; i < 10; i += 1) spool.append(roundNow(host, timekeeper));
  spool.commit(false);

  const ranges: [number, number][] = [
    [1, 3],
    [5, 5],
  ];
  spool.acknowledge(EPOCH, ranges, 4);
  spool.acknowledge('00000000000000ff', [[1, 10]], 0);
  t.equal(spool.stats.rounds, 6, 'what is acknowledged waits for nobody any more, on disk or not');
  spool.commit(false);

  t.same(
    spool.select(0, 100, 100).map(({ seq }) => seq),
    [4, 6, 7, 8, 9, 10],
  );
  t.equal(spool.lowest(EPOCH), 4);
  t.equal(spool.stats.rounds, 6);
});

t.test('over its cap the oldest rounds go, counted, and the count survives a restart', async (t) => {
  const host = makeTestHost();
  const said: string[] = [];
  const log: Log = { ...silentLog, warn: (event) => void said.push(event) };
  const { db, spool, timekeeper } = openSpool(host, EPOCH, { capBytes: 30_000, log });
  for (let i = 0; i < 500; i += 1) spool.append(roundNow(host, timekeeper));
  spool.commit(false);

  const { rounds, bytes, dropped } = spool.stats;
  t.ok(bytes <= 30_000);
  t.equal(rounds + dropped, 500);
  t.equal(spool.lowest(EPOCH), dropped + 1, 'the oldest went');
  t.ok(said.includes('spool-full'));
  t.equal(openSpool(host, 'b'.repeat(16), { db }).spool.stats.dropped, dropped);
});

t.test('a full disk is a state: what was measured waits, and is written when there is room again', async (t) => {
  const host = makeTestHost();
  const said: string[] = [];
  const note = (event: string): void => void said.push(event);
  const { db, spool, timekeeper } = openSpool(host, EPOCH, { log: { info: note, warn: note, error: note } });
  db.exec('PRAGMA max_page_count = 1'); // SQLite takes it as the pages in use: SQLITE_FULL from here on
  for (let i = 0; i < 200; i += 1) spool.append(roundNow(host, timekeeper));
  t.notOk(spool.commit(false));
  t.notOk(spool.commit(false));
  t.ok(spool.broken);
  t.equal(spool.stats.rounds, 200);

  db.exec('PRAGMA max_page_count = 100000');

  t.ok(spool.commit(false));
  t.equal(spool.select(0, 1e9, 1_000).length, 200);
  t.equal(spool.lowest(EPOCH), 1, 'no sequence was spent on what failed');
  t.same(said, ['spool-write-failed', 'spool-writable'], 'told once, not at every try');
});

t.test('on a full disk the oldest rounds leave their place to new ones', async (t) => {
  const host = makeTestHost();
  const { db, spool, timekeeper } = openSpool(host);
  for (let i = 0; i < 2_000; i += 1) spool.append(roundNow(host, timekeeper));
  spool.commit(false);
  db.exec('PRAGMA max_page_count = 1');

  for (let i = 0; i < 300; i += 1) spool.append(roundNow(host, timekeeper));
  const written = spool.commit(false);

  t.ok(written);
  const { rounds, dropped } = spool.stats;
  t.ok(dropped > 0);
  t.equal(rounds + dropped, 2_300);
  t.equal(spool.select(0, 1e9, 10_000).at(-1)?.seq, 2_300);
});

t.test('with little left on the disk the spool grows no further', async (t) => {
  const host = makeTestHost();
  let free = 1e9;
  const { spool, timekeeper } = openSpool(host, EPOCH, { diskFree: () => free });
  for (let i = 0; i < 1_000; i += 1) spool.append(roundNow(host, timekeeper));
  spool.commit(false);
  free = 1e6;
  for (let i = 0; i < 100; i += 1) spool.append(roundNow(host, timekeeper));
  spool.commit(false);

  t.ok(spool.stats.rounds <= 1_000);
  t.equal(spool.stats.rounds + spool.stats.dropped, 1_100);
});

t.test('a bug is not a full disk: other errors come through', async (t) => {
  const host = makeTestHost();
  const { spool, timekeeper } = openSpool(host, EPOCH, {
    diskFree: () => {
      throw new TypeError('a bug');
    },
  });
  spool.append(roundNow(host, timekeeper));

  t.throws(() => spool.commit(false), TypeError);
});

t.test('whatever is appended, acknowledged and restarted: what was not acknowledged is there, once', async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 30 }) }),
    fc.record({
      kind: fc.constant('ack' as const),
      first: fc.integer({ min: 1, max: 60 }),
      length: fc.integer({ min: 0, max: 20 }),
      epoch: fc.nat(3),
    }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      const host = makeTestHost();
      let epochs = ['0'.repeat(16)];
      let { db, spool, timekeeper } = openSpool(host, epochs[0]);
      exchange(timekeeper, host);
      const expected = new Set<string>();
      let seq = 0;
      for (const step of actions) {
        if (step.kind === 'append')
          for (let i = 0; i < step.count; i += 1) {
            spool.append(roundNow(host, timekeeper));
            expected.add(`${epochs.at(-1)} ${++seq}`);
          }
        else if (step.kind === 'ack') {
          const epoch = epochs[step.epoch % epochs.length] ?? '';
          spool.commit(true); // only what was sent can be acknowledged
          spool.acknowledge(epoch, [[step.first, step.first + step.length]], 0);
          for (let i = 0; i <= step.length; i += 1) expected.delete(`${epoch} ${step.first + i}`);
        } else {
          spool.commit(true);
          epochs = [...epochs, epochs.length.toString(16).padStart(16, '0')];
          ({ spool, timekeeper } = openSpool(host, epochs.at(-1), { db }));
          seq = 0;
        }
        spool.commit(true);
      }
      const found = spool.select(0, 1e9, 1e6).map((round) => `${round.epoch} ${round.seq}`);
      return found.length === expected.size && found.every((one) => expected.has(one)) && spool.stats.rounds === expected.size;
    }),
    { numRuns: 60 },
  );
});
