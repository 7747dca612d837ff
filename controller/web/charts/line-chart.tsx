import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { zone } from '../data/location.ts';
import { theme } from '../data/preferences.ts';
import type { Span } from '../data/range.ts';
import { axisNumbers } from '../format/quantity.ts';
import { clock, day } from '../format/time.ts';
import { timeTicks } from './scale.ts';
import { LEAST_WIDTH, useWidth } from './use-plot.ts';

export interface Line {
  readonly name: string;
  /** Ascending times, ms. */
  readonly points: readonly (readonly [at: number, value: number | null])[];
}

interface Props {
  readonly lines: readonly Line[];
  readonly span: Span;
  readonly height: number;
  readonly label: string;
  readonly onZoom: (span: Span) => void;
}

const HUES = [210, 30, 150, 330, 60, 270, 180, 0, 100, 300];
const font = '11px Inter, system-ui, sans-serif';

/** As many colours as there are lines; neighbours far apart, each readable on both grounds. */
export const colourOf = (index: number): string => `hsl(${HUES[index % HUES.length] ?? 0} 62% ${index < HUES.length ? 52 : 68}%)`;

/** Lines over one time; dragging zooms. What they are is told beside the chart, in words. */
export const LineChart = ({ lines, span, height, label, onZoom }: Props) => {
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useLayoutEffect(() => {
    if (!element.current || width < LEAST_WIDTH) return;
    const plot = new uPlot(
      optionsFor({ width, height }, lines, span, (chosen) => zoom.current(chosen)),
      dataOf(lines),
      element.current,
    );
    return () => plot.destroy();
  }, [width, height, lines, span.from, span.to, zone.value, theme.value]);
  return <div ref={element} role="img" aria-label={label} />;
};

const dataOf = (lines: readonly Line[]): uPlot.AlignedData => {
  if (lines.length === 0) return [[], []];
  return uPlot.join(lines.map(({ points }) => [points.map(([at]) => at), points.map(([, value]) => value)]));
};

/** The points that no line reaches. */
const alone: uPlot.Series.Points.Filter = (plot, index) => {
  const found: number[] = [];
  const values = plot.data[index] ?? [];
  let [before, last, lastAt]: [unknown, unknown, number] = [null, null, -1];
  for (const [i, value] of [...values, null].entries()) {
    if (value === undefined) continue; // another line's time
    if (last !== null && before === null && value === null) found.push(lastAt);
    [before, last, lastAt] = [last, value, i];
  }
  return found;
};

const optionsFor = (
  size: { width: number; height: number },
  lines: readonly Line[],
  span: Span,
  onZoom: (span: Span) => void,
): uPlot.Options => {
  const { ink3, line } = theme.value;
  const ticks = timeTicks(
    span.from,
    span.to,
    Math.max(2, Math.floor(size.width / 110)),
    zone.value === 'utc' ? 0 : -new Date(span.from).getTimezoneOffset() * 60_000,
  );
  const long = span.to - span.from > 2 * 86_400_000;
  return {
    ...size,
    ms: 1,
    legend: { show: false },
    scales: { x: { time: false, range: () => [span.from, span.to] } },
    series: [
      {},
      ...(lines.length === 0
        ? [{}]
        : lines.map((_, index) => ({ stroke: colourOf(index), width: 1.5, points: { size: 4, filter: alone } }))),
    ],
    axes: [
      {
        stroke: ink3,
        font,
        grid: { show: false },
        ticks: { show: false },
        splits: () => [...ticks.ticks],
        values: (_, splits) =>
          splits.map((at) => (long && clock(at, zone.value) === '00:00' ? day(at, zone.value) : clock(at, zone.value))),
      },
      {
        stroke: ink3,
        font,
        size: (_, values) => Math.max(56, ...(values ?? []).map((text) => 14 + 7 * text.length)),
        ticks: { show: false },
        grid: { stroke: line, width: 1 },
        values: (_, splits, _axis, _space, step) => axisNumbers(splits, step),
      },
    ],
    cursor: { y: false, drag: { x: true, y: false, setScale: false } },
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          onZoom({ from: plot.posToVal(plot.select.left, 'x'), to: plot.posToVal(plot.select.left + plot.select.width, 'x') });
        },
      ],
    },
  };
};
