import fc from 'fast-check';
import t from 'tap';
import { columnOfPoint } from '../../../../controller/series/columns.ts';
import { pointOf } from '../../../../controller/series/schema.ts';
import { fieldType, METRICS } from '../../../../protocol/metrics.ts';
import { makeRound, TEN } from '../../../helpers/rounds.ts';

t.test("schema: a round is a point of Telegraf's ping, with ours added", async (t) => {
  const point = pointOf('ams1', makeRound(7, 1_000), { site: 'ams' });
  t.match(point, {
    measurement: 'ping',
    tags: { host: 'ams1', url: 'gw', agent: 'ams1', target: 'gw', task: 'gw/icmp', site: 'ams' },
    at: 1_000,
    fields: {
      packets_transmitted: 10,
      packets_received: 10,
      percent_packet_loss: 0,
      minimum_response_ms: 1.013,
      maximum_response_ms: 3.214,
      ttl: 64,
      result_code: 0,
      lost: 0,
      failed: 0,
    },
  });
});

t.test('schema: nothing came back, nothing was measured, and nothing is known are three things', async (t) => {
  const lost = pointOf('a', makeRound(1, 0, {}, []), {}).fields;
  t.match(lost, { percent_packet_loss: 100, packets_received: 0, result_code: 0 });
  t.same(
    ['average_response_ms', 'percentile50_ms', 'rtt_sketch', 'ttl', 'ipdv_mean_abs_ms'].filter((field) => field in lost),
    [],
  );

  const failed = pointOf('a', makeRound(1, 0, { outcome: { status: 'failed', blame: 'resolver', reason: 'nxdomain' } }), {}).fields;
  t.same(failed, {
    result_code: 1,
    failed: 1,
    reason: 'nxdomain',
    blame: 'resolver',
    duration_ms: 10_000,
    interval_ms: 10_000,
    time_source: 'controller',
    time_bound_ms: 0.4,
  });

  const round = makeRound(1, 0, {}, []);
  if (round.outcome.status !== 'sampled' || round.outcome.sample.kind !== 'icmp') throw new Error('not sampled');
  const unknown = pointOf(
    'a',
    { ...round, outcome: { status: 'sampled', sample: { ...round.outcome.sample, lost: 0, unknown: 10 } } },
    {},
  ).fields;
  t.notOk('percent_packet_loss' in unknown);
});

t.test('schema: every field is in the catalogue, with a value of its type, whatever was measured', async (t) => {
  const rtts = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 10 });
  const types = new Map<string, string>();
  fc.assert(
    fc.property(rtts, fc.boolean(), (values, isFailed) => {
      const outcome = { status: 'failed' as const, blame: 'path' as const, reason: 'no-route' };
      const { fields } = pointOf('a', makeRound(1, 0, isFailed ? { outcome } : {}, values), {});
      return Object.entries(fields).every(([field, value]) => {
        const type = fieldType('ping', field);
        types.set(field, type ?? 'none');
        if (type === 'string') return typeof value === 'string' && value !== '';
        return type === 'int' ? Number.isSafeInteger(value) : type === 'float' && Number.isFinite(value);
      });
    }),
  );
  t.same(
    Object.values(METRICS)
      .filter(({ measurement }) => measurement === 'ping')
      .map(({ field }) => field)
      .filter((field) => field !== 'arrival_lag_ms' && !types.has(field)), // that one is the store's writer's
    [],
    'and every row of the catalogue is written by some round',
  );
  t.equal(types.get('packets_transmitted'), 'int');
  t.equal(types.get('percent_packet_loss'), 'float');
});

t.test('schema: a field of the store belongs to one row of the catalogue', async (t) => {
  const fields = Object.values(METRICS).map(({ measurement, field }) => `${measurement}.${field}`);
  t.equal(new Set(fields).size, fields.length);
});

t.test('columns: the column of a round says what the round said', async (t) => {
  const column = columnOfPoint(pointOf('a', makeRound(1, 5_000, {}, TEN.slice(0, 8)), {}));
  t.match(column, {
    at: 5_000,
    endAt: 15_000,
    rounds: 1,
    sent: 10,
    received: 8,
    lost: 2,
    lossRatio: 0.2,
    worstLossRatio: 0.2,
    failed: 0,
    errorBoundMs: 0.031,
  });
  t.same(column.rtt, {
    minMs: 1.013,
    p5Ms: 1.013,
    p10Ms: 1.013,
    p25Ms: 1.021,
    medianMs: 1.102,
    p75Ms: 1.204,
    p90Ms: 1.402,
    p95Ms: 1.402,
    maxMs: 1.402,
  });
  t.equal(columnOfPoint(pointOf('a', makeRound(1, 0, {}, []), {})).rtt, null);
});
