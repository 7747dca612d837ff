import uPlot from 'uplot';
import { valueAxis } from './scale.ts';
import { type Reader, reading, type Size, timeAxis, type TimeScene, valuesAxis } from './time-plot.ts';

// One or two lines over time from zero up: load, memory, how late a loop was.

export interface AreaColumn {
  readonly at: number;
  readonly endAt: number;
  readonly values: readonly (number | null)[];
}
export interface AreaScene extends TimeScene {
  readonly columns: readonly AreaColumn[];
  /** Width of a column: where more than one is missing, the line is broken. */
  readonly stepMs: number;
  /** How many lines there are. */
  readonly lines: number;
  /** Top of the axis at least. */
  readonly top: number;
}

/** Times and one row of values a line, with nulls where columns are missing. Pure. */
export const areaData = ({ columns, stepMs, lines }: Pick<AreaScene, 'columns' | 'stepMs' | 'lines'>): uPlot.AlignedData => {
  const times: number[] = [];
  const rows: (number | null)[][] = Array.from({ length: lines }, () => []);
  let lastEnd: number | null = null;
  const push = (at: number, values: readonly (number | null)[]): void => {
    times.push(at);
    for (const [index, row] of rows.entries()) row.push(values[index] ?? null);
  };
  for (const { at, endAt, values } of columns) {
    if (lastEnd !== null && at - lastEnd > stepMs * 1.5) push(lastEnd + stepMs / 2, []);
    push((at + endAt) / 2, values);
    lastEnd = endAt;
  }
  return [times, ...rows];
};

const axisTop = ({ columns, top }: Pick<AreaScene, 'columns' | 'top'>): { readonly max: number; readonly step: number } =>
  valueAxis(Math.max(top, ...columns.flatMap(({ values }) => values.map((value) => value ?? 0))));

/** Width of the axis of values. */
export const AREA_AXIS = 64;

export const makeArea = (element: HTMLElement, size: Size, scene: () => AreaScene, reader: Reader): uPlot =>
  new uPlot(
    {
      ...size,
      ...reading(reader),
      ms: 1,
      padding: [10, 6, 0, 0],
      scales: { x: { time: false, range: () => [scene().from, scene().to] }, y: { range: () => [0, axisTop(scene()).max] } },
      series: [{}, ...Array.from({ length: scene().lines }, (_, index) => lineSeries(scene, index))],
      axes: [timeAxis(scene, size.width), valuesAxis(scene, AREA_AXIS, () => splitsOf(scene()))],
    },
    areaData(scene()),
    element,
  );

const splitsOf = (scene: AreaScene): number[] => {
  const { max, step } = axisTop(scene);
  return Array.from({ length: Math.round(max / step) + 1 }, (_, index) => index * step);
};

/** The first line is filled; the second, its largest values, is thin. */
const lineSeries = (scene: () => AreaScene, index: number): uPlot.Series => ({
  width: index === 0 ? 1.5 : 1,
  stroke: () => (index === 0 ? (scene().theme.loss[0] ?? '') : scene().theme.ink3),
  ...(index === 0 ? { fill: () => `color-mix(in srgb, ${scene().theme.loss[0]} 20%, transparent)`, fillTo: 0 } : {}),
  points: { show: false },
  spanGaps: false,
});
