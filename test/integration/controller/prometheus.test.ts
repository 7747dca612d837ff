import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { prometheusFiles } from '../../../controller/dashboards/prometheus.ts';
import { type FleetMetrics, openFleetMetrics } from '../../../controller/prometheus/fleet-metrics.ts';
import { pointOf } from '../../../controller/series/schema.ts';
import { systemClock } from '../../../protocol/time.ts';
import { freePort } from '../../helpers/free-port.ts';
import { mosquittoMissing, openLoadStage } from '../../helpers/load-stage.ts';
import { makeRound, makeSample } from '../../helpers/rounds.ts';
import { telegrafPoints } from '../../helpers/telegraf-points.ts';

// A real Prometheus scrapes a real controller by the configuration that we export, and evaluates the alert expressions of the dashboards that came to us.

const PROMETHEUS = '/usr/bin/prometheus';
const PROMTOOL = '/usr/bin/promtool';
const skip = existsSync(PROMETHEUS) && existsSync(PROMTOOL) ? mosquittoMissing : "needs Debian's package prometheus";
t.setTimeout(120_000);

/** Word for word as they came. */
const FOREIGN = {
  CriticalLatency: 'avg_over_time(network_latency_milliseconds[5m]) > 200',
  BandwidthDegradation: 'network_bandwidth_mbps < 5',
  HighPacketLoss: 'rate(packet_loss_ratio[5m]) > 0.02',
  trafficBySecond: 'rate(vertex_ar_network_bytes_total[5m])',
  errorsBySecond: 'rate(vertex_ar_network_errors_total[5m])',
  dropsBySecond: 'rate(vertex_ar_network_drops_total[5m])',
  connections: 'vertex_ar_network_connections',
  heatMap: 'rate(network_latency_bucket[5m])',
};
/** smokeping_prober's own dashboard and rules ask for these. */
const SMOKEPING = [
  '1 - rate(smokeping_response_duration_seconds_count[1m]) / rate(smokeping_requests_total[1m])',
  'histogram_quantile(0.9, sum by (host, le) (rate(smokeping_response_duration_seconds_bucket[1m])))',
  'smokeping_response_ttl',
  'probe_success == 1',
  'probe_icmp_duration_seconds{phase="rtt"}',
];
/** Names that others chose and that promtool would have chosen differently. */
const NOT_OURS = /^network_(latency|jitter)_milliseconds |^network_latency |^if(HC)?(In|Out)\w+ /;

const check = (text: string): string[] => {
  const { stdout, stderr, status } = spawnSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  const said = `${stdout}${stderr}`.trim().split('\n').filter(Boolean);
  return status === 0 ? [] : said.filter((line) => !NOT_OURS.test(line));
};

/** A slow and lossy pair, and a host with interfaces. */
const fill = (fleet: FleetMetrics, now: number): void => {
  const slow = makeSample([250, 260, 270, 280, 290, 300, 310, 320]);
  const round = makeRound(1, now - 10_000, { task: 'far/icmp', outcome: { status: 'sampled', sample: slow } });
  fleet.add([pointOf('ams1', round, {})]);
  fleet.add(telegrafPoints('ams1', now - 20_000, now, 10_000));
};

/** An Alertmanager that only listens: which alerts it was told of. */
const listenForAlerts = async () => {
  const told = new Set<string>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    for (const { labels } of JSON.parse(body || '[]')) told.add(String(labels.alertname));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { told, port: typeof address === 'object' && address !== null ? address.port : 0, close: () => server.close() };
};

t.test('fleet metrics: promtool finds nothing to say but about names that are not ours', { skip }, async (t) => {
  const fleet = openFleetMetrics(systemClock);
  fill(fleet, Date.now());
  const text = fleet.render('vertex_ar_');

  t.same(check(text), []);
  for (const name of [
    'smokeping_requests_total',
    'smokeping_response_duration_seconds_bucket',
    'probe_success',
    'probe_icmp_duration_seconds',
    'network_bandwidth_mbps',
    'node_network_receive_bytes_total',
    'ifHCInOctets',
  ])
    t.match(text, new RegExp(`^${name}\\{`, 'm'), name);
  t.match(text, /^packet_loss_ratio\{agent="ams1",host="far",ip="192\.0\.2\.1",source="ams1"\} 0\.2$/m);
  t.match(text, /^network_bandwidth_mbps\{agent="ams1"\} 1$/m);
  t.match(text, /^smokeping_response_duration_seconds_bucket\{agent="ams1",host="far",ip="192\.0\.2\.1",source="ams1",le="0\.2048"\} 0$/m);
  t.match(text, /^smokeping_response_duration_seconds_bucket\{agent="ams1",host="far",ip="192\.0\.2\.1",source="ams1",le="0\.4096"\} 8$/m);
});

