import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { zone } from '../data/location.ts';
import { theme } from '../data/preferences.ts';
import type { Span } from '../data/range.ts';
import { iso } from '../format/time.ts';
import { type AreaScene, areaData, makeArea } from './area.ts';

interface Props {
  readonly scene: Omit<AreaScene, 'theme' | 'zone' | 'lines'>;
  /** One a line. */
  readonly names: readonly string[];
  readonly height: number;
  readonly label: string;
  readonly onZoom: (span: Span) => void;
}

/** Lines over time; zoomed by dragging, read by pointer. */
export const AreaChart = ({ scene: given, names, height, label, onZoom }: Props) => {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<{ readonly index: number; readonly left: number } | null>(null);
  const scene: AreaScene = { ...given, lines: names.length, theme: theme.value, zone: zone.value };
  const current = useRef({ scene, onZoom });
  current.current = { scene, onZoom };

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!element.current || width < 50) return;
    const made = makeArea(
      element.current,
      { width, height },
      () => current.current.scene,
      setHover,
      (span) => current.current.onZoom(span),
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [width, height]);
  useLayoutEffect(() => {
    plot.current?.setData(areaData(scene), true);
  });

  const data = areaData(scene);
  const at = hover ? data[0][hover.index] : undefined;
  const onRight = (hover?.left ?? 0) < width / 2;
  return (
    <div class="smoke">
      <div class="smoke-plot" role="img" aria-label={label}>
        <div ref={element} class="smoke-canvas" style={{ height: `${height}px` }} />
        {hover && at !== undefined ? (
          <div class="readout" style={onRight ? { left: `${hover.left + 84}px` } : { right: `${width - hover.left - 50}px` }}>
            <p class="line head">{iso(at, zone.value)}</p>
            <dl>
              {names.map((name, index) => {
                const value = data[index + 1]?.[hover.index];
                return (
                  <div class="line strong" key={name}>
                    <dt>{name}</dt>
                    <dd>{value === null || value === undefined ? 'no data' : given.format(value)}</dd>
                  </div>
                );
              })}
            </dl>
          </div>
        ) : null}
      </div>
    </div>
  );
};
