import type { RuleStanding } from '../../../protocol/rule-view.ts';
import { mayPage } from '../../../protocol/rule-fit.ts';
import type { Rule } from '../../../protocol/rule.ts';
import { request } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { Empty } from '../parts/basics.tsx';
import { Check } from '../parts/field.tsx';
import { conditionOf } from './rule-draft.ts';

interface Props {
  readonly rules: readonly Rule[];
  readonly onEdit: (rule: Rule) => void;
  readonly onChanged: () => void;
}

export const RuleTable = ({ rules, onEdit, onChanged }: Props) => {
  const standings = useResource<{ rules: RuleStanding[] }>('/rules/standing');
  const standingOf = (rule: Rule): RuleStanding | undefined => standings.data?.rules.find((one) => one.rule === rule.id);
  const change = (rule: Rule, enabled: boolean): void =>
    void request('PUT', `/rules/${rule.id}`, { ...rule, enabled }).then(onChanged, onChanged);
  if (rules.length === 0)
    return <Empty title="No rule yet">A rule names a value, a line and how long it must be over it. Then it opens an incident.</Empty>;
  return (
    <table class="table">
      <thead>
        <tr>
          <th>On</th>
          <th>Rule</th>
          <th>Now</th>
          <th class="phone-off">Severity</th>
          <th class="phone-off">Tells</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.id} title={rule.description}>
            <td>
              <Check checked={rule.enabled} label={`${rule.name} is on`} onChange={(on) => change(rule, on)} />
            </td>
            <td>
              <span class="two">
                <span class={rule.enabled ? 'name' : 'ink3'}>{rule.name}</span>
                <small class="cut">{conditionOf(rule)}</small>
              </span>
            </td>
            <td class="ink2">{nowOf(rule, standingOf(rule))}</td>
            <td class="phone-off ink2">{rule.severity}</td>
            <td class="phone-off ink2">{mayPage(rule) ? rule.notifiers.join(', ') || 'by the routes' : 'nobody yet'}</td>
            <td class="n">
              <button type="button" class="button quiet tiny" onClick={() => onEdit(rule)}>
                Edit
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

/** In words: how many series fire, wait, or are still being learnt. */
const nowOf = (rule: Rule, standing: RuleStanding | undefined): string => {
  if (!rule.enabled) return 'off';
  if (standing === undefined) return '';
  const { firing, pending, silent, learning = 0, learned = 0 } = standing;
  const parts = [
    ...(firing > 0 ? [`${firing} fire`] : []),
    ...(silent > 0 ? [`${silent} would fire`] : []),
    ...(pending > 0 ? [`${pending} wait`] : []),
    ...(learning > 0 ? [`${learning} of ${learning + learned} learning`] : []),
  ];
  return parts.join(', ') || 'quiet';
};
