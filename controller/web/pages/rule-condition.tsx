import { SelectField, TextField } from '../parts/field.tsx';
import { type Draft, FIELDS, lineUnit, OTHER_FIELD } from './rule-draft.ts';

interface Props {
  readonly draft: Draft;
  readonly faults: Readonly<Record<string, string>>;
  readonly set: (change: Partial<Draft>) => void;
}

const fieldOptions = [...FIELDS.map(([name, title]) => [name, title] as const), [OTHER_FIELD, 'another series'] as const];
const looks = [
  ['round', 'each round'],
  ['window', 'a window'],
  ['pattern', 'n of m rounds'],
] as const;
const aggregates = (['mean', 'median', 'p95', 'min', 'max', 'sum'] as const).map((name) => [name, name] as const);
const comparisons = [
  ['above', 'above'],
  ['below', 'below'],
] as const;

/** What is compared with which line. */
export const RuleCondition = ({ draft, faults, set }: Props) => (
  <>
    <div class="rule-row">
      <SelectField label="Value" value={draft.field} options={fieldOptions} onChange={(field) => set({ field })} />
      <SelectField label="Is" value={draft.comparison} options={comparisons} onChange={(comparison) => set({ comparison })} />
      <TextField label="Line" hint={lineUnit(draft)} value={draft.line} onChange={(line) => set({ line })} fault={faults['line']} />
    </div>
    {draft.field === OTHER_FIELD ? (
      <div class="rule-row">
        <TextField
          label="Measurement"
          value={draft.measurement}
          onChange={(measurement) => set({ measurement })}
          fault={faults['measurement']}
          placeholder="interface"
        />
        <TextField
          label="Field"
          value={draft.otherField}
          onChange={(otherField) => set({ otherField })}
          fault={faults['otherField']}
          placeholder="utilization_ratio"
        />
      </div>
    ) : null}
    <div class="rule-row">
      <SelectField
        label="Looks at"
        value={draft.look}
        options={draft.kind === 'threshold' ? looks : looks.slice(0, 2)}
        onChange={(look) => set({ look })}
      />
      {draft.look === 'window' ? (
        <>
          <SelectField label="By its" value={draft.aggregate} options={aggregates} onChange={(aggregate) => set({ aggregate })} />
          <TextField label="Window" value={draft.window} onChange={(window) => set({ window })} fault={faults['window']} />
        </>
      ) : null}
      {draft.look === 'pattern' && draft.kind === 'threshold' ? (
        <>
          <TextField label="Bad rounds" value={draft.bad} onChange={(bad) => set({ bad })} fault={faults['bad']} />
          <TextField label="Of the last" value={draft.of} onChange={(of) => set({ of })} fault={faults['of']} />
        </>
      ) : null}
    </div>
    <div class="rule-row">
      {draft.kind === 'change' ? <Change draft={draft} faults={faults} set={set} /> : null}
      {draft.kind === 'baseline' ? <Baseline draft={draft} faults={faults} set={set} /> : null}
      <TextField
        label="Clears at"
        hint={draft.clearLine === '' ? 'the same line' : lineUnit(draft)}
        value={draft.clearLine}
        onChange={(clearLine) => set({ clearLine })}
        fault={faults['clearLine']}
      />
    </div>
  </>
);

const Change = ({ draft, faults, set }: Props) => (
  <>
    <TextField label="Against the time before" value={draft.over} onChange={(over) => set({ over })} fault={faults['over']} />
    <SelectField
      label="As a"
      value={draft.against === 'difference' ? 'difference' : 'ratio'}
      options={
        [
          ['ratio', 'ratio'],
          ['difference', 'difference'],
        ] as const
      }
      onChange={(against) => set({ against })}
    />
  </>
);

const Baseline = ({ draft, faults, set }: Props) => (
  <>
    <TextField
      label="Against weeks"
      hint="the same hour"
      value={draft.weeks}
      onChange={(weeks) => set({ weeks })}
      fault={faults['weeks']}
    />
    <SelectField
      label="Counted in"
      value={draft.against === 'ratio' ? 'ratio' : 'deviations'}
      options={
        [
          ['deviations', 'deviations'],
          ['ratio', 'ratio'],
        ] as const
      }
      onChange={(against) => set({ against })}
    />
  </>
);