t.test('fleet metrics: a series that has gone quiet is dropped, not frozen', async (t) => {
  let now = 1_800_000_000_000;
  const fleet = openFleetMetrics({ now: () => now });
  fill(fleet, now);
  t.match(fleet.render(''), /probe_success/);
  now += 200_000;
  t.equal(fleet.render(''), '');
});

t.test(
  'Prometheus: scrapes the controller by the exported configuration, and every expression that came to us has an answer',
  { skip },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-prometheus-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    await using stage = await openLoadStage({ agents: 3, targets: 2, flags: [] });
    await stage.startController();
    const fleet = stage.simulate(['--rounds-per-second', '6', '--model', 'loss=0.1,rtt=20±3']);
    const injected = openFleetMetrics(systemClock);
    const server = createServer((_request, response) => {
      fill(injected, Date.now());
      response.end(injected.render('vertex_ar_'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const address = server.address();
    const injectedPort = typeof address === 'object' && address !== null ? address.port : 0;

    const alertmanager = await listenForAlerts();
    t.teardown(() => alertmanager.close());
    for (const { path, text } of prometheusFiles({ address: new URL(stage.origin()).host, tls: false })) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text.replaceAll(/\bfor: \d+m/g, 'for: 1s'));
    }
    const checked = spawnSync(PROMTOOL, ['check', 'config', join(directory, 'prometheus.yml')], { encoding: 'utf8' });
    t.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
    // The same file, asked more often and with one more place to scrape.
    const config = parse(prometheusFiles({ address: new URL(stage.origin()).host, tls: false })[0]?.text ?? '');
    config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
    config.alerting.alertmanagers = [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager.port}`] }] }];
    config.scrape_configs.push({ job_name: 'injected', honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${injectedPort}`] }] });
    writeFileSync(join(directory, 'prometheus.yml'), stringify(config));
    const port = await freePort();
    const child = spawn(
      PROMETHEUS,
      [`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/tsdb`, `--web.listen-address=127.0.0.1:${port}`],
      { stdio: 'ignore' },
    );
    t.teardown(async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    });
    const ask = async (path: string): Promise<ReturnType<typeof JSON.parse>> =>
      JSON.parse(await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).text());
    const query = async (expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> =>
      (await ask(`query?${new URLSearchParams({ query: expression })}`)).data?.result ?? [];
    for (let i = 0; i < 300 && (await query('up == 1').catch(() => [])).length < 3; i += 1) await delay(100);
    await delay(16_000);

    t.same(
      new Set((await query('up == 1')).map(({ metric }) => metric['job'])),
      new Set(['injected', 'sonde', 'sonde-fleet']),
      'all three are scraped, without samples that clash',
    );
    for (const expression of SMOKEPING)
      t.ok((await query(`(${expression}) and on () vector(1)`)).length > 0 || (await query(expression)).length > 0, expression);
    for (const [name, expression] of Object.entries(FOREIGN)) {
      const answer = await ask(`query?${new URLSearchParams({ query: expression })}`);
      t.equal(answer.status, 'success', `${name}: ${expression}`);
      // A rate of a gauge that stands still is zero: that expression is right only while loss rises.
      if (name !== 'HighPacketLoss') t.ok(answer.data.result.length > 0, `${name} has an answer`);
    }
    t.ok((await query('sonde_rounds_stored_total')).length > 0);
    const loss = await query(
      'sum(rate(smokeping_response_duration_seconds_count{job="sonde-fleet"}[10s])) / sum(rate(smokeping_requests_total{job="sonde-fleet"}[10s]))',
    );
    t.ok(Math.abs(Number(loss[0]?.value[1]) - 0.9) < 0.06, `a tenth is lost: ${loss[0]?.value[1]}`);
    const { data } = await ask('rules');
    const rules = data.groups.flatMap((group: { rules: { name: string; health: string; state: string }[] }) => group.rules);
    t.same(
      rules.filter(({ health }: { health: string }) => health !== 'ok'),
      [],
    );
    t.match(
      rules.find(({ name }: { name: string }) => name === 'CriticalLatency'),
      { state: 'firing', labels: { severity: 'info', notify: 'none' } },
    );
    t.match(
      rules.find(({ name }: { name: string }) => name === 'BandwidthDegradation'),
      { state: 'firing' },
    );
    t.ok(alertmanager.told.has('HighPacketLoss'), [...alertmanager.told].join());
    for (const name of ['CriticalLatency', 'BandwidthDegradation']) t.notOk(alertmanager.told.has(name), `${name} wakes nobody`);
    t.same(check(await stage.metrics()), [], 'the controller about itself');
    await fleet.stop();
  },
);
