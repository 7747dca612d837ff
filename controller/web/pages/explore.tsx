import { useMemo } from 'preact/hooks';
import type { Asked, SeriesCatalogue } from '../../../protocol/ask.ts';
import { colourOf, type Line, LineChart } from '../charts/line-chart.tsx';
import { query, setQuery, setRange, span, zone } from '../data/location.ts';
import { zoomTo } from '../data/range.ts';
import { useResource } from '../data/resource.ts';
import { count, plural } from '../format/quantity.ts';
import { iso } from '../format/time.ts';
import { CopyButton, Empty, Failure, Skeleton } from '../parts/basics.tsx';
import { Frame } from '../shell/frame.tsx';
import { curlOf, grafanaPanelOf, influxqlOf, lineNames, type Question, queryPath, readQuestion, writeQuestion } from './explore.ts';
import { ExploreForm } from './explore-form.tsx';

/** More lines than this are not told apart. */
const LINES = 20;
const ROWS = 200;
/** A running range asks anew when it has moved by this. */
const STEP_MS = 30_000;

/** Any series, as a chart and as a table, and the same question to take away. */
export const ExplorePage = () => {
  const question = readQuestion(query.value);
  const from = Math.floor(span.value.from / STEP_MS) * STEP_MS;
  const to = Math.ceil(span.value.to / STEP_MS) * STEP_MS;
  const path = queryPath(question, from, to, { limit: '20000' });
  const catalogue = useResource<SeriesCatalogue>('/series');
  const asked = useResource<Asked>(path);
  const change = (next: Question): void => setQuery(writeQuestion(next), false);
  return (
    <Frame title="Explore" timed>
      <div class="editor">
        <div class="stack">
          <section class="panel">
            {asked.error ? (
              <Failure error={asked.error} retry={asked.reload} holds="The question can be changed at the right." />
            ) : asked.data === null ? (
              <Skeleton rows={6} />
            ) : (
              <Answer asked={asked.data} />
            )}
          </section>
          {asked.data && !asked.error && asked.data.series.length > 0 ? <Rows asked={asked.data} /> : null}
        </div>
        <div class="stack">
          {catalogue.data ? (
            <ExploreForm catalogue={catalogue.data} question={question} onChange={change} />
          ) : (
            <section class="panel">
              {catalogue.error ? <Failure error={catalogue.error} retry={catalogue.reload} /> : <Skeleton rows={5} />}
            </section>
          )}
          <TakeAway question={question} path={queryPath(question, from, to)} from={from} to={to} />
        </div>
      </div>
    </Frame>
  );
};

const Answer = ({ asked }: { readonly asked: Asked }) => {
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
          {asked.bucketMs > 0 ? `, a value each ${asked.bucketMs / 1000} s` : ', each point'}
          {lines.length > LINES ? `; the first ${LINES} lines are drawn` : ''}
        </span>
      </div>
      <div class="panel-body">
        <LineChart
          lines={lines.slice(0, LINES)}
          span={{ from: asked.from, to: asked.to }}
          height={280}
          label={`${asked.columns.map(({ name }) => name).join(', ')} of ${asked.series.length} series; the table below has the values`}
          onZoom={(chosen) => setRange(zoomTo(chosen))}
        />
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

/** A line for each series and column; what is no number is in the table alone. */
const linesOf = ({ series, columns }: Asked): Line[] => {
  const names = lineNames(series.map(({ tags }) => tags));
  return series.flatMap(({ rows }, i) =>
    columns.map(({ name }, column) => ({
      name: columns.length > 1 ? `${names[i]} ${name}` : (names[i] ?? ''),
      points: rows.map((row) => [Number(row[0]), typeof row[column + 1] === 'number' ? Number(row[column + 1]) : null] as const),
    })),
  );
};

const Rows = ({ asked }: { readonly asked: Asked }) => {
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
            <th>Series</th>
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
              <td class="small">{iso(Number(at), zone.value)}</td>
              <td>{name}</td>
              {values.map((value, column) => (
                <td key={asked.columns[column]?.name} class="n">
                  {value === null ? '–' : typeof value === 'number' ? Number(value.toPrecision(6)) : String(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

/** The question in other languages, and the answer as a file. */
const TakeAway = ({
  question,
  path,
  from,
  to,
}: {
  readonly question: Question;
  readonly path: string;
  readonly from: number;
  readonly to: number;
}) => {
  const time = `time >= ${from}ms AND time < ${to}ms`;
  const width = question.interval === 'auto' ? '1m' : question.interval;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Take away</h2>
        <span class="ink3">the same question</span>
      </div>
      <div class="panel-body button-row">
        <CopyButton class="button tiny" label="Copy as curl" text={() => curlOf(location.origin, path)}>
          curl
        </CopyButton>
        <CopyButton class="button tiny" label="Copy as InfluxQL" text={() => influxqlOf(question, time, width)}>
          InfluxQL
        </CopyButton>
        <CopyButton class="button tiny" label="Copy as Grafana panel" text={() => grafanaPanelOf(question)}>
          Grafana panel
        </CopyButton>
        <a class="button tiny" href={`/api/v1${path}&format=csv&limit=100000`} download>
          CSV
        </a>
      </div>
    </section>
  );
};
