import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { zone } from '../data/location.ts';
import { theme } from '../data/preferences.ts';
import type { Span } from '../data/range.ts';
import { iso } from '../format/time.ts';
import { makeMirror, mirrorData, type MirrorScene } from './mirror.ts';

interface Props {
  readonly scene: Omit<MirrorScene, 'theme' | 'zone'>;
  readonly height: number;
  readonly label: string;
  /** What stands above, and what below. */
  readonly names: readonly [up: string, down: string];
  readonly onZoom: (span: Span) => void;
}

/** A chart of two directions; zoomed by dragging, read by pointer. */
export const MirrorChart = ({ scene: given, height, label, names, onZoom }: Props) => {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<{ readonly index: number; readonly left: number } | null>(null);
  const scene: MirrorScene = { ...given, theme: theme.value, zone: zone.value };
  const current = useRef({ scene, onZoom });
  current.current = { scene, onZoom };

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!element.current || width < 50) return;
    const made = makeMirror(
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
    plot.current?.setData(mirrorData(scene), true);
  });

  const data = mirrorData(scene);
  const at = hover ? data[0][hover.index] : undefined;
  const [up, down] = hover ? [data[1][hover.index] ?? null, data[2][hover.index] ?? null] : [null, null];
  const onRight = (hover?.left ?? 0) < width / 2;
  const text = (value: number | null): string => (value === null ? 'no rate' : given.format(Math.abs(value)));
  return (
    <div class="smoke">
      <div class="smoke-plot" role="img" aria-label={label}>
        <div ref={element} class="smoke-canvas" style={{ height: `${height}px` }} />
        {hover && at !== undefined ? (
          <div class="readout" style={onRight ? { left: `${hover.left + 92}px` } : { right: `${width - hover.left - 58}px` }}>
            <p class="line head">{iso(at, zone.value)}</p>
            <dl>
              <div class="line strong">
                <dt>{names[0]}</dt>
                <dd>{text(up)}</dd>
              </div>
              <div class="line strong">
                <dt>{names[1]}</dt>
                <dd>{text(down)}</dd>
              </div>
            </dl>
          </div>
        ) : null}
      </div>
    </div>
  );
};
