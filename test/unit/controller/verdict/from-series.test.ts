import t from 'tap';
import { VerdictCase } from '../../../../controller/verdict/case.ts';
import { caseOf, type MeasuredWindow, usualOf } from '../../../../controller/verdict/from-series.ts';

const window = (at: number, change: Partial<MeasuredWindow> = {}): MeasuredWindow => ({
  at,
  sent: 10,
  received: 10,
  medianMs: 20,
  p95Ms: 22,
  boundMs: 0.1,
  canaryMs: 0.05,
  lagMs: 0.3,
  drops: 0,
  ...change,
});

t.test('stored windows become a case that the schema takes', async (t) => {
  const given = caseOf({
    name: 'incident-7',
    from: 60_000,
    stepMs: 60_000,
    rounds: 3,
    agents: [{ id: 'ams-1', labels: { site: 'ams', upstream: 'AS64500' } }],
    targets: [
      { id: 'gateway-1', address: '192.0.2.1', labels: {}, kind: 'gateway' },
      { id: 'web', address: '198.51.100.7', labels: { site: 'nyc' }, kind: 'target' },
    ],
    pairs: [
      { agent: 'ams-1', target: 'gateway-1', usual: null, windows: [window(60_000)] },
      {
        agent: 'ams-1',
        target: 'web',
        usual: { medianMs: 80, spreadMs: 1, loss: 0.001, lossP95: 0 },
        windows: [window(120_000, { received: 0, medianMs: null, p95Ms: null, boundMs: 4 })],
      },
    ],
    traces: [{ agent: 'ams-1', target: 'web', at: 100_000, hops: ['192.0.2.1', null], reached: false }],
  });

  t.same(VerdictCase.parse(given), given);
  t.same(given.series.received, [
    [10, null, null],
    [null, 0, null],
  ]);
  t.same(given.agents, {
    id: ['ams-1'],
    site: ['ams'],
    asn: [null],
    upstream: [64_500],
    country: [null],
    gateway: [0],
    resolver: [null],
    late: [[]],
  });
  t.same(given.health.bound_us, [[100, 4000, null]]);
  t.same(given.pairs.base_rtt_us, [null, 80_000]);
  t.same(given.traces, { pair: [1], at: [100], hops: [[0, null]], reached: [0] });
});

t.test('what is usual needs some hours or some minutes of the past', async (t) => {
  t.equal(usualOf([window(0)], [window(60_000)]), null);

  const minutes = Array.from({ length: 40 }, (_, i) => window(i * 60_000, { medianMs: 20 + (i % 5), received: i === 3 ? 5 : 10 }));
  const usual = usualOf([], minutes);
  t.equal(usual?.medianMs, 22);
  t.ok((usual?.spreadMs ?? 0) > 1 && (usual?.spreadMs ?? 0) < 3);
  t.ok(Math.abs((usual?.loss ?? 0) - 5 / 400) < 1e-9);
});

t.test('a pair that never answered anybody is told as such', async (t) => {
  const silent = Array.from({ length: 40 }, (_, i) => window(i * 60_000, { medianMs: null, received: 0 }));

  t.equal(usualOf([], silent)?.loss, 1);
});
