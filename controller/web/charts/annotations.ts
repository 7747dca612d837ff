import type { PairHistory } from '../../../protocol/api.ts';
import type { Theme } from './theme.ts';

type Annotation = PairHistory['annotations'][number];

/** Incidents and changes in the lane above the plot, and their lines through it. x in pixels of the plot, the plot's top is 0. */
export const drawAnnotations = (
  context: CanvasRenderingContext2D,
  annotations: readonly Annotation[],
  x: (at: number) => number,
  width: number,
  height: number,
  theme: Theme,
): void => {
  let labelsFrom = Infinity;
  for (const annotation of annotations.toSorted((a, b) => b.from - a.from)) {
    const start = x(annotation.from);
    const end = annotation.to === null ? width : x(annotation.to);
    if (end < 0 || start > width) continue;
    const incident = annotation.kind === 'incident';
    line(context, start, height, incident, theme);
    if (incident) {
      context.fillStyle = theme.bad;
      context.fillRect(Math.max(0, start), -14.25, Math.max(2.5, Math.min(width, end) - Math.max(0, start)), 2.5);
    }
    if (start < 0) continue;
    diamond(context, start, -13, incident, theme);
    labelsFrom = name(context, annotation, start, labelsFrom, theme);
  }
};

const line = (context: CanvasRenderingContext2D, at: number, height: number, dashed: boolean, theme: Theme): void => {
  const x = Math.round(at) + 0.5;
  context.save();
  if (dashed) context.setLineDash([3, 3]);
  context.strokeStyle = dashed ? theme.bad : theme.control;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, -8);
  context.lineTo(x, height);
  context.stroke();
  context.restore();
};

const diamond = (context: CanvasRenderingContext2D, x: number, y: number, full: boolean, theme: Theme): void => {
  const size = full ? 5 : 4;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fillStyle = full ? theme.bad : theme.surface;
  context.fill();
  if (full) return;
  context.strokeStyle = theme.ink3;
  context.lineWidth = 1.4;
  context.stroke();
};

/** The title beside its mark: an incident's to the left, a change's to the right, where there is room; returns from where it is taken. */
const name = (context: CanvasRenderingContext2D, annotation: Annotation, x: number, takenFrom: number, theme: Theme): number => {
  const incident = annotation.kind === 'incident';
  const wide = context.measureText(annotation.title).width;
  const right = !incident || x - wide - 12 < 0;
  if (right && x + wide + 20 > takenFrom) return Math.min(takenFrom, x - 8);
  context.textBaseline = 'middle';
  context.textAlign = right ? 'left' : 'right';
  context.fillStyle = incident ? theme.ink : theme.ink2;
  if (right && incident) return x - 8; // its own bar lies there
  context.fillText(annotation.title, x + (right ? 9 : -9), -12.5);
  return right ? x - 8 : x - wide - 16;
};
