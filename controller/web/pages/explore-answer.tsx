import { useMemo } from 'preact/hooks';
import type { Asked } from '../../../protocol/ask.ts';
import { colourOf, type Line, LineChart } from '../charts/line-chart.tsx';
import { setRange, zone } from '../data/location.ts';
import { zoomTo } from '../data/range.ts';
import { count, plural, valueText } from '../format/quantity.ts';
import { duration, iso } from '../format/time.ts';
import { Empty } from '../parts/basics.tsx';
import { lineNames, withHoles } from './explore.ts';

/** More lines than this are not told apart. */
const LINES = 20;
const ROWS = 200;

export const Answer = ({ asked }: { readonly asked: Asked }) => {
  const lines = useMemo(() => linesOf(asked), [asked]);
  if (asked.series.length === 0)
    return (
      <Empty title="Nothing in this range">
        No series of {asked.measurement} with these tags has a point between the two times. Widen the range, or take a tag out.
      </Empty>
    );
  return (
    <>
      <div class="panel-head">
        <h2>{asked.columns.map(({ name }) => name).join(', ')}</h2>
        <span class="ink3">
          {plural(asked.series.length, 'series', 'series')}
          {asked.bucketMs > 0 ? `, a value each ${duration(asked.bucketMs)}` : ', each point'}
          {lines.length > LINES ? `; the first ${LINES} lines are drawn` : ''}
        </span>
      </div>
      <div class="panel-body">
        {lines.length === 0 ? (
          <p class="ink3">No numbers to draw; the table below has the values.</p>
        ) : (
          <LineChart
            lines={lines.slice(0, LINES)}
            span={{ from: asked.from, to: asked.to }}
            height={280}
            label={`${asked.columns.map(({ name }) => name).join(', ')} of ${asked.series.length} series; the table below has the values`}
            onZoom={(chosen) => setRange(zoomTo(chosen))}
          />
        )}
        <ul class="row small wrap">
          {lines.slice(0, LINES).map(({ name }, index) => (
            <li key={name} class="row">
              <svg width="14" height="8" aria-hidden="true">
                <line x1="0" y1="4" x2="14" y2="4" stroke={colourOf(index)} stroke-width="2" />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      </div>
    </>
  );
};

/** A line for each series and column that has numbers; what is none is in the table alone. */
const linesOf = ({ series, columns, bucketMs }: Asked): Line[] => {
  const names = lineNames(series.map(({ tags }) => tags));
  return series.flatMap(({ rows }, i) =>
    columns.flatMap(({ name }, column) => {
      const points = rows.map((row) => [Number(row[0]), typeof row[column + 1] === 'number' ? Number(row[column + 1]) : null] as const);
      if (points.every(([, value]) => value === null)) return [];
      return [{ name: columns.length > 1 ? `${names[i]} ${name}` : (names[i] ?? ''), points: withHoles(points, bucketMs) }];
    }),
  );
};

export const Rows = ({ asked }: { readonly asked: Asked }) => {
  const names = lineNames(asked.series.map(({ tags }) => tags));
  const rows = asked.series.flatMap((series, i) => series.rows.map((row) => ({ name: names[i] ?? '', row })));
  return (
    <section class="panel scroll-x">
      <div class="panel-head">
        <h2>Values</h2>
        <span class="ink3">
          {rows.length > ROWS ? `${ROWS} of ${count(rows.length)}; CSV has them all` : plural(rows.length, 'row')}
          {asked.next === null ? '' : ', and more pages'}
        </span>
      </div>
      <table class="table">
        <thead>
          <tr>
            <th>Time</th>
            <th class="phone-off">Series</th>
            {asked.columns.map(({ name, unit }) => (
              <th key={name} class="n">
                {name} {unit === null ? '' : <small class="ink3">{unit}</small>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map(({ name, row: [at, ...values] }) => (
            <tr key={`${name} ${String(at)}`}>
              <td class="small">
                <span class="two">
                  {iso(Number(at), zone.value)}
                  <small class="phone-label">{name}</small>
                </span>
              </td>
              <td class="phone-off">{name}</td>
              {values.map((value, column) => (
                <td key={asked.columns[column]?.name} class="n">
                  {value === null ? '–' : typeof value === 'number' ? valueText(value) : String(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};
