import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../data/preferences.ts';
import { drawAbsences, drawBands, drawMedian, drawStrip, inside } from './canvas.ts';
import { axisOf, layout, type SmokeInput } from './smoke.ts';

type Props = Omit<SmokeInput, 'width'> & {
  readonly label: string;
  readonly height?: number;
  /** Top of the axis, ms; that of its own columns unless said. */
  readonly max?: number;
  /** Grows with what is around it; otherwise this wide. */
  readonly width?: number;
};

const strip = 3;
const between = 4;

/** The smoke chart in little: p10–90, p25–75, median, a strip of loss. The same absences. */
export const Spark = (props: Props) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = props.height ?? 28;
  const measured = useWidth(canvas, props.width);
  const colours = theme.value;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !canvas.current || measured < 2) return;
    const ratio = devicePixelRatio || 1;
    canvas.current.width = Math.round(measured * ratio);
    canvas.current.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = layout({ ...props, width: measured });
    const plot = height - strip - between;
    const max = props.max ?? axisOf(view.cells.map((cell) => cell.column)).max;
    const y = (ms: number): number => Math.max(1, plot - (Math.min(ms, max) / max) * (plot - 1));
    inside(context, { left: 0, top: 0, width: measured, height: plot }, () => {
      if (view.pending) {
        context.fillStyle = colours.sel;
        context.fillRect(view.pending.x0, 0, Math.max(2, view.pending.x1 - view.pending.x0 - 1), plot);
      }
      drawAbsences(context, view.absences, plot, colours, { words: false });
      drawBands(context, view, y, colours, view.distance === 'near' ? 0 : 1);
      drawMedian(context, view, y, colours, view.distance === 'near' ? 0 : 0.25);
    });
    inside(context, { left: 0, top: plot + between - 1, width: measured, height: strip + 1 }, () => {
      context.fillStyle = colours.sunken;
      context.fillRect(0, 1, measured, strip);
      drawStrip(context, view, strip + 1, colours);
    });
  });
  return (
    <canvas
      ref={canvas}
      class="spark"
      role="img"
      aria-label={props.label}
      height={height}
      style={{ width: props.width ? `${props.width}px` : '100%', height: `${height}px` }}
    />
  );
};

/** The width of an element, followed. */
const useWidth = (element: { readonly current: HTMLElement | null }, fixed: number | undefined): number => {
  const [width, setWidth] = useState(fixed ?? 0);
  useLayoutEffect(() => {
    if (fixed !== undefined || !element.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [fixed]);
  return fixed ?? width;
};
