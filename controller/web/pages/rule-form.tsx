import { useState } from 'preact/hooks';
import type { Rule, RuleInput } from '../../../protocol/rule.ts';
import { ApiError, request } from '../data/api.ts';
import { parseDuration, writeDuration } from '../format/time.ts';
import { Failure } from '../parts/basics.tsx';
import { Check, SelectField, TextField } from '../parts/field.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { idOf, splitTerm } from './target-form.ts';

const fields = [
  ['loss_ratio', 'Loss ratio', '%'],
  ['rtt_median_ms', 'RTT median', 'ms'],
  ['rtt_p95_ms', 'RTT p95', 'ms'],
  ['ipdv_mean_abs_ms', 'IPDV mean', 'ms'],
  ['pdv_p95_ms', 'PDV p95', 'ms'],
  ['jitter_rfc3550_ms', 'RFC 3550 jitter', 'ms'],
] as const;
const options = fields.map(([name, title]) => [name, title] as const);

export const fieldName = (field: Rule['field']): string => fields.find(([name]) => name === field)?.[1] ?? field;
const unitOf = (field: Rule['field']): string => fields.find(([name]) => name === field)?.[2] ?? '';
export const writeThreshold = (rule: Rule): string =>
  rule.field === 'loss_ratio' ? `${Number((rule.threshold * 100).toPrecision(6))} %` : `${rule.threshold} ms`;

interface Props {
  readonly rule: Rule | null;
  readonly notifiers: readonly { readonly id: string }[];
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** A threshold with its hold and quiet times. */
export const RuleForm = ({ rule, notifiers, onSaved, onClose }: Props) => {
  const [name, setName] = useState(rule?.name ?? '');
  const [kind, setKind] = useState<Rule['kind']>(rule?.kind ?? 'threshold');
  const [field, setField] = useState<Rule['field']>(rule?.field ?? 'loss_ratio');
  const [comparison, setComparison] = useState<Rule['comparison']>(rule?.comparison ?? 'above');
  const [threshold, setThreshold] = useState(rule ? (writeThreshold(rule).split(' ')[0] ?? '') : '2');
  const [hold, setHold] = useState(writeDuration(rule?.forMs ?? 60_000));
  const [quiet, setQuiet] = useState(writeDuration(rule?.keepMs ?? 60_000));
  const [severity, setSeverity] = useState<Rule['severity']>(rule?.severity ?? 'critical');
  const [labels, setLabels] = useState<readonly string[]>(
    Object.entries(rule?.targets.labels.in ?? {}).map(([key, values]) => `${key}=${values.join(',')}`),
  );
  const [tells, setTells] = useState<readonly string[]>(rule?.notifiers ?? []);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const line = Number(threshold.replace(',', '.'));
  const [forMs, keepMs] = [parseDuration(hold), parseDuration(quiet)];
  const terms = labels.map(splitTerm);
  const ready =
    name.trim() !== '' &&
    (kind === 'agent-off' || (threshold.trim() !== '' && Number.isFinite(line))) &&
    forMs !== null &&
    keepMs !== null &&
    terms.every((term) => term !== null);
  const save = async (): Promise<void> => {
    const body: RuleInput = {
      ...rule, // what this form does not show stays as it is
      id: rule?.id ?? idOf(name),
      name: name.trim(),
      enabled: rule?.enabled ?? true,
      kind,
      field,
      comparison,
      threshold: kind === 'agent-off' ? 0 : field === 'loss_ratio' ? line / 100 : line,
      forMs: forMs ?? 0,
      keepMs: keepMs ?? 0,
      severity,
      targets: {
        labels: {
          in: Object.fromEntries(terms.flatMap((term) => (term && !term.not ? [[term.key, term.values] as const] : []))),
          notIn: Object.fromEntries(terms.flatMap((term) => (term?.not ? [[term.key, term.values] as const] : []))),
        },
      },
      notifiers: [...tells],
    };
    try {
      await request(rule ? 'PUT' : 'POST', rule ? `/rules/${rule.id}` : '/rules', body);
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
        if (ready) void save();
      }}
    >
      <div class="panel-head ruled">
        <h2>{rule ? rule.name : 'New rule'}</h2>
      </div>
      <div class="panel-body fields">
        <div class="address-row">
          <TextField label="Name" value={name} onChange={setName} autofocus placeholder="Loss to partners" />
          <SelectField
            label="Watches"
            value={kind}
            options={
              [
                ['threshold', 'a value'],
                ['change', 'how a value moves'],
                ['baseline', 'a value against earlier weeks'],
                ['no-data', 'series falling silent'],
                ['agent-off', 'agents going off'],
              ] as const
            }
            onChange={setKind}
          />
        </div>
        {kind === 'threshold' ? (
          <div class="rule-row">
            <SelectField label="Value" value={field} options={options} onChange={setField} />
            <SelectField
              label="Is"
              value={comparison}
              options={
                [
                  ['above', 'above'],
                  ['below', 'below'],
                ] as const
              }
              onChange={setComparison}
            />
            <TextField
              label="Line"
              hint={unitOf(field)}
              value={threshold}
              onChange={setThreshold}
              fault={Number.isFinite(line) ? undefined : 'A number is needed.'}
            />
          </div>
        ) : null}
        <div class="rule-row">
          <TextField
            label="Fires after"
            value={hold}
            onChange={setHold}
            fault={forMs === null ? 'A time such as 1 min or 90 s.' : undefined}
          />
          <TextField
            label="Resolves after"
            value={quiet}
            onChange={setQuiet}
            fault={keepMs === null ? 'A time such as 1 min or 90 s.' : undefined}
          />
          <SelectField
            label="Severity"
            value={severity}
            options={
              [
                ['info', 'info'],
                ['warning', 'warning'],
                ['critical', 'critical'],
              ] as const
            }
            onChange={setSeverity}
          />
        </div>
        {kind === 'threshold' ? (
          <TokenInput
            label="Targets with labels"
            placeholder="every target"
            values={labels}
            onChange={setLabels}
            fault={terms.some((term) => term === null) ? 'Of the form key=value or key!=value.' : undefined}
          />
        ) : null}
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
                  onChange={(on) => setTells(on ? [...tells, notifier.id] : tells.filter((id) => id !== notifier.id))}
                />{' '}
                {notifier.id}
              </label>
            ))}
          </div>
        </div>
      </div>
      {failed ? <Failure error={failed} /> : null}
      <div class="save-bar ruled-top">
        <button type="submit" class="button primary" disabled={!ready}>
          Save rule
        </button>
        <button type="button" class="button quiet" onClick={onClose}>
          Discard
        </button>
      </div>
    </form>
  );
};
