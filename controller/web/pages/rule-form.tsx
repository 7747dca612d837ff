import { useState } from 'preact/hooks';
import type { Rule } from '../../../protocol/rule.ts';
import { ApiError, request } from '../data/api.ts';
import { Failure } from '../parts/basics.tsx';
import { Check, SelectField, TextField } from '../parts/field.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { BacktestPanel } from './backtest-panel.tsx';
import { RuleCondition } from './rule-condition.tsx';
import { type Draft, draftOf, ruleOf } from './rule-draft.ts';

interface Props {
  readonly rule: Rule | null;
  readonly notifiers: readonly { readonly id: string }[];
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

const kinds = [
  ['threshold', 'a value'],
  ['change', 'how a value moves'],
  ['baseline', 'a value against earlier weeks'],
  ['no-data', 'series falling silent'],
  ['agent-off', 'agents going off'],
] as const;
const severities = (['info', 'warning', 'critical'] as const).map((name) => [name, name] as const);

/** All of a rule that people turn, and what it would have cost. */
export const RuleForm = ({ rule, notifiers, onSaved, onClose }: Props) => {
  const [draft, setDraft] = useState<Draft>(() => draftOf(rule));
  const [failed, setFailed] = useState<ApiError | null>(null);
  const set = (change: Partial<Draft>): void => setDraft((old) => ({ ...old, ...change }));
  const drafted = ruleOf(draft, rule);
  const faults = drafted.ok ? {} : drafted.faults;
  const measures = draft.kind !== 'agent-off' && draft.kind !== 'no-data';
  const save = async (): Promise<void> => {
    if (!drafted.ok) return;
    try {
      await request(rule ? 'PUT' : 'POST', rule ? `/rules/${rule.id}` : '/rules', drafted.rule);
      onSaved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="panel-head ruled">
        <h2>{rule ? rule.name : 'New rule'}</h2>
      </div>
      <div class="panel-body fields">
        <div class="address-row">
          <TextField label="Name" value={draft.name} onChange={(name) => set({ name })} autofocus placeholder="Loss to partners" />
          <SelectField label="Watches" value={draft.kind} options={kinds} onChange={(kind) => set({ kind })} />
        </div>
        {draft.description === '' ? null : <p class="ink3 small">{draft.description}</p>}
        {measures ? <RuleCondition draft={draft} faults={faults} set={set} /> : null}
        <div class="rule-row">
          <TextField label="Fires after" value={draft.hold} onChange={(hold) => set({ hold })} fault={faults['hold']} />
          <TextField label="Resolves after" value={draft.quiet} onChange={(quiet) => set({ quiet })} fault={faults['quiet']} />
          <SelectField label="Severity" value={draft.severity} options={severities} onChange={(severity) => set({ severity })} />
        </div>
        <Where draft={draft} faults={faults} set={set} />
        <TextField
          label="Summary"
          hint="{{value}} {{agent}} {{target}}"
          value={draft.summary}
          onChange={(summary) => set({ summary })}
          placeholder="{{target}} is lost for {{agent}}"
        />
        <Tells notifiers={notifiers} tells={draft.tells} onChange={(tells) => set({ tells })} />
      </div>
      {failed ? <Failure error={failed} /> : null}
      <BacktestPanel rule={drafted.ok ? drafted.rule : null} />
      <div class="save-bar ruled-top">
        <button type="submit" class="button primary" disabled={!drafted.ok}>
          Save rule
        </button>
        <button type="button" class="button quiet" onClick={onClose}>
          Discard
        </button>
      </div>
    </form>
  );
};

interface PartProps {
  readonly draft: Draft;
  readonly faults: Readonly<Record<string, string>>;
  readonly set: (change: Partial<Draft>) => void;
}

/** Which targets and agents, and how many of these must agree. */
const Where = ({ draft, faults, set }: PartProps) => (
  <>
    {draft.kind === 'agent-off' ? null : (
      <TokenInput
        label="Targets with labels"
        placeholder="every target"
        values={draft.targets}
        onChange={(targets) => set({ targets })}
        fault={faults['targets']}
      />
    )}
    <TokenInput
      label="Agents with labels"
      placeholder="every agent"
      values={draft.agents}
      onChange={(agents) => set({ agents })}
      fault={faults['agents']}
    />
    {draft.kind === 'agent-off' ? null : (
      <div class="rule-row">
        <TextField
          label="Seen by at least"
          hint={draft.quorum === '' ? 'one agent' : 'agents'}
          value={draft.quorum}
          onChange={(quorum) => set({ quorum })}
          fault={faults['quorum']}
          placeholder="2, or 50 %"
        />
      </div>
    )}
    {draft.needsTargets && draft.targets.length === 0 ? (
      <p class="ink3 small">It is evaluated and shown, and tells nobody until you name targets: no such line is right everywhere.</p>
    ) : null}
  </>
);

const Tells = ({
  notifiers,
  tells,
  onChange,
}: {
  readonly notifiers: readonly { readonly id: string }[];
  readonly tells: readonly string[];
  readonly onChange: (tells: readonly string[]) => void;
}) => (
  <div class="field">
    <div class="field-head">Tells</div>
    <p class="ink3 small">
      {notifiers.length === 0
        ? 'No notifier yet: it will open incidents and tell nobody.'
        : tells.length === 0
          ? 'Nobody ticked: the routes say who.'
          : ''}
    </p>
    <div class="row wrap">
      {notifiers.map((notifier) => (
        <label key={notifier.id} class="row">
          <Check
            checked={tells.includes(notifier.id)}
            label={notifier.id}
            onChange={(on) => onChange(on ? [...tells, notifier.id] : tells.filter((id) => id !== notifier.id))}
          />{' '}
          {notifier.id}
        </label>
      ))}
    </div>
  </div>
);
