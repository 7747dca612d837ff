import { sql } from 'kysely';
import { Rule } from '../../protocol/rule.ts';
import { isSelected, Labels } from '../../protocol/labels.ts';
import { Target } from '../../protocol/target.ts';
import { taskId } from '../../protocol/task.ts';
import type { State } from '../state/database.ts';

export interface DefinedTarget {
  readonly id: string;
  readonly name: string;
  readonly tasks: readonly string[];
  /** The agent itself: it says nothing of an uplink. */
  readonly isLoopback: boolean;
  readonly agents: readonly string[];
  /** The threshold rules that look at it. */
  readonly rules: readonly Rule[];
}

/** What the operator wants watched, as the rules need it. */
export interface Definitions {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly targets: ReadonlyMap<string, DefinedTarget>;
  readonly targetsOf: ReadonlyMap<string, readonly DefinedTarget[]>;
  readonly agents: ReadonlySet<string>;
  /** Every notifier's id: those of a rule that names none. */
  readonly notifiers: readonly string[];
}

/** Changes whenever a rule, a target, an agent's labels or a notifier does; cheap to ask for. */
export const definitionsStamp = async (state: State): Promise<string> => {
  const { rows } = await sql<{ stamp: string }>`
    SELECT coalesce((SELECT count(*) || '.' || max(updated_at) || '.' || sum(enabled) || '.' || sum(length(document)) FROM rules), '') || '|' ||
      coalesce((SELECT count(*) || '.' || max(updated_at) || '.' || sum(length(document)) FROM targets), '') || '|' ||
      coalesce((SELECT max(revision) FROM revisions), '') || '|' ||
      coalesce((SELECT count(*) || '.' || max(updated_at) FROM notifiers), '') || '|' ||
      coalesce((SELECT group_concat(id || labels || state) FROM agents), '') AS stamp`.execute(state);
  return rows[0]?.stamp ?? '';
};

export const loadDefinitions = async (state: State): Promise<Definitions> => {
  const ruleRows = await state.selectFrom('rules').select('document').where('enabled', '=', 1).orderBy('id').execute();
  const targetRows = await state.selectFrom('targets').select('document').orderBy('id').execute();
  const agentRows = await state.selectFrom('agents').select(['id', 'labels']).where('state', '=', 'active').orderBy('id').execute();
  const notifierRows = await state.selectFrom('notifiers').select('id').orderBy('id').execute();
  const rules = ruleRows.map(({ document }) => Rule.parse(JSON.parse(document))).filter((rule) => rule.enabled);
  const agents = agentRows.map(({ id, labels }) => ({ id, labels: Labels.parse(JSON.parse(labels)) }));
  const targets = targetRows.map(({ document }) => defined(Target.parse(JSON.parse(document)), rules, agents));
  const targetsOf = new Map(agents.map(({ id }) => [id, targets.filter((target) => target.agents.includes(id))]));
  return {
    rules: new Map(rules.map((rule) => [rule.id, rule])),
    targets: new Map(targets.map((target) => [target.id, target])),
    targetsOf,
    agents: new Set(agents.map(({ id }) => id)),
    notifiers: notifierRows.map(({ id }) => id),
  };
};

const defined = (target: Target, rules: readonly Rule[], agents: readonly { id: string; labels: Labels }[]): DefinedTarget => ({
  id: target.id,
  name: target.name,
  tasks: target.tasks.map(({ options }) => taskId(target.id, options.kind)),
  isLoopback: isLoopback(target.address),
  agents: agents.filter(({ id, labels }) => isSelected(target.agents, id, labels)).map(({ id }) => id),
  rules: rules.filter((rule) => rule.kind === 'threshold' && isSelected(rule.targets.labels, target.id, target.labels)),
});

const isLoopback = (address: string): boolean => address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
