import uPlot from 'uplot';
import type { DeviceEvent } from '../../../protocol/api-devices.ts';
import { drawAnnotations } from './annotations.ts';
import { valueAxis } from './scale.ts';
import { FONT, type Reader, reading, type Size, timeAxis, type TimeScene, valuesAxis } from './time-plot.ts';

// What comes in stands above the line, what goes out below it: one picture, two directions.

export interface MirrorColumn {
  readonly at: number;
  readonly endAt: number;
  readonly up: number | null;
  readonly down: number | null;
}
export interface MirrorScene extends TimeScene {
  readonly columns: readonly MirrorColumn[];
  /** Width of a column: where more than one is missing, the line is broken. */
  readonly stepMs: number;
  /** Lines that the picture is read against: the 95th percentile. */
  readonly marks: { readonly up: number; readonly down: number } | null;
  readonly events: readonly DeviceEvent[];
}

/** One point a column at its middle, and nulls where columns are missing. Pure. */
export const mirrorData = ({
  columns,
  stepMs,
}: Pick<MirrorScene, 'columns' | 'stepMs'>): [number[], (number | null)[], (number | null)[]] => {
  const data: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  let lastEnd: number | null = null;
  const push = (at: number, up: number | null, down: number | null): void => {
    data[0].push(at);
    data[1].push(up);
    data[2].push(down === null ? null : -down);
  };
  for (const { at, endAt, up, down } of columns) {
    if (lastEnd !== null && at - lastEnd > stepMs * 1.5) push(lastEnd + stepMs / 2, null, null);
    push((at + endAt) / 2, up, down);
    lastEnd = endAt;
  }
  return data;
};

/** Both halves have the same scale: what is higher is more. */
export const mirrorTop = ({ columns, marks }: Pick<MirrorScene, 'columns' | 'marks'>): { readonly max: number; readonly step: number } => {
  const values = columns.flatMap(({ up, down }) => [up ?? 0, down ?? 0]);
  return valueAxis(Math.max(1e-6, marks?.up ?? 0, marks?.down ?? 0, ...values));
};

const LANE = 24;
/** Width of the axis of values. */
export const MIRROR_AXIS = 72;

export const makeMirror = (element: HTMLElement, size: Size, scene: () => MirrorScene, reader: Reader): uPlot => {
  const { hooks, ...options } = reading(reader);
  return new uPlot(
    {
      ...size,
      ...options,
      ms: 1,
      padding: [LANE, 6, 0, 0],
      scales: {
        x: { time: false, range: () => [scene().from, scene().to] },
        y: { range: () => [-mirrorTop(scene()).max, mirrorTop(scene()).max] },
      },
      series: [{}, area(scene, 0), area(scene, 1)],
      axes: [timeAxis(scene, size.width), valuesAxis(scene, MIRROR_AXIS, () => splitsOf(scene()))],
      hooks: { ...hooks, draw: [(plot) => paint(plot, scene())] },
    },
    mirrorData(scene()),
    element,
  );
};

const splitsOf = (scene: MirrorScene): number[] => {
  const { max, step } = mirrorTop(scene);
  const steps = Math.round(max / step);
  return Array.from({ length: 2 * steps + 1 }, (_, index) => (index - steps) * step);
};

const area = (scene: () => MirrorScene, half: 0 | 1): uPlot.Series => ({
  width: 1.5,
  stroke: () => (half === 0 ? (scene().theme.loss[0] ?? '') : scene().theme.smoke),
  fill: () => `color-mix(in srgb, ${half === 0 ? scene().theme.loss[0] : scene().theme.smoke} 28%, transparent)`,
  fillTo: 0,
  points: { show: false },
  spanGaps: false,
});

const paint = (plot: uPlot, scene: MirrorScene): void => {
  const ratio = devicePixelRatio || 1;
  const { ctx: context, bbox } = plot;
  const box = { left: bbox.left / ratio, top: bbox.top / ratio, width: bbox.width / ratio, height: bbox.height / ratio };
  const x = (at: number): number => ((at - scene.from) / (scene.to - scene.from)) * box.width;
  const y = (value: number): number => plot.valToPos(value, 'y');
  context.save();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.translate(box.left, box.top);
  context.font = FONT;
  line(context, y(0), box.width, scene.theme.control, []);
  if (scene.marks) {
    line(context, y(scene.marks.up), box.width, scene.theme.ink2, [4, 4]);
    line(context, y(-scene.marks.down), box.width, scene.theme.ink2, [4, 4]);
  }
  const shown = scene.events.map(({ at, title }) => ({ kind: 'change' as const, from: at, to: at, title }));
  drawAnnotations(context, shown, x, box.width, box.height, scene.theme);
  context.restore();
};

const line = (context: CanvasRenderingContext2D, y: number, width: number, stroke: string, dash: number[]): void => {
  context.save();
  context.setLineDash(dash);
  context.strokeStyle = stroke;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(width, Math.round(y) + 0.5);
  context.stroke();
  context.restore();
};
