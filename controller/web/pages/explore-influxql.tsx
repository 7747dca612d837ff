import { useState } from 'preact/hooks';
import type { Asked, InfluxqlAnswer } from '../../../protocol/ask.ts';
import type { Parsed } from '../../../protocol/labels.ts';
import type { StoreView } from '../../../protocol/store-api.ts';
import { setQuery } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { who } from '../data/session.ts';
import { count, plural } from '../format/quantity.ts';
import { Empty, Failure, Skeleton } from '../parts/basics.tsx';
import { Answer, Rows } from './explore-answer.tsx';

const ROWS = 500;

/** Whether whoever looks may ask in InfluxQL, and there is somebody to ask. */
export const useInfluxql = (): boolean => {
  const store = useResource<StoreView>('/store');
  return store.data?.kind === 'influx' && who.value.state === 'in' && who.value.session.user.role !== 'viewer';
};

/** `proposal`: the question of the form in InfluxQL. */
export const InfluxqlForm = ({ asked, proposal }: { readonly asked: string | null; readonly proposal: Parsed<string> }) => {
  const [text, setText] = useState(asked ?? (proposal.ok ? proposal.value : ''));
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ q: text }, false);
      }}
    >
      <div class="panel-head ruled">
        <h2>InfluxQL</h2>
        <span class="grow" />
        <span class="ink3">to the InfluxDB behind; only reading</span>
      </div>
      <div class="panel-body fields">
        <div class="field">
          <div class="field-head">
            <label for="influxql">Question</label>
            <span class="hint">$timeFilter: the range above</span>
          </div>
          <textarea
            id="influxql"
            class="input mono"
            rows={6}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <div class="button-row">
          <button type="submit" class="button primary" disabled={text.trim() === ''}>
            Ask
          </button>
          {proposal.ok ? (
            <button type="button" class="button" onClick={() => setText(proposal.value)}>
              From the form
            </button>
          ) : null}
          {asked === null ? null : (
            <button type="button" class="button" onClick={() => setQuery({ q: null }, false)}>
              Back to the form's answer
            </button>
          )}
        </div>
      </div>
    </form>
  );
};

interface Range {
  readonly from: number;
  readonly to: number;
}

export const InfluxqlResult = ({ q, range }: { readonly q: string; readonly range: Range }) => {
  const text = q.replaceAll('$timeFilter', `time >= ${range.from}ms AND time < ${range.to}ms`);
  const answer = useResource<InfluxqlAnswer>(`/influxql?${new URLSearchParams({ q: text }).toString()}`);
  if (answer.error)
    return (
      <section class="panel">
        <Failure error={answer.error} retry={answer.reload} holds="The question can be changed at the right." />
      </section>
    );
  if (answer.data === null)
    return (
      <section class="panel">
        <Skeleton rows={6} />
      </section>
    );
  const asked = seriesOf(answer.data, range);
  if (asked === null) return <Tables answer={answer.data} />;
  return (
    <>
      <section class="panel">
        <Answer asked={asked} />
      </section>
      <Rows asked={asked} />
    </>
  );
};

/** Tables with a time in front and the same columns are series; null: they are not. */
const seriesOf = ({ tables }: InfluxqlAnswer, { from, to }: Range): Asked | null => {
  const [first] = tables;
  if (first === undefined || first.columns[0] !== 'time' || tables.some(({ columns }) => columns.join() !== first.columns.join()))
    return null;
  const columns = first.columns.slice(1).map((name) => ({ name, unit: null }));
  const series = tables.map(({ name, tags, rows }) => ({ tags: Object.keys(tags).length === 0 ? { measurement: name } : tags, rows }));
  return { measurement: first.name, from, to, bucketMs: 0, columns, series, next: null };
};

const Tables = ({ answer: { tables, cut } }: { readonly answer: InfluxqlAnswer }) => (
  <section class="panel scroll-x">
    <div class="panel-head">
      <h2>Answer</h2>
      <span class="ink3">
        {plural(tables.length, 'table')}
        {cut ? '; the first rows of more' : ''}
      </span>
    </div>
    {tables.length === 0 ? <Empty title="Nothing">InfluxDB answered, and has nothing for this question.</Empty> : null}
    {tables.map(({ name, tags, columns, rows }) => (
      <table key={`${name} ${JSON.stringify(tags)}`} class="table">
        <caption>
          {[name, ...Object.entries(tags).map(([key, value]) => `${key}=${value}`)].join(' ')}
          {rows.length > ROWS ? `, ${ROWS} of ${count(rows.length)} rows` : ''}
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column}>{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((row) => (
            <tr key={JSON.stringify(row)}>
              {row.map((value, i) => (
                <td key={columns[i]}>{value === null ? '–' : String(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    ))}
  </section>
);
