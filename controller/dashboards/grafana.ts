// Dashboards as Grafana reads them: classic JSON, once to import by hand and once to be provisioned, with the provisioning itself.
import { stringify } from 'yaml';
import { type ExportFile, layOut } from './chronograf.ts';
import { type Dashboard, type Dialect, identifier, influxql, type Panel, type Unit } from './dashboard.ts';

export interface GrafanaOptions {
  readonly url: string;
  readonly database: string;
  readonly retentionPolicy: string;
  readonly user: string;
  /** 2.x and 3.x are asked with a token. */
  readonly withToken: boolean;
}

const UID = 'sonde-influxdb';
/** Grafana's grid has 24 columns where ours has twelve. */
const COLUMNS = 2;
const HEIGHT = 8;

const dialectOf = ({ retentionPolicy }: GrafanaOptions): Dialect => ({
  range: '$timeFilter',
  interval: '$__interval',
  from: (measurement) => `${retentionPolicy === '' ? '' : `${identifier(retentionPolicy)}.`}${identifier(measurement)}`,
  filter: ({ name, tag }) => `${identifier(tag)} =~ /^$${name}$/`,
});

export const grafanaFiles = (dashboards: readonly Dashboard[], options: GrafanaOptions): ExportFile[] => [
  ...dashboards.flatMap((dashboard) => [
    { path: `dashboards/${dashboard.id}.json`, text: json(grafanaDashboard(dashboard, options, UID)) },
    { path: `import/${dashboard.id}.json`, text: json({ ...INPUTS, ...grafanaDashboard(dashboard, options, '${DS_SONDE}') }) },
  ]),
  { path: 'provisioning/datasources/sonde.yaml', text: datasource(options) },
  { path: 'provisioning/dashboards/sonde.yaml', text: provider() },
];

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const INPUTS = {
  __inputs: [
    {
      name: 'DS_SONDE',
      label: 'Sonde',
      description: 'The InfluxDB that Sonde writes to',
      type: 'datasource',
      pluginId: 'influxdb',
      pluginName: 'InfluxDB',
    },
  ],
  __requires: [{ type: 'datasource', id: 'influxdb', name: 'InfluxDB', version: '1.0.0' }],
};

export const grafanaDashboard = (dashboard: Dashboard, options: GrafanaOptions, uid: string) => {
  const datasourceRef = { type: 'influxdb', uid: '${datasource}' };
  const dialect = dialectOf(options);
  const places = layOut(dashboard.panels);
  return {
    uid: dashboard.id,
    title: dashboard.title,
    description: dashboard.about,
    tags: ['sonde'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    timezone: 'browser',
    time: { from: 'now-6h', to: 'now' },
    annotations: { list: [] },
    templating: {
      list: [
        chosenDatasource(uid),
        ...dashboard.variables.map(({ name, label, measurements, tag }) => {
          const query = `SHOW TAG VALUES FROM ${identifier(measurements[0])} WITH KEY = ${identifier(tag)}`;
          return {
            name,
            label,
            type: 'query',
            datasource: datasourceRef,
            query,
            definition: query,
            refresh: 2,
            sort: 1,
            multi: true,
            includeAll: true,
            allValue: '.*',
            current: { text: 'All', value: '$__all' },
          };
        }),
      ],
    },
    panels: dashboard.panels.map((panel, i) => {
      const { x = 0, y = 0 } = places[i] ?? {};
      const gridPos = { x: x * COLUMNS, y: y * COLUMNS, w: panel.width * COLUMNS, h: HEIGHT };
      return { id: i + 1, gridPos, ...panelOf(dashboard, panel, dialect, datasourceRef) };
    }),
  };
};

/** Which InfluxDB the page asks: the usual name, so that panels from elsewhere, and from Explore, can be pasted. */
const chosenDatasource = (uid: string) => ({
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'influxdb',
  refresh: 1,
  current: { text: 'Sonde', value: uid },
});

const panelOf = (dashboard: Dashboard, panel: Panel, dialect: Dialect, datasourceRef: { readonly type: string; readonly uid: string }) => ({
  title: panel.title,
  ...(panel.note === undefined ? {} : { description: panel.note }),
  type: panel.kind === 'graph' ? 'timeseries' : 'table',
  datasource: datasourceRef,
  targets: panel.queries.map((query, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: datasourceRef,
    query: influxql(dashboard, query, dialect),
    rawQuery: true,
    resultFormat: panel.kind === 'graph' ? 'time_series' : 'table',
    ...(panel.kind === 'graph' ? { alias: aliasOf((query.outer ?? query).by) } : {}),
  })),
  fieldConfig: {
    defaults:
      panel.kind === 'graph'
        ? { unit: UNITS[panel.unit], min: 0, custom: { lineWidth: 1, fillOpacity: 0, spanNulls: false } }
        : { decimals: 2 },
    overrides: [{ matcher: { id: 'byName', options: 'Time' }, properties: [{ id: 'custom.hidden', value: panel.kind === 'table' }] }],
  },
  options: panel.kind === 'graph' ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } } : {},
});

const aliasOf = (by: readonly string[]): string => ['$col', ...by.map((tag) => `$tag_${tag}`)].join(' ');

const UNITS: Readonly<Record<Unit, string>> = {
  ms: 'ms',
  percent: 'percent',
  'bits-per-second': 'bps',
  bytes: 'decbytes',
  'per-second': 'cps',
  packets: 'none',
  count: 'none',
  load: 'none',
  seconds: 's',
};

/** Grafana reads the database from jsonData, older ones from the top. Secrets are not written: Grafana takes them from its own environment. */
const datasource = ({ url, database, user, withToken }: GrafanaOptions): string => {
  const secret = withToken
    ? { secureJsonData: { httpHeaderValue1: 'Token $SONDE_INFLUX_TOKEN' } }
    : user === ''
      ? {}
      : { user, secureJsonData: { password: '$SONDE_INFLUX_PASSWORD' } };
  const jsonData = { dbName: database, httpMode: 'GET', ...(withToken ? { httpHeaderName1: 'Authorization' } : {}) };
  return stringify({
    apiVersion: 1,
    datasources: [{ name: 'Sonde', type: 'influxdb', access: 'proxy', uid: UID, url, database, jsonData, editable: true, ...secret }],
  });
};

const provider = (): string =>
  stringify({
    apiVersion: 1,
    providers: [{ name: 'Sonde', folder: 'Sonde', type: 'file', options: { path: '/var/lib/grafana/dashboards/sonde' } }],
  });
