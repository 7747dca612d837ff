import { lossText } from '../format/quantity.ts';
import type { Theme } from './theme.ts';

/** The line of a rule over the values that the chart shows. */
export interface RuleLine {
  readonly field: string;
  readonly threshold: number;
}

/** On the RTT axis: the line that the axis should reach, or null when it belongs elsewhere. */
export const lineMs = (line: RuleLine | null | undefined): number | null =>
  line?.field === 'rtt_median_ms' || line?.field === 'rtt_p95_ms' ? line.threshold : null;

/** Dashed over the plot, with its value at the right end. Coordinates are those of the plot's box. */
export const drawRuleLine = (context: CanvasRenderingContext2D, y: number, width: number, words: string, theme: Theme): void => {
  context.save();
  context.strokeStyle = theme.ink;
  context.setLineDash([5, 4]);
  context.lineWidth = 1.2;
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(width, y);
  context.stroke();
  context.setLineDash([]);
  context.textAlign = 'right';
  context.textBaseline = y > 14 ? 'bottom' : 'top';
  const size = context.measureText(words).width;
  context.fillStyle = theme.sunken;
  context.fillRect(width - size - 8, y > 14 ? y - 15 : y + 1, size + 8, 14);
  context.fillStyle = theme.ink;
  context.fillText(words, width - 4, y > 14 ? y - 2 : y + 2);
  context.restore();
};

/** In the strip of losses, whose heights are the roots of ratios. */
export const drawStripLine = (
  context: CanvasRenderingContext2D,
  line: RuleLine | null | undefined,
  width: number,
  height: number,
  theme: Theme,
): void => {
  if (line?.field !== 'loss_ratio') return;
  const y = height - Math.sqrt(Math.min(1, Math.max(0, line.threshold))) * height;
  drawRuleLine(context, y, width, `rule ${lossText(line.threshold)}`, theme);
};
