import { CompiledQuery } from 'kysely';
import { Device } from '../../protocol/device.ts';
import { isSelected, Labels, type Selector } from '../../protocol/labels.ts';
import { Dependencies, Rule } from '../../protocol/rule.ts';
import { Target } from '../../protocol/target.ts';
import { taskId } from '../../protocol/task.ts';
import type { State } from '../state/database.ts';
import { parentsByPath, type SeenPath } from './path-parents.ts';

export interface DefinedTarget {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly tasks: readonly string[];
  /** Of the task that is measured least often, ms. */
  readonly intervalMs: number;
  /** The agent itself: it says nothing of an uplink. */
  readonly isLoopback: boolean;
  readonly agents: ReadonlySet<string>;
  /** The rules that look at it. */
  readonly rules: readonly Rule[];
  readonly ruleIds: ReadonlySet<string>;
  /** Targets that it hangs behind, nearest first. */
  readonly parents: readonly string[];
  /** What it shares with others, as `label=value`, the broadest first; only where no target of that name is measured. */
  readonly groups: readonly string[];
}

export interface DefinedAgent {
  readonly id: string;
  readonly labels: Labels;
}

/** What the operator wants watched, as the rules need it. */
export interface Definitions {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly targets: ReadonlyMap<string, DefinedTarget>;
  readonly targetsOf: ReadonlyMap<string, readonly DefinedTarget[]>;
  readonly agents: ReadonlyMap<string, DefinedAgent>;
  /** Labels of the SNMP devices, which are no targets: their ports are selected by them. */
  readonly devices: ReadonlyMap<string, Labels>;
  /** Targets and agents by what they share. */
  readonly behind: ReadonlyMap<string, { readonly targets: readonly DefinedTarget[]; readonly agents: readonly string[] }>;
  readonly dependencies: Dependencies;
  /** Every notifier's id: those of a rule that names none. */
  readonly notifiers: readonly string[];
}

export const DEPENDENCIES_KEY = 'alerts.dependencies';

/** Changes whenever a rule, a target, an agent's labels, a notifier or a dependency does; cheap to ask for. */
export const definitionsStamp = async (state: State): Promise<number> =>
  (await state.executeQuery<{ count: number }>(STAMP)).rows[0]?.count ?? 0;

/** Asked with every batch: Kysely would build and compile it anew each time. */
const STAMP = CompiledQuery.raw('SELECT count FROM definition_changes');

/** What definitions are made of. */
export interface Ingredients {
  readonly rules: readonly Rule[];
  readonly targets: readonly Target[];
  readonly agents: readonly DefinedAgent[];
  readonly devices: readonly { readonly id: string; readonly labels: Labels }[];
  readonly notifiers: readonly string[];
  readonly dependencies: Dependencies;
  /** Traces of late, where `dependencies.traces` lets them make parents. */
  readonly paths: readonly SeenPath[];
}

export const loadIngredients = async (state: State): Promise<Ingredients> => {
  const ruleRows = await state.selectFrom('rules').select('document').where('enabled', '=', 1).orderBy('id').execute();
  const targetRows = await state.selectFrom('targets').select('document').orderBy('id').execute();
  const agentRows = await state.selectFrom('agents').select(['id', 'labels']).where('state', '=', 'active').orderBy('id').execute();
  const deviceRows = await state.selectFrom('devices').select('document').orderBy('id').execute();
  const notifierRows = await state.selectFrom('notifiers').select('id').orderBy('id').execute();
  const kept = await state.selectFrom('settings').select('value').where('key', '=', DEPENDENCIES_KEY).executeTakeFirst();
  return {
    rules: ruleRows.map(({ document }) => Rule.parse(JSON.parse(document))),
    targets: targetRows.map(({ document }) => Target.parse(JSON.parse(document))),
    agents: agentRows.map(({ id, labels }) => ({ id, labels: Labels.parse(JSON.parse(labels)) })),
    devices: deviceRows
      .map(({ document }) => Device.parse(JSON.parse(document)))
      .filter(({ enabled }) => enabled)
      .map(({ id, labels }) => ({ id, labels })),
    notifiers: notifierRows.map(({ id }) => id),
    dependencies: Dependencies.parse(kept === undefined ? {} : JSON.parse(kept.value)),
    paths: [], // no agent traces yet
  };
};

