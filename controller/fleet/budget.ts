// What a target costs before it is saved, and whether the fleet's limits allow it. Pure; every refusal shows its arithmetic.
import { isSelected } from '../../protocol/labels.ts';
import type { Target } from '../../protocol/target.ts';
import { taskCost } from '../../protocol/task.ts';
import type { FleetAgent } from './compile.ts';
import type { Problem } from './refusal.ts';

export interface BudgetLimits {
  /** Packets a second that one agent is asked for in all. */
  readonly agentPacketsPerSecond: number;
  /** Packets a second at one address from the whole fleet. */
  readonly targetPacketsPerSecond: number;
  /** Series of the whole fleet: agents times tasks. */
  readonly series: number;
}

export interface Cost {
  readonly agents: readonly { readonly id: string; readonly packetsPerSecondNow: number; readonly packetsPerSecondAdded: number }[];
  readonly tasks: number;
  readonly packetsPerSecondPerAgent: number;
  readonly packetsPerSecondAtTarget: number;
  readonly newSeries: number;
  readonly bytesPerDay: number;
  readonly problems: readonly Problem[];
}

/** What one round takes in the embedded store, measured over rounds of ten packets (test/unit/controller/series/columns.test.ts holds it to it). */
export const BYTES_PER_ROUND = 75;

/** What saving `target` would mean for a fleet with these targets, one of which it may replace. */
export const costOf = (target: Target, targets: readonly Target[], agents: readonly FleetAgent[], limits: BudgetLimits): Cost => {
  const others = targets.filter(({ id }) => id !== target.id);
  const before = targets.find(({ id }) => id === target.id);
  const selected = agents.filter((agent) => selects(target, agent));
  const perAgent = packetsPerSecond(target);
  const costs = selected.map((agent) => {
    const now = sum(targets.filter((one) => selects(one, agent)).map(packetsPerSecond));
    const had = before !== undefined && selects(before, agent) ? packetsPerSecond(before) : 0;
    return { id: agent.id, packetsPerSecondNow: now, packetsPerSecondAdded: round(perAgent - had) };
  });
  const sameAddress = [target, ...others.filter(({ address }) => address.toLowerCase() === target.address.toLowerCase())];
  const atTarget = sum(sameAddress.map((one) => packetsPerSecond(one) * agents.filter((agent) => selects(one, agent)).length));
  const seriesOf = (one: Target): number => one.tasks.length * agents.filter((agent) => selects(one, agent)).length;
  const series = sum([target, ...others].map(seriesOf));
  return {
    agents: costs,
    tasks: target.tasks.length,
    packetsPerSecondPerAgent: round(perAgent),
    packetsPerSecondAtTarget: round(atTarget),
    newSeries: Math.max(0, seriesOf(target) - (before === undefined ? 0 : seriesOf(before))),
    bytesPerDay: Math.round(sum(target.tasks.map(({ intervalMs }) => 86_400_000 / intervalMs)) * selected.length * BYTES_PER_ROUND),
    problems: [
      ...agentProblems(costs, limits),
      ...targetProblems(target, atTarget, selected.length, sameAddress, limits),
      ...seriesProblems(series, limits),
    ],
  };
};

/** Every agent's packets a second as the fleet stands. */
export const packetsPerSecondOf = (agent: FleetAgent, targets: readonly Target[]): number =>
  round(sum(targets.filter((target) => selects(target, agent)).map(packetsPerSecond)));

const agentProblems = (costs: Cost['agents'], { agentPacketsPerSecond: limit }: BudgetLimits): Problem[] =>
  costs
    .filter(({ packetsPerSecondNow: now, packetsPerSecondAdded: added }) => added > 0 && now + added > limit)
    .slice(0, 5)
    .map(({ id, packetsPerSecondNow: now, packetsPerSecondAdded: added }) => ({
      path: 'agents',
      message: `agent ${id} would send ${show(now)} + ${show(added)} = ${show(now + added)} packets/s; the limit is ${show(limit)}`,
    }));

const targetProblems = (
  target: Target,
  atTarget: number,
  agents: number,
  same: readonly Target[],
  { targetPacketsPerSecond: limit }: BudgetLimits,
): Problem[] => {
  if (atTarget <= limit) return [];
  const own = packetsPerSecond(target) * agents;
  const others = same.length > 1 ? ` and ${show(atTarget - own)} from other targets with this address` : '';
  return [
    {
      path: 'tasks',
      message: `${agents} agents × ${show(packetsPerSecond(target))} packets/s = ${show(own)}${others}: ${show(atTarget)} packets/s at ${target.address}; the limit for one address is ${show(limit)}`,
    },
  ];
};

const seriesProblems = (series: number, { series: limit }: BudgetLimits): Problem[] =>
  series <= limit ? [] : [{ path: 'agents', message: `the fleet would have ${series} series (agents × tasks); the limit is ${limit}` }];

const selects = (target: Target, agent: FleetAgent): boolean => isSelected(target.agents, agent.id, agent.labels);
const packetsPerSecond = (target: Target): number => sum(target.tasks.map((task) => taskCost(task).packetsPerSecond));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const round = (number: number): number => Math.round(number * 1_000) / 1_000;
const show = (number: number): string => String(round(number));
