import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { HOUR_MS } from '../../../../controller/alerts/baseline.ts';
import { openPast, readMeans } from '../../../../controller/rules/past.ts';
import { openSqliteStore } from '../../../../controller/series/sqlite/store.ts';
import type { FieldValue, Point } from '../../../../controller/series/store.ts';
import { openState } from '../../../../controller/state/database.ts';
import { Rule } from '../../../../protocol/rule.ts';

const FROM = 1_800_000_000_000;
const MINUTE = 60_000;
const loss = Rule.parse({ id: 'loss', name: 'Loss', threshold: 0.2 });
const tags = { agent: 'ams1', host: 'ams1', target: 'gw', task: 'gw/icmp' };
const ping = (minute: number, fields: Readonly<Record<string, FieldValue>>): Point => ({
  measurement: 'ping',
  tags,
  at: FROM + minute * MINUTE,
  fields: { percent_packet_loss: 0, packets_transmitted: 10, unknown: 0, duration_ms: 10_000, interval_ms: 10_000, failed: 0, ...fields },
});
const open = async (points: readonly Point[]) => {
  const state = openState(new DatabaseSync(':memory:'));
  const store = openSqliteStore(new DatabaseSync(':memory:'));
  await store.write(points);
  return { state, store, past: openPast(store, state) };
};

t.test('past: what others wrote under our names is not in it', async (t) => {
  const spoof = { ...ping(0, { percent_packet_loss: 100 }), tags: { ...tags, origin: 'stranger' } };
  const { store, past } = await open([ping(0, {}), spoof]);
  const [series, ...more] = await past.extremes(loss, FROM, FROM + HOUR_MS);
  t.same([series?.hours.get(FROM / HOUR_MS), more], [{ min: 0, max: 0 }, []]);
  t.equal((await past.rounds(loss, { agent: 'ams1', task: 'gw/icmp' }, FROM, FROM + HOUR_MS)).length, 1);
  t.same([...((await readMeans(store, loss, FROM, FROM + HOUR_MS)).get('ams1/gw/icmp')?.values() ?? [])], [0]);
});

t.test('past: an hour’s lowest and highest, in the rule’s unit', async (t) => {
  const { past } = await open([ping(0, { percent_packet_loss: 0 }), ping(1, { percent_packet_loss: 40 }), ping(61, {})]);
  const [series, ...more] = await past.extremes(loss, FROM, FROM + 2 * HOUR_MS);
  t.same(more, []);
  t.match(series, { agent: 'ams1', task: 'gw/icmp' });
  t.same(
    [...(series?.hours.values() ?? [])],
    [
      { min: 0, max: 0.4 },
      { min: 0, max: 0 },
    ],
  );
});

t.test('past: an hour in which a round failed may hold the loss of all', async (t) => {
  const { past } = await open([
    ping(0, {}),
    { ...ping(1, {}), fields: { failed: 1, blame: 'path', duration_ms: 10_000, interval_ms: 10_000 } },
  ]);
  const [series] = await past.extremes(loss, FROM, FROM + HOUR_MS);
  t.same([...(series?.hours.values() ?? [])], [{ min: 0, max: 1 }]);
});

t.test('past: rounds come back as the rules saw them live', async (t) => {
  const { past } = await open([
    ping(0, { percent_packet_loss: 50, unknown: 4, error_bound_ms: 0.5 }),
    { ...ping(1, {}), fields: { failed: 1, blame: 'target', duration_ms: 10_000, interval_ms: 10_000 } },
    { ...ping(2, {}), fields: { failed: 1, blame: 'agent', duration_ms: 10_000, interval_ms: 10_000 } },
  ]);
  const rounds = await past.rounds(loss, { agent: 'ams1', task: 'gw/icmp' }, FROM, FROM + HOUR_MS);
  t.match(rounds, [
    { at: FROM, end: FROM + 10_000, intervalMs: 10_000, boundMs: 0.5, packets: 6, values: { loss_ratio: 0.5 } },
    { at: FROM + MINUTE, values: { loss_ratio: 1 } },
  ]);
  t.equal(rounds.length, 2, 'what the agent is to blame for says nothing of the target');
});

t.test('past: what came as backfill, or by a wall clock, judged nothing then and judges nothing now', async (t) => {
  const { past } = await open([
    ping(0, { percent_packet_loss: 100, arrival_lag_ms: 3_600_000 }),
    ping(1, { percent_packet_loss: 100, time_source: 'wall' }),
    ping(2, { percent_packet_loss: 100, time_source: 'controller' }),
  ]);
  const rounds = await past.rounds(loss, { agent: 'ams1', task: 'gw/icmp' }, FROM, FROM + HOUR_MS);
  t.same(
    rounds.map(({ at }) => (at - FROM) / MINUTE),
    [2],
  );
});

t.test('past: means of whole hours for baselines', async (t) => {
  const { store } = await open([ping(0, { percent_packet_loss: 10 }), ping(30, { percent_packet_loss: 30 }), ping(90, {})]);
  const means = await readMeans(store, loss, FROM, FROM + 2 * HOUR_MS);
  t.same(
    [...(means.get('ams1/gw/icmp') ?? [])],
    [
      [FROM / HOUR_MS, 0.2],
      [FROM / HOUR_MS + 1, 0],
    ],
  );
});

t.test('past: an agent is absent from the moment it was off until it was seen again', async (t) => {
  const { state, past } = await open([]);
  const spans = [
    ['ams1', 0, 'online'],
    ['ams1', 100, 'off'],
    ['ams1', 250, 'online'],
    ['ber1', 50, 'off'],
  ] as const;
  for (const [agent_id, from_at, how] of spans) await state.insertInto('presence').values({ agent_id, from_at, state: how }).execute();
  t.same(await past.absences(0, 1_000), [
    { agent: 'ams1', from: 100, to: 250 },
    { agent: 'ber1', from: 50, to: null },
  ]);
  t.same(await past.absences(250, 1_000), [{ agent: 'ber1', from: 50, to: null }]);
  t.same(await past.absences(0, 50), []);
});
