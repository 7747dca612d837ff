import { zone } from '../data/location.ts';
import { theme } from '../data/preferences.ts';
import type { Span } from '../data/range.ts';
import { makeMirror, MIRROR_AXIS, mirrorData, type MirrorScene } from './mirror.ts';
import { PlotFrame } from './plot-frame.tsx';
import { usePlot } from './use-plot.ts';

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
  const scene: MirrorScene = { ...given, theme: theme.value, zone: zone.value };
  const data = mirrorData(scene);
  const { hover, ...place } = usePlot({ scene, height, onZoom }, makeMirror, data);
  const text = (value: number | null | undefined): string => (typeof value === 'number' ? given.format(Math.abs(value)) : 'no rate');
  const lines: [string, string][] = hover
    ? [
        [names[0], text(data[1][hover.index])],
        [names[1], text(data[2][hover.index])],
      ]
    : [];
  return <PlotFrame {...place} {...{ height, label, hover, lines }} at={hover ? data[0][hover.index] : undefined} axis={MIRROR_AXIS} />;
};
