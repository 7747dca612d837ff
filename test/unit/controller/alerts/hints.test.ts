import t from 'tap';
import { type HintFacts, hintsOf, rankCorrelation } from '../../../../controller/alerts/hints.ts';

const MINUTE = 60_000;
const series = (field: string, of: string, values: readonly number[]) => ({
  field,
  of,
  points: values.map((value, index) => ({ at: index * MINUTE, value })),
});
const facts = (change: Partial<HintFacts>): HintFacts => ({
  incident: { openedAt: 5 * MINUTE, resolvedAt: null },
  series: [],
  interfaces: [],
  ...change,
});
const ids = (given: Partial<HintFacts>) => hintsOf(facts(given)).map(({ id }) => id);

t.test('hints: errors come before all else, as the chart asks for them', async (t) => {
  t.strictSame(ids({ series: [series('utilization_ratio', 'eth0', [0.9]), series('error_ratio', 'eth0', [0.02])] }), [
    'errors',
    'saturation',
  ]);
  t.match(hintsOf(facts({ series: [series('error_ratio', 'eth0', [0.02])] })), [{ title: 'Errors on eth0', why: /2 % of its packets/ }]);
});
t.test('hints: duplex and speed of both ends', async (t) => {
  const port = { of: 'eth0', duplex: 'half', speedBitsPerSecond: 1e8, peerSpeedBitsPerSecond: 1e9 } as const;
  t.strictSame(ids({ interfaces: [port] }), ['duplex', 'speed']);
});
t.test('hints: loss that follows the load is said to, and loss that does not is not', async (t) => {
  const load = Array.from({ length: 20 }, (_, index) => 0.3 + 0.02 * index);
  const follows = series(
    'loss_ratio',
    'gw',
    load.map((value) => value ** 3 / 10),
  );
  const apart = series(
    'loss_ratio',
    'gw',
    load.map((_, index) => (index % 2 === 0 ? 0.1 : 0)),
  );
  t.strictSame(ids({ series: [series('utilization_ratio', 'eth0', load), follows] }), ['loss-follows-load']);
  t.strictSame(ids({ series: [series('utilization_ratio', 'eth0', load), apart] }), ['baseline']);
});
t.test('hints: drops, ports that run out, ports that two programs want', async (t) => {
  t.strictSame(ids({ series: [series('discard_ratio', 'eth0', [0.01])] }), ['drops']);
  t.strictSame(ids({ series: [series('tcp_ports_used_ratio', 'host1', [0.95]), series('listen_conflicts', 'host1', [1])] }), [
    'ports',
    'port-conflict',
  ]);
});
t.test('hints: what was over long before, or came after, does not count', async (t) => {
  const early = { field: 'error_ratio', of: 'eth0', points: [{ at: -20 * MINUTE, value: 0.5 }] };
  const after = { field: 'error_ratio', of: 'eth0', points: [{ at: 9 * MINUTE, value: 0.5 }] };
  t.strictSame(ids({ series: [early] }), ['baseline']);
  t.strictSame(ids({ incident: { openedAt: 5 * MINUTE, resolvedAt: 8 * MINUTE }, series: [after] }), ['baseline']);
});
t.test('hints: rank correlation is 1, -1 and 0 where it should be', async (t) => {
  t.equal(
    rankCorrelation([
      [1, 10],
      [2, 20],
      [3, 900],
    ]),
    1,
  );
  t.equal(
    rankCorrelation([
      [1, 3],
      [2, 2],
      [3, 1],
    ]),
    -1,
  );
  t.equal(
    rankCorrelation([
      [1, 5],
      [2, 5],
      [3, 5],
    ]),
    0,
  );
});
