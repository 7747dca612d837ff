// What the pages of a port and of an interface show alike.
import type { DeviceEvent } from '../../../protocol/api-devices.ts';
import { MirrorChart } from '../charts/mirror-chart.tsx';
import { setRange, span } from '../data/location.ts';
import { phone } from '../data/preferences.ts';
import { zoomTo } from '../data/range.ts';
import { bytesText } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { bitsText } from '../format/traffic.ts';
import { Stat } from './basics.tsx';

interface Column {
  readonly at: number;
  readonly endAt: number;
  readonly inBps: number | null;
  readonly outBps: number | null;
}

interface TrafficPanelsProps<C extends Column> {
  /** What it is called where nothing is seen: `port ge-0/0/1`. */
  readonly what: string;
  readonly history: { readonly columns: readonly C[]; readonly bucketMs: number; readonly intervalMs: number };
  /** The 95th percentile of both sides, bit/s. */
  readonly p95: { readonly inBps: number; readonly outBps: number } | null;
  readonly events: readonly DeviceEvent[];
  /** What went wrong, of two kinds that are drawn as one. */
  readonly lost: {
    readonly title: string;
    readonly note: string;
    readonly read: (column: C) => readonly [readonly (number | null)[], readonly (number | null)[]];
    readonly format: (value: number) => string;
  };
}

/** Two charts over the same time, in above and out below: what is carried, and what is lost of it. */
export const TrafficPanels = <C extends Column>({ what, history, p95, events, lost }: TrafficPanelsProps<C>) => {
  const { columns, bucketMs, intervalMs } = history;
  const base = { from: span.value.from, to: span.value.to, stepMs: bucketMs > 0 ? bucketMs : intervalMs, events };
  const sides = (read: (column: C) => readonly [number | null, number | null]) =>
    columns.map((column) => {
      const [up, down] = read(column);
      return { at: column.at, endAt: column.endAt, up, down };
    });
  const zoom = (chosen: { readonly from: number; readonly to: number }): void => setRange(zoomTo(chosen));
  const each = bucketMs > 0 ? `one column is ${duration(bucketMs)}` : `every ${duration(intervalMs)}`;
  return (
    <>
      <section class="panel">
        <div class="panel-head">
          <h2>Traffic</h2>
          <span class="ink3 cut">
            in above, out below, {each}
            {p95 === null ? '' : '; the dashed lines are the 95th percentile'}
          </span>
        </div>
        <div class="chart-body">
          <MirrorChart
            scene={{
              ...base,
              columns: sides(({ inBps, outBps }) => [inBps, outBps]),
              format: bitsText,
              marks: p95 === null ? null : { up: p95.inBps, down: p95.outBps },
            }}
            height={phone.value ? 300 : 340}
            label={`Traffic of ${what}, in above and out below`}
            names={['in', 'out']}
            onZoom={zoom}
          />
        </div>
      </section>
      <section class="panel">
        <div class="panel-head">
          <h2>{lost.title}</h2>
          <span class="ink3 cut">{lost.note}; in above, out below</span>
        </div>
        <div class="chart-body">
          <MirrorChart
            scene={{
              ...base,
              columns: sides((column) => {
                const [up, down] = lost.read(column);
                return [sum(up), sum(down)];
              }),
              format: lost.format,
              marks: null,
            }}
            height={170}
            label={`${lost.title} of ${what}, in above and out below`}
            names={['in', 'out']}
            onZoom={zoom}
          />
        </div>
      </section>
    </>
  );
};

const sum = (values: readonly (number | null)[]): number | null =>
  values.every((value) => value === null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** What went over the line in the range. */
export const Carried = ({ totals }: { readonly totals: { readonly inOctets: number; readonly outOctets: number } | undefined }) => (
  <Stat
    label="Carried"
    value={totals ? bytesText(totals.inOctets + totals.outOctets) : '–'}
    below={totals ? `in ${bytesText(totals.inOctets)}, out ${bytesText(totals.outOctets)}` : 'in the range'}
  />
);
