import uPlot from 'uplot';
import type { Span } from '../data/range.ts';
import { clock, clockSeconds, day, type Zone } from '../format/time.ts';
import { timeTicks } from './scale.ts';
import type { Theme } from './theme.ts';

// What plots of values over time have in common: the axes, and how they are read and zoomed.

export const FONT = '11px Inter, system-ui, sans-serif';

/** What every such plot is drawn from. */
export interface TimeScene {
  readonly from: number;
  readonly to: number;
  readonly format: (value: number) => string;
  readonly theme: Theme;
  readonly zone: Zone;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where the pointer is: the index of the data's column, and pixels from the left. */
export interface Hover {
  readonly index: number;
  readonly left: number;
}

/** How a plot says what the reader does. */
export interface Reader {
  readonly onHover: (at: Hover | null) => void;
  readonly onZoom: (span: Span) => void;
}

export const timeAxis = (scene: () => Pick<TimeScene, 'from' | 'to' | 'theme' | 'zone'>, width: number): uPlot.Axis => {
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

/** `splits`: where the lines are, from the bottom up; a value below zero is told without its sign. */
export const valuesAxis = (scene: () => Pick<TimeScene, 'format' | 'theme'>, size: number, splits: () => number[]): uPlot.Axis => ({
  size,
  gap: 8,
  stroke: () => scene().theme.ink3,
  font: FONT,
  ticks: { show: false },
  grid: { stroke: () => scene().theme.line, width: 1 },
  splits,
  values: (_, at) => at.map((value) => (value === 0 ? '0' : scene().format(Math.abs(value)))),
});

/** The pointer reads, dragging zooms. */
export const reading = ({
  onHover,
  onZoom,
}: Reader): Pick<uPlot.Options, 'cursor' | 'legend'> & { readonly hooks: uPlot.Hooks.Arrays } => ({
  legend: { show: false },
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
});
