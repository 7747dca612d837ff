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
  const taken: Taken[] = [];
  for (const annotation of annotations.toSorted((a, b) => Number(a.kind === 'change') - Number(b.kind === 'change') || b.from - a.from)) {
    const start = x(annotation.from);
    const end = annotation.to === null ? width : x(annotation.to);
    if (end < 0 || start > width) continue;
    const incident = annotation.kind === 'incident';
    line(context, start, height, incident, theme);
    if (incident) {
      context.fillStyle = theme.bad;
      context.fillRect(Math.max(0, start), -14.25, Math.max(2.5, Math.min(width, end) - Math.max(0, start)), 2.5);
    }
    if (start < 0 || (!incident && taken.some((one) => start > one.from - 6 && start < one.to + 6))) continue;
    diamond(context, start, -13, incident, theme);
    if (incident) taken.push({ from: start, to: Math.min(width, end) });
    name(context, annotation, start, width, taken, theme);
  }
};

interface Taken {
  readonly from: number;
  readonly to: number;
}

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

/** The title beside its mark where there is room: an incident's to the left, a change's to the right. */
const name = (context: CanvasRenderingContext2D, annotation: Annotation, x: number, width: number, taken: Taken[], theme: Theme): void => {
  const incident = annotation.kind === 'incident';
  const wide = context.measureText(annotation.title).width;
  const left = (incident || x + wide + 12 > width) && x - wide - 12 >= 0;
  const from = left ? x - wide - 12 : x + 6;
  const place = { from, to: from + wide + 6 };
  const free = place.from >= 0 && place.to <= width && (incident || !taken.some((one) => place.from < one.to && place.to > one.from));
  taken.push(free ? { from: Math.min(x, place.from), to: Math.max(x, place.to) } : { from: x - 6, to: x + 6 });
  if (!free) return;
  if (incident && !left) {
    context.fillStyle = theme.surface;
    context.fillRect(x + 6, -20, wide + 8, 14); // over its own bar
  }
  context.textBaseline = 'middle';
  context.textAlign = left ? 'right' : 'left';
  context.fillStyle = incident ? theme.ink : theme.ink2;
  context.fillText(annotation.title, x + (left ? -9 : 9), -12.5);
};
