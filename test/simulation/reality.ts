import { phaseOf } from '../../agent/schedule/plan.ts';
import { taskId } from '../../protocol/task.ts';
import type { TargetInput } from '../../protocol/target.ts';
import type { Seeded } from './random.ts';

/** A time in which a target answers nobody, in true time. */
export interface Outage {
  readonly from: number;
  to: number;
}

/** What is really there: which targets there are, and when each answers. */
export interface Reality {
  readonly targets: readonly TargetInput[];
  /** Per target; a target that never answers is down for all time. */
  readonly outages: ReadonlyMap<string, Outage[]>;
  readonly agents: readonly SimulatedAgent[];
  isUp(target: string, at: number): boolean;
  /** The ids of the targets that an agent measures. */
  targetsOf(agent: string): readonly string[];
}

export interface SimulatedAgent {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const INTERVAL_MS = 60_000;
const GROUP_OF = 5;

/** M agents in groups of five; each measures what all measure, what its group measures, and one target of its own. The last one's own never answers. */
export const makeReality = (agentCount: number): Reality => {
  const agents = Array.from({ length: agentCount }, (_, index) => {
    const group = `g${Math.floor(index / GROUP_OF)}`;
    return { id: agentName(index, group), labels: { group } };
  });
  const own = new Map(agents.map(({ id }, index) => [id, ownTarget(id, index)]));
  const groups = [...new Set(agents.map((agent) => agent.labels.group))];
  const target = (id: string, address: string, selected: Record<string, string[]>): TargetInput => ({
    id,
    name: id,
    address,
    agents: { in: selected, notIn: {} },
    tasks: [{ intervalMs: INTERVAL_MS, options: { kind: 'icmp' } }],
  });
  const targets = [
    target('all', '192.0.2.1', {}),
    ...groups.map((group, index) => target(`group-${group}`, `198.51.100.${index + 1}`, { group: [group] })),
    ...agents.map((agent, index) => target(own.get(agent.id) ?? '', `203.0.113.${index + 1}`, { agent: [agent.id] })),
  ];
  const outages = new Map<string, Outage[]>(targets.map(({ id }) => [id, []]));
  const silent = targets.at(-1);
  if (silent !== undefined) outages.set(silent.id, [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }]);
  return {
    targets,
    outages,
    agents,
    isUp: (id, at) => {
      for (const outage of outages.get(id) ?? []) if (outage.from <= at && at < outage.to) return false;
      return true;
    },
    targetsOf: (id) => ['all', `group-${agents.find((agent) => agent.id === id)?.labels.group ?? ''}`, own.get(id) ?? ''],
  };
};

/** Less than an agent waits for more to commit. */
const SAME_MOMENT_MS = 100;
const SPREAD_EVERY = 10;

/** Most agents have such names that all they measure is measured at one moment: the rounds then share a batch, as with a fleet's many tasks. One in ten measures at three moments. */
const agentName = (index: number, group: string): string => {
  const plain = `agent-${String(index).padStart(2, '0')}`;
  return index % SPREAD_EVERY === 0 ? plain : salted(plain, (id) => apartMs([id, 'all'], [id, `group-${group}`]) < SAME_MOMENT_MS);
};

const ownTarget = (agent: string, index: number): string =>
  index % SPREAD_EVERY === 0 ? `own-${agent}` : salted(`own-${agent}`, (id) => apartMs([agent, 'all'], [agent, id]) < SAME_MOMENT_MS);

const salted = (name: string, fits: (name: string) => boolean): string => {
  for (let salt = 0; ; salt += 1) if (fits(`${name}-${salt}`)) return `${name}-${salt}`;
};

const apartMs = (...both: readonly (readonly [agent: string, target: string])[]): number => {
  const phases = both.map(([agent, target]) => phaseOf(agent, taskId(target, 'icmp'), INTERVAL_MS));
  return Math.max(...phases) - Math.min(...phases);
};

/** Which packets of one window come back: those to a target that is up, but for a stray one now and then. */
export const repliesOf = (reality: Reality, random: Seeded, target: string, sentAt: readonly number[]): boolean[] => {
  const stray = random.chance(0.03) ? random.integer(0, sentAt.length - 1) : -1;
  return sentAt.map((at, index) => index !== stray && reality.isUp(target, at));
};
