import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Span } from '../data/range.ts';
import type { Hover, Reader, Size } from './time-plot.ts';

/** The element's width in whole pixels, now and whenever it changes; 0 before the first layout. */
export const useWidth = (element: RefObject<HTMLElement | null>): number => {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return width;
};

/** No plot is made in less. */
export const LEAST_WIDTH = 50;

/** A plot that fills its element: made anew when the size changes, given its data with each rendering. */
export const usePlot = <Scene>(
  { scene, height, onZoom }: { readonly scene: Scene; readonly height: number; readonly onZoom: (span: Span) => void },
  make: (element: HTMLElement, size: Size, scene: () => Scene, reader: Reader) => uPlot,
  data: uPlot.AlignedData,
): { readonly element: RefObject<HTMLDivElement | null>; readonly width: number; readonly hover: Hover | null } => {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const width = useWidth(element);
  const [hover, setHover] = useState<Hover | null>(null);
  const current = useRef({ scene, onZoom });
  current.current = { scene, onZoom };
  useLayoutEffect(() => {
    if (!element.current || width < LEAST_WIDTH) return;
    // uPlot tells of the pointer with each new data too: without news nothing may be rendered again, or it would never end.
    const onHover = (at: Hover | null): void =>
      setHover((before) => (before?.index === at?.index && before?.left === at?.left ? before : at));
    const reader = { onHover, onZoom: (span: Span) => current.current.onZoom(span) };
    const made = make(element.current, { width, height }, () => current.current.scene, reader);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [width, height]);
  useLayoutEffect(() => {
    plot.current?.setData(data, true);
  });
  return { element, width, hover };
};
