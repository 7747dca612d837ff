import uPlot from 'uplot';
import { clock, clockSeconds, day, type Zone } from '../format/time.ts';
import { timeTicks, valueAxis } from './scale.ts';
import type { Theme } from './theme.ts';

// One or two lines over time from zero up: load, memory, how late a loop was.

export interface AreaColumn {
  readonly at: number;
  readonly endAt: number;
  readonly values: readonly (number | null)[];
}
export interface AreaScene {
  readonly columns: readonly AreaColumn[];
  readonly from: number;
  readonly to: number;
  /** Width of a column: where more than one is missing, the line is broken. */
  readonly stepMs: number;
  /** How many lines there are. */
  readonly lines: number;
  /** Top of the axis at least. */
  readonly top: number;
  readonly format: (value: number) => string;
  readonly theme: Theme;
  readonly zone: Zone;
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

const FONT = '11px Inter, system-ui, sans-serif';

export const makeArea = (
  element: HTMLElement,
  size: { readonly width: number; readonly height: number },
  scene: () => AreaScene,
  onHover: (at: { readonly index: number; readonly left: number } | null) => void,
  onZoom: (span: { readonly from: number; readonly to: number }) => void,
): uPlot =>
  new uPlot(
    {
      ...size,
      ms: 1,
      padding: [10, 6, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: () => [scene().from, scene().to] }, y: { range: () => [0, axisTop(scene()).max] } },
      series: [{}, ...Array.from({ length: scene().lines }, (_, index) => lineSeries(scene, index))],
      axes: [timeAxis(scene, size.width), valuesAxis(scene)],
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
      hooks: {
        setCursor: [
          ({ cursor: { idx, left } }) =>
            onHover(idx === null || idx === undefined || (left ?? -1) < 0 ? null : { index: idx, left: left ?? 0 }),
        ],
        setSelect: [
          (plot) => {
            if (plot.select.width < 4) return;
            onZoom({ from: plot.posToVal(plot.select.left, 'x'), to: plot.posToVal(plot.select.left + plot.select.width, 'x') });
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    areaData(scene()),
    element,
  );

/** The first line is filled; the second, its largest values, is thin. */
const lineSeries = (scene: () => AreaScene, index: number): uPlot.Series => ({
  width: index === 0 ? 1.5 : 1,
  stroke: () => (index === 0 ? (scene().theme.loss[0] ?? '') : scene().theme.ink3),
  ...(index === 0 ? { fill: () => `color-mix(in srgb, ${scene().theme.loss[0]} 20%, transparent)`, fillTo: 0 } : {}),
  points: { show: false },
  spanGaps: false,
});

const timeAxis = (scene: () => AreaScene, width: number): uPlot.Axis => {
  const ticksOf = () => {
    const { from, to, zone } = scene();
    return timeTicks(from, to, Math.max(2, Math.floor(width / 110)), zone === 'utc' ? 0 : -new Date(from).getTimezoneOffset() * 60_000);
  };
  return {
    size: 28,
    stroke: () => scene().theme.ink3,
    font: FONT,
    grid: { show: false },
    ticks: { show: false },
    splits: () => [...ticksOf().ticks],
    values: (_, splits) => {
      const { stepMs } = ticksOf();
      const { zone, from, to } = scene();
      const isLong = to - from > 2 * 86_400_000;
      const text = (at: number): string => (isLong && clock(at, zone) === '00:00' ? day(at, zone) : clock(at, zone));
      return splits.map((at) => (stepMs < 60_000 ? clockSeconds(at, zone) : text(at)));
    },
  };
};

const valuesAxis = (scene: () => AreaScene): uPlot.Axis => ({
  size: 64,
  gap: 8,
  stroke: () => scene().theme.ink3,
  font: FONT,
  ticks: { show: false },
  grid: { stroke: () => scene().theme.line, width: 1 },
  splits: () => {
    const { max, step } = axisTop(scene());
    return Array.from({ length: Math.round(max / step) + 1 }, (_, index) => index * step);
  },
  values: (_, splits) => splits.map((value) => (value === 0 ? '0' : scene().format(value))),
});
