// From the fleet as people see it to what each agent does. Pure, so that dry runs, budgets and diffs stand on the same ground as what is sent.
import { isSelected, type Labels } from '../../protocol/labels.ts';
import type { Target } from '../../protocol/target.ts';
import { type Task, taskId } from '../../protocol/task.ts';

export interface FleetAgent {
  readonly id: string;
  readonly labels: Labels;
}

/** The tasks of one agent, in the order of their ids: the same fleet gives the same bytes. */
export const tasksOf = (agent: FleetAgent, targets: readonly Target[]): Task[] =>
  targets
    .filter((target) => isSelected(target.agents, agent.id, agent.labels))
    .flatMap((target) => target.tasks.map((template) => taskOf(target, template)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const taskOf = (target: Target, { intervalMs, options }: Target['tasks'][number]): Task => ({
  id: taskId(target.id, options.kind),
  target: { id: target.id, address: target.address, family: target.family },
  intervalMs,
  options,
});
