import type { DryRun } from '../data/contract.ts';
import { rate } from '../format/quantity.ts';
import { Fault, SelectField, TextField } from '../parts/field.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { type FieldName, type FormFault, idOf, sends, splitTerm, type TargetForm } from './target-form.ts';

interface Props {
  readonly form: TargetForm;
  readonly faults: readonly FormFault[];
  /** Fields that were left once: only those show their faults. */
  readonly left: ReadonlySet<FieldName>;
  readonly isNew: boolean;
  readonly agents: DryRun | null;
  readonly onChange: (part: Partial<TargetForm>) => void;
  readonly onLeave: (field: FieldName) => void;
}

const families = [
  ['any', 'v4 or v6'],
  ['v4', 'v4 only'],
  ['v6', 'v6 only'],
] as const;

export const TargetFields = (props: Props) => {
  const { form, faults, left, isNew, agents, onChange, onLeave } = props;
  const faultOf = (field: FieldName): FormFault | undefined =>
    left.has(field) ? faults.find((fault) => fault.field === field) : undefined;
  const family = faultOf('family');
  return (
    <div class="panel-body fields">
      <div class="address-row">
        <TextField
          label="Address"
          hint="name or address"
          value={form.address}
          autofocus={isNew}
          placeholder="www.example.net"
          onChange={(address) => onChange({ address })}
          onLeave={() => onLeave('address')}
          fault={faultOf('address')?.sentence}
          help={
            isNew && form.address ? (
              <>
                known as <span class="ink">{idOf(form.address)}</span>
              </>
            ) : (
              'a name is resolved by each agent, once a round'
            )
          }
        />
        <SelectField label="Family" value={form.family} options={families} onChange={(value) => onChange({ family: value })} />
      </div>
      {family ? <Mended fault={family} onChange={onChange} /> : null}
      <TextField
        label="Name"
        hint="what people read"
        value={form.name}
        placeholder={form.address || 'its address'}
        onChange={(name) => onChange({ name })}
      />
      <TokenInput
        label="Labels"
        hint="labels become tags"
        placeholder="country:de"
        values={form.labels}
        onChange={(labels) => {
          onChange({ labels });
          onLeave('labels');
        }}
        fault={faultOf('labels')?.sentence}
      />
      <TokenInput
        label="Measured by"
        hint={
          agents ? (
            <>
              <b class="strong ink">{agents.agents.length}</b> {agents.agents.length === 1 ? 'agent' : 'agents'}
            </>
          ) : null
        }
        placeholder="every agent; or tier=edge,pop ring!=lab"
        values={form.agents}
        parts={(text) => {
          const term = splitTerm(text);
          return term ? [`${term.key}${term.not ? ' not' : ''}`, term.values.join(', ')] : null;
        }}
        onChange={(terms) => {
          onChange({ agents: terms });
          onLeave('agents');
        }}
        fault={faultOf('agents')?.sentence}
      />
      <TaskRow {...props} faultOf={faultOf} />
    </div>
  );
};

const Mended = ({ fault, onChange }: { readonly fault: FormFault; readonly onChange: (part: Partial<TargetForm>) => void }) => (
  <Fault fixes={fault.mends.map((mend) => ({ label: mend.label, apply: () => onChange({ [mend.field]: mend.value }) }))}>
    <b>{fault.sentence}</b>
  </Fault>
);

const taskFields = ['count', 'apart', 'every', 'timeout', 'size', 'dscp'] as const;
const titles: { readonly [K in (typeof taskFields)[number]]: string } = {
  count: 'Packets',
  apart: 'Apart',
  every: 'Every',
  timeout: 'Timeout',
  size: 'Bytes',
  dscp: 'DSCP',
};

const TaskRow = ({ form, faultOf, onChange, onLeave }: Props & { readonly faultOf: (field: FieldName) => FormFault | undefined }) => {
  const perSecond = sends(form);
  const faults = taskFields.flatMap((field) => faultOf(field) ?? []);
  return (
    <div class="task">
      <div class="task-grid">
        <span class="small ink3">Task</span>
        {taskFields.map((field) => (
          <span key={field} class="small ink3">
            {titles[field]}
          </span>
        ))}
        <span class="small ink3 n">At the target</span>
        <span class="name">icmp</span>
        {taskFields.map((field) => (
          <TextField
            key={field}
            label={titles[field]}
            bare
            short
            value={form[field]}
            onChange={(value) => onChange({ [field]: value })}
            onLeave={() => onLeave(field)}
            fault={faultOf(field)?.sentence}
          />
        ))}
        <span class={`n num ${faults.length > 0 ? 'ink3' : ''}`}>{perSecond === null ? '–' : `${rate(perSecond)} /s`}</span>
      </div>
      {faults.map((fault) => (
        <Mended key={fault.sentence} fault={fault} onChange={onChange} />
      ))}
    </div>
  );
};
