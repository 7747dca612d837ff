// Which rules look at one series, worked out once and not with every round.
import { isSelected, type Labels } from '../../protocol/labels.ts';
import { mayPage, type Rule } from '../../protocol/rule.ts';
import type { DefinedTarget, Definitions } from './definitions.ts';
import { type AlertKey, type Around, idOf, ownAround } from './ledger.ts';
import { type Observation, targetOf } from './observation.ts';

export interface Check {
  readonly rule: Rule;
  readonly key: AlertKey;
  readonly id: string;
  readonly around: Around;
  readonly silent: boolean;
}

/** What a field must be remembered for, and how much of it. */
export interface Keep {
  readonly field: string;
  readonly ms: number;
  readonly count: number;
  /** Whether a rule that pages needs it: then it outlives a restart. */
  readonly durable: boolean;
}

export interface Watch {
  readonly agent: string;
  readonly task: string;
  readonly target: DefinedTarget | null;
  readonly checks: readonly Check[];
  readonly keeps: readonly Keep[];
}

/** The watches of one set of definitions. */
export class Watches {
  readonly #definitions: Definitions;
  readonly #byAgent = new Map<string, Map<string, Watch | null>>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** null: nobody asked this agent for it, or no rule looks at it. */
  of(agent: string, observation: Pick<Observation, 'measurement' | 'task' | 'tags'>): Watch | null {
    let mine = this.#byAgent.get(agent);
    if (mine === undefined) this.#byAgent.set(agent, (mine = new Map<string, Watch | null>()));
    const { task } = observation;
    let watch = mine.get(task);
    if (watch === undefined) mine.set(task, (watch = watchOf(this.#definitions, agent, observation)));
    return watch;
  }
}

const watchOf = (
  definitions: Definitions,
  agent: string,
  { measurement, task, tags = {} }: Pick<Observation, 'measurement' | 'task' | 'tags'>,
): Watch | null => {
  const id = targetOf(task);
  const target = definitions.targets.get(id) ?? null;
  const isForeign = task.includes(':');
  if (id !== '' && !isForeign && !target?.agents.has(agent)) return null;
  const labels: Labels = definitions.agents.get(agent)?.labels ?? {};
  // A device, a host or a foreign series is no target: its tags stand for the labels, beside a device's own.
  const known = { ...definitions.devices.get(id), ...tags, target: id };
  const candidates = target?.rules ?? [...definitions.rules.values()].filter(({ targets }) => isSelected(targets.labels, agent, known));
  const rules = candidates.filter(
    (rule) =>
      rule.measurement === measurement &&
      (rule.kind === 'threshold' || rule.kind === 'change' || rule.kind === 'baseline') &&
      isSelected(rule.agents, agent, labels) &&
      isSelected(rule.series, agent, tags),
  );
  if (rules.length === 0) return null;
  const checks = rules.map((rule): Check => {
    const key = { rule: rule.id, agent, task };
    return { rule, key, id: idOf(key), around: ownAround(key), silent: !mayPage(rule) };
  });
  return { agent, task, target, checks, keeps: keepsOf(rules) };
};

const keepsOf = (rules: readonly Rule[]): readonly Keep[] => {
  const byField = new Map<string, Keep>();
  for (const rule of rules) {
    const { window, pattern, change, field } = rule;
    if (!window && !pattern && !change) continue;
    const before = byField.get(field) ?? { field, ms: 0, count: 0, durable: false };
    byField.set(field, {
      field,
      ms: Math.max(before.ms, (window?.lengthMs ?? 0) + (change?.overMs ?? 0)),
      count: Math.max(before.count, pattern?.of ?? 2),
      durable: before.durable || mayPage(rule),
    });
  }
  return [...byField.values()];
};
