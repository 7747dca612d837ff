import { zone } from '../data/location.ts';
import { theme } from '../data/preferences.ts';
import type { Span } from '../data/range.ts';
import { AREA_AXIS, type AreaScene, areaData, makeArea } from './area.ts';
import { PlotFrame } from './plot-frame.tsx';
import { usePlot } from './use-plot.ts';

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
  const scene: AreaScene = { ...given, lines: names.length, theme: theme.value, zone: zone.value };
  const data = areaData(scene);
  const { hover, ...place } = usePlot({ scene, height, onZoom }, makeArea, data);
  const valueOf = (line: number): number | null => (hover ? (data[line + 1]?.[hover.index] ?? null) : null);
  const lines = names.map((name, line): [string, string] => {
    const value = valueOf(line);
    return [name, value === null ? 'no data' : given.format(value)];
  });
  return <PlotFrame {...place} {...{ height, label, hover, lines }} at={hover ? data[0][hover.index] : undefined} axis={AREA_AXIS} />;
};
