import type { Asked, SeriesCatalogue } from '../../../protocol/ask.ts';
import type { Parsed } from '../../../protocol/labels.ts';
import { query, setQuery, span } from '../data/location.ts';
import { type Resource, useResource } from '../data/resource.ts';
import { CopyButton, Failure, Skeleton } from '../parts/basics.tsx';
import { Frame } from '../shell/frame.tsx';
import {
  curlOf,
  grafanaPanelOf,
  influxqlOf,
  type Question,
  queryPath,
  readQuestion,
  tellingKeys,
  widthOf,
  writeQuestion,
} from './explore.ts';
import { Answer, Rows } from './explore-answer.tsx';
import { ExploreForm } from './explore-form.tsx';
import { InfluxqlForm, InfluxqlResult, useInfluxql } from './explore-influxql.tsx';

/** A running range asks anew when it has moved by this. */
const STEP_MS = 30_000;

/** Any series, as a chart and as a table, and the same question to take away. */
export const ExplorePage = () => {
  const question = readQuestion(query.value);
  const from = Math.floor(span.value.from / STEP_MS) * STEP_MS;
  const to = Math.ceil(span.value.to / STEP_MS) * STEP_MS;
  const mayAskRaw = useInfluxql();
  const raw = mayAskRaw ? query.value.get('q') : null;
  const path = raw === null ? queryPath(question, from, to, { limit: '20000' }) : null;
  const catalogue = useResource<SeriesCatalogue>('/series');
  const asked = useResource<Asked>(path);
  const fields = catalogue.data?.measurements.find(({ measurement }) => measurement === question.measurement)?.fields ?? [];
  const change = (next: Question): void => setQuery(writeQuestion(next), false);
  return (
    <Frame title="Explore" timed>
      <div class="editor">
        <div class="stack">{raw === null ? <Built asked={asked} /> : <InfluxqlResult q={raw} range={{ from, to }} />}</div>
        <div class="stack">
          {catalogue.data ? (
            <ExploreForm catalogue={catalogue.data} question={question} onChange={change} />
          ) : (
            <section class="panel">
              {catalogue.error ? <Failure error={catalogue.error} retry={catalogue.reload} /> : <Skeleton rows={5} />}
            </section>
          )}
          {mayAskRaw ? (
            <InfluxqlForm asked={raw} proposal={influxqlOf(question, '$timeFilter', widthOf(question, to - from), fields)} />
          ) : null}
          <TakeAway
            path={queryPath(question, from, to)}
            influxql={influxqlOf(question, `time >= ${from}ms AND time < ${to}ms`, widthOf(question, to - from), fields)}
            panel={grafanaPanelOf(question, tellingKeys(asked.data?.series.map(({ tags }) => tags) ?? []), fields)}
          />
        </div>
      </div>
    </Frame>
  );
};

/** What the form's question brought. */
const Built = ({ asked }: { readonly asked: Resource<Asked> }) => (
  <>
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
  </>
);

/** The question in other languages, and the answer as a file. */
const TakeAway = ({
  path,
  influxql,
  panel,
}: {
  readonly path: string;
  readonly influxql: Parsed<string>;
  readonly panel: Parsed<string>;
}) => (
  <section class="panel">
    <div class="panel-head">
      <h2>Take away</h2>
      <span class="ink3">the same question</span>
    </div>
    <div class="panel-body button-row">
      <CopyButton class="button tiny" label="Copy as curl" text={() => curlOf(location.origin, path)}>
        curl
      </CopyButton>
      {influxql.ok ? (
        <CopyButton class="button tiny" label="Copy as InfluxQL" text={() => influxql.value}>
          InfluxQL
        </CopyButton>
      ) : null}
      {panel.ok ? (
        <CopyButton class="button tiny" label="Copy as Grafana panel" text={() => panel.value}>
          Grafana panel
        </CopyButton>
      ) : null}
      <a class="button tiny" href={`/api/v1${path}&format=csv&limit=100000`} download>
        CSV
      </a>
    </div>
    <p class="panel-body small ink3">
      {influxql.ok
        ? 'The panel is for a dashboard with a variable named datasource, as the exported ones have.'
        : `Not as InfluxQL or a Grafana panel: ${influxql.reason}.`}
    </p>
  </section>
);
