import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { bucketFor, columnOfPoint, FIELDS_OF_ROUND, readColumns } from '../../../../controller/series/columns.ts';
import { BYTES_PER_ROUND } from '../../../../controller/fleet/budget.ts';
import { pointOf } from '../../../../controller/series/schema.ts';
import { openSqliteStore } from '../../../../controller/series/sqlite/store.ts';
import { makeRound } from '../../../helpers/rounds.ts';

const MINUTE = 60_000;

t.test(
  'columns: while they fit every column is one round; then buckets, whole multiples of the interval, never more than asked for',
  async (t) => {
    t.equal(bucketFor({ from: 0, to: 100_000, columns: 10, intervalMs: 10_000 }), 0);
    t.equal(bucketFor({ from: 0, to: 110_000, columns: 10, intervalMs: 10_000 }), 20_000);
    const bucketMs = bucketFor({ from: 7, to: 86_400_007, columns: 100, intervalMs: 10_000 });
    t.equal(bucketMs % 10_000, 0);
    t.ok(Math.floor(86_400_006 / bucketMs) - Math.floor(7 / bucketMs) + 1 <= 100);
  },
);

t.test('columns: a round is shown alike from all its fields and from those that are asked for at the start', async (t) => {
  const rounds = [makeRound(1, 0, {}, [1, 2, 3]), makeRound(2, 0, { outcome: { status: 'failed', blame: 'agent', reason: 'guard-rail' } })];
  for (const { at, fields } of rounds.map((round) => pointOf('ams1', round, {}))) {
    const asked = Object.fromEntries(FIELDS_OF_ROUND.flatMap((field) => (fields[field] === undefined ? [] : [[field, fields[field]]])));
    t.same(columnOfPoint({ at, fields: asked }), columnOfPoint({ at, fields }));
  }
});

t.test('columns: a bucket adds counts, keeps the worst round, and takes its quantiles from all its packets', async (t) => {
  const store = openSqliteStore(new DatabaseSync(':memory:'));
  const rounds = [
    makeRound(1, 0, {}, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    makeRound(2, 10_000, {}, [100, 100]),
    makeRound(3, 20_000, { outcome: { status: 'failed', blame: 'agent', reason: 'guard-rail' } }),
    makeRound(4, 10 * MINUTE, {}, [7]),
  ];
  await store.write(rounds.map((round) => pointOf('ams1', round, {})));

  const raw = await readColumns(store, { agent: 'ams1', task: 'gw/icmp', from: 0, to: 20 * MINUTE, columns: 2_000, intervalMs: 10_000 });
  t.same([raw.bucketMs, raw.columns.length], [0, 4]);
  t.match(raw.columns[2], { rounds: 1, failed: 1, reason: 'guard-rail', lossRatio: null, rtt: null, sent: 0 });

  const { bucketMs, columns } = await readColumns(store, {
    agent: 'ams1',
    task: 'gw/icmp',
    from: 0,
    to: 20 * MINUTE,
    columns: 21,
    intervalMs: 10_000,
  });
  t.equal(bucketMs, MINUTE);
  t.equal(columns.length, 2, 'what is empty is left out');
  t.match(columns[0], {
    at: 0,
    endAt: MINUTE,
    rounds: 3,
    sent: 20,
    received: 12,
    lost: 8,
    lossRatio: 0.4,
    worstLossRatio: 0.8,
    failed: 1,
    reason: 'guard-rail',
  });
  t.equal(columns[0]?.rtt?.medianMs, 1);
  t.ok(Math.abs((columns[0]?.rtt?.p90Ms ?? 0) - 100) <= 0.5, 'the 11th of 12 packets is one of the slow ones');
  t.equal(columns[0]?.rtt?.maxMs, 100);
});

t.test('columns: a label that became a tag splits the series, not the picture', async (t) => {
  const store = openSqliteStore(new DatabaseSync(':memory:'));
  await store.write([pointOf('ams1', makeRound(1, 0), { site: 'old' }), pointOf('ams1', makeRound(2, 10_000), { site: 'new' })]);
  const { columns } = await readColumns(store, { agent: 'ams1', task: 'gw/icmp', from: 0, to: MINUTE, columns: 100, intervalMs: 10_000 });
  t.same(
    columns.map(({ at }) => at),
    [0, 10_000],
  );
});

t.test('budget: a round takes in the store what the dry run says', async (t) => {
  const store = openSqliteStore(new DatabaseSync(':memory:'));
  const rtt = (i: number): number => Math.round((10 + ((i * 7_919) % 977) / 50) * 1_000) / 1_000;
  const rounds = Array.from({ length: 5_000 }, (_, n) =>
    makeRound(
      n + 1,
      1_800_000_000_000 + n * 10_000,
      {},
      Array.from({ length: 10 }, (_, i) => rtt(n * 10 + i)),
    ),
  );
  await store.write(rounds.map((round) => pointOf('ams1', round, {})));
  const now = 1_800_000_000_000 + 5 * 86_400_000;
  const retention = { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 };
  for (const at of [now, now + 600_000]) while ((await store.maintain({ now: at, retention })).more);
  const bytes = (await store.sizeBytes()) / rounds.length;
  t.ok(Math.abs(bytes - BYTES_PER_ROUND) / BYTES_PER_ROUND < 0.15, `${bytes.toFixed(0)} bytes a round, ${BYTES_PER_ROUND} by the budget`);
});
