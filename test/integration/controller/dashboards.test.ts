import t from 'tap';
import { type ChronografOptions, chronografDashboard, chronografFiles } from '../../../controller/dashboards/chronograf.ts';
import { grafanaDashboard, grafanaFiles } from '../../../controller/dashboards/grafana.ts';
import { DASHBOARDS } from '../../../controller/dashboards/index.ts';
import { InfluxSettings } from '../../../controller/series/influx/settings.ts';
import { openInfluxStore } from '../../../controller/series/influx/store.ts';
import { pointOf, pointsOf } from '../../../controller/series/schema.ts';
import { systemClock } from '../../../protocol/time.ts';
import { type Influxd, influxdMissing, type InfluxTable, startInfluxd } from '../../helpers/influxd.ts';
import { hostRound, interfaceSample, netRound, noSockets } from '../../helpers/machine-rounds.ts';
import { makeRound } from '../../helpers/rounds.ts';
import { telegrafPoints } from '../../helpers/telegraf-points.ts';
import { ALL_HOSTS, APPS_OF_HOSTS, asAsked, CANNED, HOST_LIST, HOST_LIST_ANSWERED, MEASUREMENTS_OF_HOST } from './chronograf-queries.ts';

// Every question of every panel, and Chronograf's own, asked of a real InfluxDB that our store has written to.

t.setTimeout(120_000);
const DATABASE = 'telegraf';
const GRAFANA = { url: 'http://127.0.0.1:8086', database: DATABASE, retentionPolicy: '', user: '', withToken: false };
const CHRONOGRAF: ChronografOptions = { database: DATABASE, retentionPolicy: '' };

const fill = async (influxd: Influxd): Promise<void> => {
  await using store = openInfluxStore(InfluxSettings.parse({ url: influxd.url }), { clock: systemClock });
  const now = Date.now();
  const from = now - 1_800_000;
  for (const host of ['ams1', 'fra1']) {
    const rounds = Array.from({ length: 180 }, (_, i) => makeRound(i, from + i * 10_000, {}, i % 30 === 3 ? [2.1, 2.2] : undefined));
    await store.write(rounds.map((round) => pointOf(host, round, { customer: 'acme' })));
    // What the agent's own machine gives; ports by SNMP as Telegraf writes them, with the label of a customer.
    for (let i = 0; i < 180; i += 1) {
      const own = [
        netRound(from + i * 10_000, { interfaces: [interfaceSample('eth0', 1_000_000 + i * 5_000)] }),
        hostRound(from + i * 10_000, { sockets: noSockets }),
      ];
      await store.write(own.flatMap((round) => pointsOf(host, round, {})));
    }
    await store.write(telegrafPoints(host, from, now, 10_000).filter(({ measurement }) => measurement === 'interface'));
  }
};

const hasValue = (tables: readonly InfluxTable[]): boolean =>
  tables.some(({ values }) => values.some((row) => row.slice(1).some((value) => value !== null)));

