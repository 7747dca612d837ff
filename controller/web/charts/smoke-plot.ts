import uPlot from 'uplot';
import type { PairHistory } from '../../../protocol/api.ts';
import { delay, delayText } from '../format/quantity.ts';
import { clock, clockSeconds, day, type Zone } from '../format/time.ts';
import { drawAnnotations } from './annotations.ts';
import { drawAbsences, drawBands, drawClips, drawErrorBound, drawMedian, drawStrip, inside } from './canvas.ts';
import { drawRuleLine, drawStripLine, lineMs, type RuleLine } from './rule-line.ts';
import { type Axis, timeTicks } from './scale.ts';
import { layout, nearest, type SmokeInput, type SmokeLayout } from './smoke.ts';
import type { Theme } from './theme.ts';

// uPlot brings the axes, the scales and the cursor; the smoke itself is drawn by its hooks.

export interface Scene {
  readonly input: Omit<SmokeInput, 'width'>;
  readonly axis: Axis;
  readonly annotations: PairHistory['annotations'];
  /** Of the rule that fired, where the chart belongs to an incident. */
  readonly line?: RuleLine | null;
  readonly theme: Theme;
  readonly zone: Zone;
}

export interface SmokePlotEvents {
  readonly scene: () => Scene;
  readonly onHover: (at: { readonly time: number; readonly left: number } | null) => void;
  readonly onZoom: (span: { from: number; to: number }) => void;
  readonly onZoomOut: () => void;
}

export const lane = 28;
export const stripGap = 10;
export const stripHeight = 34;
const font = '11px Inter, system-ui, sans-serif';

/** What uPlot needs to know: one point a column, for the cursor. */
export const plotData = ({ input }: Scene): uPlot.AlignedData => [
  input.columns.map((column) => (column.at + column.endAt) / 2),
  input.columns.map((column) => column.rtt?.medianMs ?? null),
];

