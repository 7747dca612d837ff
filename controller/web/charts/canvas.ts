import type { Absence, Cell, SmokeLayout } from './smoke.ts';
import { lossWidth } from './smoke.ts';
import type { Theme } from './theme.ts';

// The layers of the smoke chart on a canvas, bottom to top. All in CSS pixels of the box; the caller has scaled the context.

/** A box on the canvas and what its height stands for. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

type Context = CanvasRenderingContext2D;

/** Clips to the box and moves its corner to 0, 0 while `draw` runs. */
export const inside = (context: Context, box: Box, draw: () => void): void => {
  context.save();
  context.translate(box.left, box.top);
  context.beginPath();
  context.rect(0, 0, box.width, box.height);
  context.clip();
  draw();
  context.restore();
};

/** Lines at 45°, `pitch` px apart across, in a rectangle: no data. */
export const hatch = (
  context: Context,
  x: number,
  y: number,
  width: number,
  height: number,
  stroke: string,
  pitch = 6,
  line = 1.3,
  down = false,
): void => {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  const step = pitch * Math.SQRT2; // along the edge
  for (let at = Math.floor((x - height) / step) * step; at < x + width + height; at += step) {
    context.moveTo(at, down ? y : y + height);
    context.lineTo(at + height, down ? y + height : y);
  }
  context.strokeStyle = stroke;
  context.lineWidth = line;
  context.stroke();
  context.restore();
};

const words = { off: 'agent off', 'no-data': 'no data', 'no-reply': '100 % loss' } as const;

/** Off, no data and 100 % loss over the whole height: three absences that never look alike. */
export const drawAbsences = (
  context: Context,
  absences: readonly Absence[],
  height: number,
  theme: Theme,
  options: { readonly words: boolean },
): void => {
  for (const { kind, x0, x1 } of absences) {
    const width = Math.max(1, x1 - x0);
    if (kind === 'off') {
      context.fillStyle = theme.off;
      context.fillRect(x0, 0, width, height);
      context.fillStyle = theme.control;
      context.fillRect(x0, 0, 1, height);
      context.fillRect(x0 + width - 1, 0, 1, height);
      if (width > 6) dashes(context, x0, x0 + width, height / 2, theme.control);
    } else if (kind === 'no-data') {
      hatch(context, x0, 0, width, height, theme.control, options.words ? 6 : 4, options.words ? 1.3 : 1);
    } else {
      context.globalAlpha = 0.16;
      context.fillStyle = theme.loss[5] ?? '';
      context.fillRect(x0, 0, width, height);
      context.globalAlpha = 1;
      context.fillRect(x0, 0, width, options.words ? 3 : 2);
    }
    if (options.words && width >= 14 && height >= 80)
      upright(context, words[kind], x0 + width / 2, height / 2, kind === 'no-reply' ? theme.ink : theme.ink2, theme.surface);
  }
};

const dashes = (context: Context, x0: number, x1: number, y: number, stroke: string): void => {
  context.save();
  context.setLineDash([2, 4]);
  context.strokeStyle = stroke;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x0, Math.round(y) + 0.5);
  context.lineTo(x1, Math.round(y) + 0.5);
  context.stroke();
  context.restore();
};

const upright = (context: Context, text: string, x: number, y: number, fill: string, halo: string): void => {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.strokeStyle = halo;
  context.lineWidth = 4;
  context.strokeText(text, 0, 0.5);
  context.fillStyle = fill;
  context.fillText(text, 0, 0.5);
  context.restore();
};

/** Nested bands p5–95, p10–90, p25–75, each column for itself: never smoothed, never joined across a gap. */
export const drawBands = (
  context: Context,
  { cells, distance }: SmokeLayout,
  y: (ms: number) => number,
  theme: Theme,
  from: 0 | 1 = 0,
): void => {
  context.fillStyle = theme.smoke;
  const gap = distance === 'near' ? 1 : 0;
  const ratio = context.getTransform().a;
  const snap = (x: number): number => Math.round(x * ratio) / ratio; // neighbours share a device pixel's edge: no seams
  for (const { column, x0, x1 } of cells) {
    if (!column.rtt) continue;
    const { p5Ms, p10Ms, p25Ms, p75Ms, p90Ms, p95Ms } = column.rtt;
    const left = snap(x0);
    const width = Math.max(1 / ratio, snap(x1) - left - gap);
    const bands = [
      [p95Ms, p5Ms],
      [p90Ms, p10Ms],
      [p75Ms, p25Ms],
    ] as const;
    for (let band = from; band < 3; band++) {
      const [high, low] = bands[band] ?? [0, 0];
      context.globalAlpha = theme.bands[band] ?? 0;
      context.fillRect(left, y(high), width, Math.max(0.75, y(low) - y(high)));
    }
  }
  context.globalAlpha = 1;
};

