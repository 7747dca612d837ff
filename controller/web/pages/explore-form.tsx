import { useState } from 'preact/hooks';
import type { SeriesCatalogue } from '../../../protocol/ask.ts';
import { readTag, writeName, writeTag } from '../../../protocol/ask-words.ts';
import { plural } from '../format/quantity.ts';
import { SelectField } from '../parts/field.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { AGGREGATES, aggregatesOf, firstValue, INTERVALS, type Question } from './explore.ts';

interface Props {
  readonly catalogue: SeriesCatalogue;
  readonly question: Question;
  readonly onChange: (question: Question) => void;
}

/** What is asked for: measurement, values, tags, interval. Each change is the URL's, and asks at once. */
export const ExploreForm = ({ catalogue, question, onChange }: Props) => {
  const known = catalogue.measurements.find(({ measurement }) => measurement === question.measurement);
  const names = catalogue.measurements.map(({ measurement }) => measurement);
  const options = (names.includes(question.measurement) ? names : [question.measurement, ...names]).map((name) => [name, name] as const);
  const choose = (measurement: string): void => {
    const next = catalogue.measurements.find((one) => one.measurement === measurement);
    onChange({ ...question, measurement, select: [next === undefined ? 'value' : firstValue(next)], tags: [] });
  };
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Question</h2>
        <span class="grow" />
        <span class="ink3">
          {known === undefined ? 'no such measurement' : known.series === null ? '' : plural(known.series, 'series', 'series')}
        </span>
      </div>
      <div class="fields">
        <SelectField label="Measurement" value={question.measurement} options={options} onChange={choose} />
        <TokenInput
          label="Values"
          hint={'a metric, or mean(field), rate(counter), p99(rtt_sketch), max("free space")'}
          placeholder="rtt_p95_ms"
          values={question.select}
          onChange={(select) => onChange({ ...question, select: select.length === 0 ? question.select : select })}
        />
        {known ? (
          <AddValue known={known} onAdd={(text) => onChange({ ...question, select: [...new Set([...question.select, text])] })} />
        ) : null}
        <TokenInput
          label="Tags"
          hint={'key:value, or "a key":"a,b"; values of one key are alternatives'}
          placeholder="agent:ams1"
          values={question.tags}
          onChange={(tags) => onChange({ ...question, tags })}
          parts={readTag}
        />
        {known ? <AddTag known={known} onAdd={(tag) => onChange({ ...question, tags: [...new Set([...question.tags, tag])] })} /> : null}
        <SelectField
          label="Interval"
          hint="auto: by the range"
          value={question.interval}
          options={[...new Set([...INTERVALS, question.interval])].map(
            (name) => [name, name === 'none' ? 'none: every point' : name] as const,
          )}
          onChange={(interval) => onChange({ ...question, interval })}
        />
      </div>
    </section>
  );
};

type Known = SeriesCatalogue['measurements'][number];

const AddValue = ({ known, onAdd }: { readonly known: Known; readonly onAdd: (text: string) => void }) => {
  const [aggregate, setAggregate] = useState<string>('metric');
  const choices =
    aggregate === 'metric'
      ? known.metrics.map(({ name }) => name)
      : known.fields.filter((one) => aggregatesOf(one).includes(aggregate)).map(({ field }) => field);
  return (
    <div class="address-row">
      <SelectField
        label="Add a value"
        value=""
        options={[['', 'choose'], ...choices.map((name) => [name, name] as const)]}
        onChange={(name) => name !== '' && onAdd(aggregate === 'metric' ? name : `${aggregate}(${writeName(name)})`)}
      />
      <SelectField
        label="as"
        value={aggregate}
        options={[['metric', 'metric'], ...AGGREGATES.map((name) => [name, name] as const)]}
        onChange={setAggregate}
      />
    </div>
  );
};

const AddTag = ({ known, onAdd }: { readonly known: Known; readonly onAdd: (tag: string) => void }) => {
  const [tag, setTag] = useState(known.tags[0]?.tag ?? '');
  const values = known.tags.find((one) => one.tag === tag)?.values ?? [];
  return (
    <div class="address-row">
      <SelectField
        label="Add a tag"
        value=""
        options={[['', 'choose a value'], ...values.map((value) => [value, value] as const)]}
        onChange={(value) => value !== '' && onAdd(writeTag(tag, value))}
      />
      <SelectField label="of" value={tag} options={known.tags.map((one) => [one.tag, one.tag] as const)} onChange={setTag} />
    </div>
  );
};
