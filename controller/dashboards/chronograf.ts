// Dashboards as Chronograf reads them: `.dashboard` for --resources-path, and the file that its page imports.
import { type Dashboard, type Dialect, identifier, influxql, type Panel, type Unit } from './dashboard.ts';

export interface ChronografOptions {
  readonly database: string;
  /** '': the database's default one. */
  readonly retentionPolicy: string;
}

/** A file of an export: its path below the export's directory, and its text. */
export interface ExportFile {
  readonly path: string;
  readonly text: string;
}

const dialectOf = ({ database, retentionPolicy }: ChronografOptions): Dialect => ({
  range: 'time > :dashboardTime: AND time < :upperDashboardTime:',
  interval: ':interval:',
  from: (measurement) => `${identifier(database)}.${retentionPolicy === '' ? '' : identifier(retentionPolicy)}.${identifier(measurement)}`,
  filter: ({ name, tag }) => `${identifier(tag)} = :${name}:`,
});

/** Both files of every dashboard. Never `{{`: Chronograf passes resources through a template. */
export const chronografFiles = (dashboards: readonly Dashboard[], options: ChronografOptions): ExportFile[] =>
  dashboards.flatMap((dashboard, index) => {
    const made = chronografDashboard(dashboard, index, options);
    const imported = { meta: { chronografVersion: '1.10.0', sources: { '0': SOURCE } }, dashboard: made };
    return [
      { path: `resources/${dashboard.id}.dashboard`, text: `${JSON.stringify(made, null, 2)}\n` },
      { path: `import/${dashboard.id}.json`, text: `${JSON.stringify(imported, null, 2)}\n` },
    ];
  });

/** The importer asks which of its own sources this one is. */
const SOURCE = { name: 'Sonde', link: '/chronograf/v1/sources/0' };
/** Chronograf's ids are numbers as text; these are far above those that it gives itself. */
const FIRST_ID = 740_100;
const HEIGHT = 4;

export const chronografDashboard = (dashboard: Dashboard, index: number, options: ChronografOptions) => {
  const dialect = dialectOf(options);
  const places = layOut(dashboard.panels);
  return {
    id: String(FIRST_ID + index),
    name: dashboard.title,
    organization: 'default',
    cells: dashboard.panels.map((panel, i) => cellOf(dashboard, panel, `${dashboard.id}-${i}`, places[i] ?? { x: 0, y: 0 }, dialect)),
    templates: dashboard.variables.map(({ name, label, measurements, tag }) => ({
      id: `${dashboard.id}-${name}`,
      tempVar: `:${name}:`,
      type: 'tagValues',
      label,
      values: [],
      query: {
        influxql: 'SHOW TAG VALUES ON :database: FROM :measurement: WITH KEY=:tagKey:',
        db: options.database,
        rp: options.retentionPolicy,
        measurement: measurements[0],
        tagKey: tag,
        fieldKey: '',
      },
      sourceID: 'dynamic',
    })),
  };
};

const cellOf = (dashboard: Dashboard, panel: Panel, i: string, place: { readonly x: number; readonly y: number }, dialect: Dialect) => ({
  i,
  x: place.x,
  y: place.y,
  w: panel.width,
  h: HEIGHT,
  name: panel.title,
  type: panel.kind === 'graph' ? 'line' : 'table',
  queries: panel.queries.map((query) => {
    const text = influxql(dashboard, query, dialect);
    return { query: text, queryConfig: configOf(text), source: '', type: 'influxql' };
  }),
  axes: { x: AXIS, y: { ...AXIS, ...yAxis(panel.unit) }, y2: AXIS },
  colors: PALETTE,
  legend: {},
  tableOptions: {
    verticalTimeAxis: false,
    sortBy: { internalName: 'time', displayName: '', visible: true },
    wrapping: 'truncate',
    fixFirstColumn: true,
  },
  fieldOptions: [{ internalName: 'time', displayName: '', visible: panel.kind === 'graph' }],
  timeFormat: 'YYYY-MM-DD HH:mm:ss',
  decimalPlaces: { isEnforced: true, digits: 2 },
  note: panel.note ?? '',
  noteVisibility: 'default',
});

const AXIS = { bounds: ['', ''], label: '', prefix: '', suffix: '', base: '10', scale: 'linear' };
const SUFFIX: Readonly<Record<Unit, string>> = {
  ms: ' ms',
  percent: ' %',
  'bits-per-second': ' bit/s',
  bytes: ' B',
  'per-second': ' /s',
  packets: '',
  count: '',
  load: '',
  seconds: ' s',
};
const yAxis = (unit: Unit) => ({ suffix: SUFFIX[unit], base: unit === 'bits-per-second' || unit === 'bytes' ? '10' : 'raw' });

const PALETTE = ['#31C0F6', '#A500A5', '#FF7E27'].map((hex, i) => ({
  id: `sonde-${i}`,
  type: 'scale',
  hex,
  name: 'Nineteen Eighty Four',
  value: String(i),
}));

/** A question that was typed, not clicked together. */
const configOf = (rawText: string) => ({
  id: '',
  database: '',
  measurement: '',
  retentionPolicy: '',
  fields: [],
  tags: {},
  groupBy: { time: '', tags: [] },
  areTagsAccepted: false,
  rawText,
  range: null,
  shifts: [],
});

/** Left to right on twelve columns, rows of one height. */
export const layOut = (panels: readonly Panel[]): { x: number; y: number }[] => {
  let x = 0;
  let y = 0;
  return panels.map(({ width }) => {
    if (x + width > 12) {
      x = 0;
      y += HEIGHT;
    }
    const place = { x, y };
    x += width;
    return place;
  });
};
