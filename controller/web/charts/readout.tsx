import type { PairHistory, SmokeColumn } from '../../../protocol/api.ts';
import { zone } from '../data/location.ts';
import { delayText, lossText } from '../format/quantity.ts';
import { duration, iso } from '../format/time.ts';
import { Glyph } from '../parts/state.tsx';
import type { Absence } from './smoke.ts';

export type Reading =
  | { readonly kind: 'column'; readonly column: SmokeColumn }
  | { readonly kind: 'absent'; readonly at: number; readonly absence: Absence | null };

const Line = ({ name, value, strong }: { readonly name: string; readonly value: string; readonly strong?: boolean }) => (
  <div class={strong ? 'line strong' : 'line'}>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

/** What one column says, in numbers. */
export const Readout = ({ reading, history }: { readonly reading: Reading; readonly history: PairHistory }) => {
  if (reading.kind === 'absent') return <AbsentReadout at={reading.at} absence={reading.absence} />;
  const { column } = reading;
  const length = column.rounds > 1 ? `${column.rounds} rounds in ${duration(history.bucketMs)}` : `${duration(history.intervalMs)} round`;
  return (
    <>
      <div class="line head">
        <time>{iso(column.at, zone.value)}</time>
        <span>{length}</span>
      </div>
      <dl>
        {column.rtt ? (
          <>
            <Line name="p95" value={delayText(column.rtt.p95Ms)} />
            <Line name="p75" value={delayText(column.rtt.p75Ms)} />
            <Line name="Median" value={delayText(column.rtt.medianMs)} strong />
            <Line name="p25" value={delayText(column.rtt.p25Ms)} />
            <Line name="p5" value={delayText(column.rtt.p5Ms)} />
          </>
        ) : (
          <div class="line strong">
            <dt class="row">
              <Glyph shape={column.lossRatio === 1 ? 'noReply' : 'noData'} />{' '}
              {column.reason ?? `${column.lost} of ${column.sent - column.unknown} lost`}
            </dt>
          </div>
        )}
        <hr />
        <Line
          name="Lost"
          value={
            column.lost === 0 ? `0 of ${column.sent}` : `${column.lost} of ${column.sent - column.unknown}, ${lossText(column.lossRatio)}`
          }
        />
        {column.unknown > 0 ? <Line name="Not known" value={`${column.unknown}, socket dropped`} /> : null}
        {column.rounds > 1 && (column.worstLossRatio ?? 0) > 0 ? <Line name="Worst round" value={lossText(column.worstLossRatio)} /> : null}
        {column.ipdvMeanAbsMs !== null ? <Line name="IPDV mean" value={delayText(column.ipdvMeanAbsMs)} /> : null}
        {column.duplicates > 0 ? <Line name="Duplicates" value={String(column.duplicates)} /> : null}
        {column.reordered > 0 ? <Line name="Reordered" value={String(column.reordered)} /> : null}
        <Line name="Error bound" value={`± ${delayText(column.errorBoundMs)}`} />
      </dl>
    </>
  );
};

const absent = {
  off: ['off', 'Agent off', 'The agent was not connected; what it measured comes when it is back.'],
  'no-data': ['noData', 'No data', 'Agent on. The store has no round for this time.'],
  'no-reply': ['noReply', 'No reply', ''],
} as const;

const AbsentReadout = ({ at, absence }: { readonly at: number; readonly absence: Absence | null }) => {
  const [shape, title, text] = absence ? absent[absence.kind] : (['waiting', 'Nothing yet', 'No round covers this time.'] as const);
  return (
    <>
      <div class="line head">
        <time>{iso(at, zone.value)}</time>
      </div>
      <p class="row strong">
        <Glyph shape={shape} /> {title}
      </p>
      <p class="ink2 small">{text}</p>
    </>
  );
};