if (influxdMissing !== false) t.test('dashboards', { skip: influxdMissing }, async () => {});
else {
  const influxd = await startInfluxd();
  t.teardown(() => influxd[Symbol.asyncDispose]());
  await fill(influxd);

  t.test('Chronograf: its Host List and its canned Ping and System pages have data from our agents', async (t) => {
    const [policy] = await influxd.query(`SHOW RETENTION POLICIES ON "${DATABASE}"`);
    const rp = String(policy?.values.find((row) => row[4] === true)?.[0]);
    const fillIn = (query: string): string => query.replaceAll(':db:', DATABASE).replaceAll(':rp:', rp).replaceAll(':host:', 'ams1');
    for (const [index, statement] of HOST_LIST.split(';\n').entries()) {
      const tables = await influxd.query(fillIn(statement), DATABASE);
      if (HOST_LIST_ANSWERED.includes(index)) t.ok(hasValue(tables), statement.trim());
    }
    const names = (tables: readonly InfluxTable[]): unknown[] => [
      ...new Set(tables.flatMap(({ values }) => values.map(([, value]) => value))),
    ];
    t.same(names(await influxd.query(ALL_HOSTS, DATABASE)), ['ams1', 'fra1']);
    const [apps] = await influxd.query(APPS_OF_HOSTS, DATABASE);
    t.ok(apps?.values.some(([series]) => String(series).startsWith('ping,') && String(series).includes('host=ams1')));
    const [measurements] = await influxd.query(fillIn(MEASUREMENTS_OF_HOST), DATABASE);
    const listed = new Set(measurements?.values.flat());
    for (const name of ['cpu', 'mem', 'net', 'netstat', 'ping', 'system']) t.ok(listed.has(name), name);
    for (const canned of CANNED)
      t.ok(hasValue(await influxd.query(fillIn(asAsked(canned, 'ams1')), DATABASE)), `${canned.page}: ${canned.query}`);
  });

  t.test('Chronograf: every question of every cell that is shipped has an answer', async (t) => {
    let asked = 0;
    for (const [index, dashboard] of DASHBOARDS.entries())
      for (const { name, queries } of chronografDashboard(dashboard, index, CHRONOGRAF).cells)
        for (const { query } of queries) {
          const text = query
            .replaceAll(':dashboardTime:', 'now() - 1h')
            .replaceAll(':upperDashboardTime:', 'now()')
            .replaceAll(':interval:', '60s')
            .replaceAll(':url:', "'gw'")
            .replaceAll(':host:', "'ams1'")
            .replaceAll(':source:', "'sw1'");
          t.notMatch(text, / :\w+:/, 'nothing is left to fill in');
          t.ok(hasValue(await influxd.query(text, DATABASE)), `${dashboard.title}, ${name}: ${text}`);
          asked += 1;
        }
    t.ok(asked >= 30, `${asked} questions`);
  });

  t.test('Grafana: every question of every panel and every variable has an answer', async (t) => {
    for (const dashboard of DASHBOARDS) {
      const made = grafanaDashboard(dashboard, GRAFANA, 'uid');
      t.match(made.templating.list[0], { name: 'datasource', type: 'datasource', current: { value: 'uid' } });
      for (const { query } of made.templating.list.slice(1)) t.ok(hasValue(await influxd.query(query, DATABASE)), query);
      for (const { title, targets } of made.panels)
        for (const { query } of targets) {
          const text = query
            .replaceAll('$timeFilter', 'time >= now() - 1h and time <= now()')
            .replaceAll('$__interval', '60s')
            .replaceAll(/\$(url|host|source)\b/g, '.*');
          t.notMatch(text, /\$(?!\/)/, 'nothing is left to fill in');
          t.ok(hasValue(await influxd.query(text, DATABASE)), `${dashboard.title}, ${title}: ${text}`);
        }
    }
  });

  t.test('Chronograf: customers are summed over their ports', async (t) => {
    const [dashboard] = DASHBOARDS.filter(({ id }) => id === 'sonde-customer-usage');
    const cell = dashboard === undefined ? undefined : chronografDashboard(dashboard, 0, CHRONOGRAF).cells[0];
    const text = (cell?.queries[0]?.query ?? '')
      .replaceAll(':dashboardTime:', 'now() - 20m')
      .replaceAll(':upperDashboardTime:', 'now() - 2m')
      .replaceAll(':interval:', '60s');
    const tables = await influxd.query(text, DATABASE);
    const rateOf = (customer: string): unknown => tables.find(({ tags }) => tags?.['customer'] === customer)?.values[3]?.[1];
    // Two agents poll the same port, and a port is one series: 1 and 2 MB/s.
    t.same([rateOf('acme'), rateOf('umbrella')], [8_000_000, 16_000_000]);
  });

  t.test('Chronograf: the bytes of a customer over the range do not jump where a counter begins anew', async (t) => {
    const at = Date.now() - 600_000;
    const port = { measurement: 'interface', tags: { source: 'sw9', ifName: 'e0', customer: 'reset' } };
    const counts = [7_000_000_000, 7_000_000_100, 7_000_000_300, 40, 100];
    await using store = openInfluxStore(InfluxSettings.parse({ url: influxd.url }), { clock: systemClock });
    const fields = (count: number) => ({ ifHCInOctets: count, ifHCOutOctets: count });
    await store.write(
      counts.map((count, i) => ({ ...port, at: at + i * 60_000, fields: fields(count), integers: ['ifHCInOctets', 'ifHCOutOctets'] })),
    );
    const [dashboard] = DASHBOARDS.filter(({ id }) => id === 'sonde-customer-usage');
    const cell = dashboard === undefined ? undefined : chronografDashboard(dashboard, 0, CHRONOGRAF).cells[1];
    const text = (cell?.queries[0]?.query ?? '').replaceAll(':dashboardTime:', 'now() - 20m').replaceAll(':upperDashboardTime:', 'now()');
    const tables = await influxd.query(text, DATABASE);
    const ofReset = tables.find(({ tags }) => tags?.['customer'] === 'reset');
    t.same(ofReset?.columns, ['time', 'bytes in', 'bytes out']);
    t.same(ofReset?.values[0]?.slice(1), [360, 360]);
  });
}

t.test('exports: files of both tools are whole, and Chronograf’s survive its template', async (t) => {
  const files = [...chronografFiles(DASHBOARDS, CHRONOGRAF), ...grafanaFiles(DASHBOARDS, GRAFANA)];
  t.equal(files.length, DASHBOARDS.length * 4 + 2);
  for (const { path, text } of files) {
    if (path.endsWith('.json') || path.endsWith('.dashboard')) t.type(JSON.parse(text), 'object', path);
    if (/\.dashboard$|^import\/.*chrono/.test(path)) t.notMatch(text, /\{\{/, path);
  }
  const resource = JSON.parse(files.find(({ path }) => path.endsWith('performance.dashboard'))?.text ?? '');
  t.match(resource, { id: /^\d+$/, organization: 'default', templates: [{ tempVar: ':url:', type: 'tagValues' }] });
  t.same(Object.keys(resource.cells[0].axes), ['x', 'y', 'y2']);
  for (const cell of resource.cells) t.ok(cell.x + cell.w <= 12, `${cell.name} lies on the grid`);
  const imported = JSON.parse(files.find(({ path }) => path === 'import/sonde-quality.json')?.text ?? '');
  t.ok(imported.meta?.sources !== undefined && imported.dashboard.cells.length > 0);
});