/** What the agent's own noise may have added, up from zero, at least 2 px. */
export const drawErrorBound = (context: Context, { runs }: SmokeLayout, y: (ms: number) => number, theme: Theme): void => {
  for (const run of runs) {
    const path = new Path2D();
    const edge = new Path2D();
    const zero = y(0);
    for (const [index, { column, x0, x1 }] of run.entries()) {
      const top = Math.min(zero - 2, y(column.errorBoundMs ?? 0));
      path.rect(x0, top, x1 - x0, zero - top);
      if (index === 0) edge.moveTo(x0, top);
      else edge.lineTo(x0, top);
      edge.lineTo(x1, top);
    }
    const [first, last] = [run[0], run.at(-1)];
    if (!first || !last || first.noReply) continue;
    context.save();
    context.clip(path);
    context.globalAlpha = 0.22;
    context.fillStyle = theme.ink3;
    context.fillRect(first.x0, 0, last.x1 - first.x0, zero);
    context.globalAlpha = 0.4;
    hatch(context, first.x0, 0, last.x1 - first.x0, zero, theme.ink3, 4, 0.7, true);
    context.restore();
    context.strokeStyle = theme.ink3;
    context.lineWidth = 1;
    context.stroke(edge);
  }
};

/** 6×5 triangles at the top where p95 leaves the axis; never closer than 7 px, so that they stay marks. */
export const drawClips = (context: Context, cells: readonly Cell[], max: number, theme: Theme): void => {
  context.fillStyle = theme.ink2;
  let last = -Infinity;
  for (const { column, x0, x1 } of cells) {
    const x = (x0 + x1) / 2;
    if ((column.rtt?.p95Ms ?? 0) <= max || x - last < 7) continue;
    last = x;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x + 3, 5);
    context.lineTo(x - 3, 5);
    context.fill();
  }
};

/** The median, stepped; colour and width say how much was lost. */
export const drawMedian = (context: Context, { runs, distance }: SmokeLayout, y: (ms: number) => number, theme: Theme, thin = 0): void => {
  for (const run of runs) {
    const near = distance === 'near';
    if (near) joints(context, run, y, theme);
    for (const [index, cell] of run.entries()) {
      if (!cell.column.rtt) continue;
      const at = y(cell.column.rtt.medianMs);
      const before = near ? null : run[index - 1]?.column.rtt;
      context.beginPath();
      context.strokeStyle = theme.loss[cell.loss] ?? '';
      context.lineWidth = (lossWidth[cell.loss] ?? 1.5) - thin;
      context.lineJoin = 'round';
      if (before) {
        context.moveTo(cell.x0, y(before.medianMs));
        context.lineTo(cell.x0, at);
      } else context.moveTo(cell.x0, at);
      context.lineTo(near ? Math.max(cell.x0 + 1, cell.x1 - 1) : cell.x1, at);
      context.stroke();
    }
  }
};

const joints = (context: Context, run: readonly Cell[], y: (ms: number) => number, theme: Theme): void => {
  context.strokeStyle = theme.ink3;
  context.lineWidth = 0.8;
  context.beginPath();
  for (const [index, cell] of run.entries()) {
    const before = run[index - 1]?.column.rtt;
    if (!cell.column.rtt || !before) continue;
    context.moveTo(cell.x0 - 0.5, y(before.medianMs));
    context.lineTo(cell.x0 - 0.5, y(cell.column.rtt.medianMs));
  }
  context.stroke();
};

/** The strip of loss: height by the root of the ratio, zero is a thin line, so that measured is never absent. */
export const drawStrip = (context: Context, view: SmokeLayout, height: number, theme: Theme): void => {
  const gap = view.distance === 'near' ? 1 : 0;
  for (const { kind, x0, x1 } of view.absences) {
    if (kind === 'no-data') hatch(context, x0, 0, x1 - x0, height, theme.control, height > 10 ? 6 : 4, height > 10 ? 1.3 : 1);
    if (kind === 'off') {
      context.fillStyle = theme.off;
      context.fillRect(x0, 0, x1 - x0, height);
    }
  }
  const scale = context.getTransform().a;
  const snap = (x: number): number => Math.round(x * scale) / scale;
  for (const { x0, x1, ...rest } of view.cells) {
    const cell = { ...rest, x0: snap(x0), x1: snap(x1) };
    const width = Math.max(1 / scale, cell.x1 - cell.x0 - gap);
    const ratio = cell.column.lossRatio ?? 0;
    const bar = ratio > 0 ? Math.max(2, Math.sqrt(ratio) * height) : Math.min(1.5, height / 2);
    context.fillStyle = theme.loss[cell.loss] ?? '';
    context.fillRect(cell.x0, height - bar, width, bar);
    if (height > 10) details(context, view, cell, height, theme, width);
  }
};

/** What a bar alone would hide: the worst round inside, a fully lost one, missing ones, and near by the number itself. */
const details = (context: Context, view: SmokeLayout, cell: Cell, height: number, theme: Theme, width: number): void => {
  const { column, x0 } = cell;
  const worst = column.worstLossRatio ?? 0;
  if (column.rounds > 1 && worst > (column.lossRatio ?? 0)) {
    context.fillStyle = theme.loss[cell.worst] ?? '';
    if (worst === 1) context.fillRect(x0, 0, Math.max(1.5, width), 3);
    else context.fillRect(x0, height - Math.max(2, Math.sqrt(worst) * height), Math.max(1.5, width), 2);
  }
  if (cell.partial) hatch(context, x0, height - 2, width, 2, theme.ink3, 3, 1);
  if (view.columnPx >= 28 && column.lost > 0 && !cell.noReply) {
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    context.fillStyle = theme.ink2;
    context.fillText(String(column.lost), x0 + width / 2, height - Math.max(2, Math.sqrt(column.lossRatio ?? 0) * height) - 3);
  }
};