export const makePlot = (element: HTMLElement, size: { width: number; height: number }, events: SmokePlotEvents): uPlot => {
  const { scene } = events;
  const narrow = size.width < 560;
  return new uPlot(
    {
      ...size,
      ms: 1,
      padding: [lane, narrow ? 2 : 4, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: () => [scene().input.from, scene().input.to] }, y: { range: () => [0, scene().axis.max] } },
      series: [{}, { points: { show: false }, width: 0 }],
      axes: [timeAxis(scene, size.width), valuesAxis(scene, narrow)],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        move: (plot, left, top) => [snapped(plot, scene(), left), top],
        bind: {
          dblclick: () => () => {
            events.onZoomOut();
            return null;
          },
        },
      },
      hooks: {
        draw: [(plot) => paint(plot, scene())],
        setCursor: [
          (plot) =>
            events.onHover(
              plot.cursor.left === undefined || plot.cursor.left < 0
                ? null
                : { time: plot.posToVal(plot.cursor.left, 'x'), left: plot.cursor.left },
            ),
        ],
        setSelect: [
          (plot) => {
            if (plot.select.width < 4) return;
            events.onZoom({ from: plot.posToVal(plot.select.left, 'x'), to: plot.posToVal(plot.select.left + plot.select.width, 'x') });
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    plotData(scene()),
    element,
  );
};

/** The cursor stands on a column where there is one near, and is free in a gap. */
const snapped = (plot: uPlot, scene: Scene, left: number): number => {
  if (left < 0) return left;
  const { columns, intervalMs, bucketMs } = scene.input;
  const time = plot.posToVal(left, 'x');
  const column = columns[nearest(columns, time) ?? -1];
  if (!column) return left;
  const middle = (column.at + column.endAt) / 2;
  return Math.abs(middle - time) <= (bucketMs || intervalMs) ? plot.valToPos(middle, 'x') : left;
};

const timeAxis = (scene: () => Scene, width: number): uPlot.Axis => ({
  size: stripGap + stripHeight + 26,
  gap: stripGap + stripHeight + 8,
  stroke: () => scene().theme.ink3,
  font,
  grid: { show: false },
  ticks: { show: false },
  splits: () => ticksOf(scene(), width).ticks as number[],
  values: (_, splits) => {
    const { stepMs } = ticksOf(scene(), width);
    const { zone, input } = scene();
    const long = input.to - input.from > 2 * 86_400_000;
    return splits.map((at) =>
      stepMs < 60_000 ? clockSeconds(at, zone) : long && clock(at, zone) === '00:00' ? day(at, zone) : clock(at, zone),
    );
  },
});

const ticksOf = ({ input, zone }: Scene, width: number) =>
  timeTicks(
    input.from,
    input.to,
    Math.max(2, Math.floor(width / 110)),
    zone === 'utc' ? 0 : -new Date(input.from).getTimezoneOffset() * 60_000,
  );

const valuesAxis = (scene: () => Scene, narrow: boolean): uPlot.Axis => ({
  size: narrow ? 40 : 52,
  gap: 8,
  stroke: () => scene().theme.ink3,
  font,
  ticks: { show: false },
  grid: { stroke: () => scene().theme.line, width: 1 },
  splits: () => {
    const { max, step } = scene().axis;
    return Array.from({ length: Math.round(max / step) + 1 }, (_, index) => index * step);
  },
  values: (_, splits) => axisLabels(splits, scene().axis.max),
});

/** Numbers in one unit, which stands at the top one only. */
export const axisLabels = (splits: readonly number[], max: number): string[] => {
  const { unit } = delay(max);
  const scale = unit === 'µs' ? 1000 : unit === 's' ? 1 / 1000 : 1;
  return splits.map((value, index) => `${Number((value * scale).toPrecision(4))}${index === splits.length - 1 ? ` ${unit}` : ''}`);
};

const paint = (plot: uPlot, scene: Scene): void => {
  const ratio = devicePixelRatio || 1;
  const { ctx: context, bbox } = plot;
  const box = { left: bbox.left / ratio, top: bbox.top / ratio, width: bbox.width / ratio, height: bbox.height / ratio };
  const view = layout({ ...scene.input, width: box.width });
  context.save();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.font = font;
  inside(context, { ...box, top: box.top - 1, height: box.height + 1 }, () => {
    context.translate(0, 1);
    paintPlot(context, view, scene, box.height);
    const ms = lineMs(scene.line);
    if (ms !== null && ms <= scene.axis.max)
      drawRuleLine(context, box.height * (1 - ms / scene.axis.max), box.width, `rule ${delayText(ms)}`, scene.theme);
  });
  const strip = { ...box, top: box.top + box.height + stripGap, height: stripHeight };
  inside(context, strip, () => {
    context.fillStyle = scene.theme.sunken;
    context.fillRect(0, 0, box.width, stripHeight);
    context.fillStyle = scene.theme.line;
    context.fillRect(0, 0, box.width, 1);
    drawStrip(context, view, stripHeight, scene.theme);
    drawStripLine(context, scene.line, box.width, stripHeight, scene.theme);
  });
  stripLabels(context, strip.left - 8, strip.top, scene.theme);
  context.translate(box.left, box.top);
  const x = (at: number): number => ((at - scene.input.from) / (scene.input.to - scene.input.from)) * box.width;
  drawAnnotations(context, scene.annotations, x, box.width, box.height + stripGap + stripHeight, scene.theme);
  context.restore();
};

const paintPlot = (context: CanvasRenderingContext2D, view: SmokeLayout, scene: Scene, height: number): void => {
  const { theme, axis } = scene;
  const y = (ms: number): number => height - (Math.min(ms, axis.max) / axis.max) * height;
  if (view.pending) {
    context.fillStyle = theme.sel;
    context.fillRect(view.pending.x0, 0, Math.max(2, view.pending.x1 - view.pending.x0 - 1), height);
  }
  drawAbsences(context, view.absences, height, theme, { words: true });
  drawBands(context, view, y, theme);
  drawErrorBound(context, view, y, theme);
  drawClips(context, view.cells, axis.max, theme);
  drawMedian(context, view, y, theme);
};

const stripLabels = (context: CanvasRenderingContext2D, right: number, top: number, theme: Theme): void => {
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = theme.ink3;
  context.fillText('100 %', right, top + 6);
  context.fillText('loss', right, top + stripHeight - 5);
};
