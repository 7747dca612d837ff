import type { RefObject } from 'preact';
import { zone } from '../data/location.ts';
import { iso } from '../format/time.ts';
import type { Hover } from './time-plot.ts';

interface Props {
  readonly element: RefObject<HTMLDivElement | null>;
  readonly height: number;
  readonly width: number;
  readonly label: string;
  readonly hover: Hover | null;
  /** Of the column under the pointer. */
  readonly at: number | undefined;
  /** Width of the axis of values. */
  readonly axis: number;
  /** What is read there: a name and a value each. */
  readonly lines: readonly (readonly [name: string, value: string])[];
}

/** A plot with what the pointer reads beside it, on the side that has more room. */
export const PlotFrame = ({ element, height, width, label, hover, at, axis, lines }: Props) => (
  <div class="smoke over-time">
    <div class="smoke-plot" role="img" aria-label={label}>
      <div ref={element} class="smoke-canvas" style={{ height: `${height}px` }} />
      {hover && at !== undefined ? (
        <div
          class="readout"
          style={hover.left < width / 2 ? { left: `${hover.left + axis + 20}px` } : { right: `${width - hover.left - axis + 14}px` }}
        >
          <p class="line head">{iso(at, zone.value)}</p>
          <dl>
            {lines.map(([name, value]) => (
              <div class="line strong" key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      ) : null}
    </div>
  </div>
);