export const loadDefinitions = async (state: State): Promise<Definitions> => makeDefinitions(await loadIngredients(state));

export const makeDefinitions = ({
  rules: all,
  targets: raw,
  agents,
  devices,
  notifiers,
  dependencies,
  paths,
}: Ingredients): Definitions => {
  const rules = all.filter((rule) => rule.enabled);
  const known = new Set(raw.map(({ id }) => id));
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const traced = dependencies.traces ? parentsByPath(paths, raw) : new Map<string, readonly string[]>();
  const targets = raw.map((target) => defined(target, rules, byId, dependencies, known, traced.get(target.id) ?? []));
  const targetsOf = new Map<string, DefinedTarget[]>(agents.map(({ id }) => [id, []]));
  for (const target of targets) for (const agent of target.agents) targetsOf.get(agent)?.push(target);
  const behind = new Map<string, { targets: DefinedTarget[]; agents: string[] }>();
  const at = (group: string): { targets: DefinedTarget[]; agents: string[] } => {
    const bucket = behind.get(group) ?? { targets: [], agents: [] };
    behind.set(group, bucket);
    return bucket;
  };
  for (const target of targets) for (const group of target.groups) at(group).targets.push(target);
  for (const { id, labels } of agents) for (const group of groupsOf(labels, dependencies)) at(group).agents.push(id);
  return {
    rules: new Map(rules.map((rule) => [rule.id, rule])),
    targets: new Map(targets.map((target) => [target.id, target])),
    targetsOf,
    agents: byId,
    devices: new Map(devices.map(({ id, labels }) => [id, labels])),
    behind,
    dependencies,
    notifiers,
  };
};

const defined = (
  target: Target,
  rules: readonly Rule[],
  agents: ReadonlyMap<string, DefinedAgent>,
  dependencies: Dependencies,
  known: ReadonlySet<string>,
  traced: readonly string[],
): DefinedTarget => {
  const looking = rules.filter(
    (rule) => rule.kind !== 'agent-off' && isSelected(rule.targets.labels, target.id, { ...target.labels, target: target.id }),
  );
  const named = dependencies.labels.flatMap((label) => target.labels[label] ?? []).filter((id) => known.has(id) && id !== target.id);
  return {
    id: target.id,
    name: target.name,
    labels: target.labels,
    tasks: target.tasks.map(({ options }) => taskId(target.id, options.kind)),
    intervalMs: Math.max(...target.tasks.map(({ intervalMs }) => intervalMs)),
    isLoopback: isLoopback(target.address),
    agents: new Set(candidates(target.agents, agents).flatMap(({ id, labels }) => (isSelected(target.agents, id, labels) ? [id] : []))),
    rules: looking,
    ruleIds: new Set(looking.map(({ id }) => id)),
    parents: [...new Set([...(dependencies.parents[target.id] ?? []).filter((id) => known.has(id)), ...named, ...traced])],
    groups: groupsOf(target.labels, dependencies).filter((group) => !known.has(group.slice(group.indexOf('=') + 1))),
  };
};

/** A selector that names agents asks no others. */
const candidates = ({ in: wanted }: Selector, agents: ReadonlyMap<string, DefinedAgent>): readonly DefinedAgent[] =>
  wanted['agent'] === undefined ? [...agents.values()] : wanted['agent'].flatMap((id) => agents.get(id) ?? []);

export const groupsOf = (labels: Labels, { labels: keys }: Dependencies): readonly string[] =>
  keys.flatMap((key) => (labels[key] === undefined ? [] : [`${key}=${labels[key]}`]));

const isLoopback = (address: string): boolean => address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);

export const nothingDefined = makeDefinitions({
  rules: [],
  targets: [],
  agents: [],
  devices: [],
  notifiers: [],
  dependencies: Dependencies.parse({}),
  paths: [],
});
