import t from 'tap';
import {
  aggregatesOf,
  firstValue,
  grafanaPanelOf,
  influxqlOf,
  lineNames,
  type Question,
  tellingKeys,
  widthOf,
  withHoles,
} from '../../../../../controller/web/pages/explore.ts';

const asking = (select: string, interval = '5m'): Question => ({ measurement: 'm', select: [select], tags: [], interval });
const columnOf = (select: string, interval = '5m'): string => {
  const made = influxqlOf(asking(select, interval), 'T', '5m', [
    { field: 'txt', type: 'string' },
    { field: 'on', type: 'bool' },
    { field: 'n', type: 'int' },
  ]);
  return made.ok ? (/^SELECT (.+) AS /.exec(made.value)?.[1] ?? made.value) : made.reason;
};

t.test('InfluxQL says what the API answers, and what it cannot say it does not', async (t) => {
  const cases = [
    ['p95(rtt_sketch)', 'mean("percentile95_ms")'],
    ['median(rtt_sketch)', 'mean("percentile50_ms")'],
    ['p73(rtt_sketch)', 'p73(rtt_sketch): InfluxQL cannot read sketches, and percentile73_ms is not stored'],
    ['p99.9(rtt_sketch)', 'p99.9(rtt_sketch): InfluxQL cannot read sketches, and percentile99.9_ms is not stored'],
    ['rate(bytes_recv)', 'non_negative_derivative(last("bytes_recv"), 1s)'],
    ['n', 'mean("n")'],
    ['txt', 'last("txt")'],
    ['on', 'last("on")'],
    ['rtt_p5_ms', 'mean("percentile5_ms")'],
    ['loss_ratio', 'sum("lost") / (sum("packets_transmitted") - sum("unknown"))'],
  ] as const;
  for (const [select, column] of cases) t.equal(columnOf(select), column);
  t.equal(columnOf('loss_ratio', 'none'), '"percent_packet_loss" / 100', 'a ratio, as the API gives it');
});

t.test('an interval in InfluxQL is the one of the chart', async (t) => {
  t.equal(widthOf(asking('n', 'auto'), 30 * 86_400_000), '2h');
  t.equal(widthOf(asking('n', 'auto'), 3_600_000), '10s');
  t.equal(widthOf(asking('n', '90'), 0), '90s', 'a bare number is seconds');
  t.equal(widthOf(asking('n', '1d'), 0), '1d');
});

t.test('a panel names its lines by the tags that its series have', async (t) => {
  const net = [
    { host: 'ams1', interface: 'eth0' },
    { host: 'ams1', interface: 'eth1' },
  ];
  t.same(tellingKeys(net), ['interface']);
  const pings = [
    { agent: 'ams1', host: 'ams1', target: 'gw', url: 'gw' },
    { agent: 'fra1', host: 'fra1', target: 'dns', url: 'dns' },
  ];
  t.same(tellingKeys(pings), ['agent', 'target'], 'one of those that say the same');
  t.same(lineNames(pings), ['ams1 gw', 'fra1 dns']);
  t.same(tellingKeys([]), []);
  const panel = grafanaPanelOf(asking('rate(bytes_recv)', 'auto'), tellingKeys(net));
  t.match(JSON.parse(panel.ok ? panel.value : ''), {
    datasource: { type: 'influxdb', uid: '${datasource}' },
    targets: [{ alias: '$tag_interface $col', datasource: { uid: '${datasource}' }, query: /time\(\$__interval\)/ }],
  });
  t.notOk(grafanaPanelOf(asking('p73(rtt_sketch)'), []).ok);
});

t.test('a text and a boolean are asked for the last one, numbers for their mean', async (t) => {
  t.same(aggregatesOf({ type: 'string' }), ['last', 'count']);
  const metrics: [] = [];
  t.equal(firstValue({ metrics, fields: [{ field: 'on', type: 'bool' }] }), 'last(on)');
  t.equal(
    firstValue({
      metrics,
      fields: [
        { field: 'txt', type: 'string' },
        { field: 'n', type: 'int' },
      ],
    }),
    'mean(n)',
  );
});

t.test('a hole in the data is a hole in the line, also where readings are further apart than buckets', async (t) => {
  const at = (...times: number[]) => times.map((time) => [time, 1] as const);
  t.same(withHoles(at(0, 60, 120, 600, 660), 60), [...at(0, 60, 120), [360, null], ...at(600, 660)]);
  t.same(withHoles(at(0, 60, 120, 180), 2), at(0, 60, 120, 180));
  t.same(withHoles(at(0, 60, 180, 240), 60), at(0, 60, 180, 240), 'one that is missing is none');
});
