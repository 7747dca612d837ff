import type { Task } from '../../protocol/task.ts';

export interface TaskDiff {
  readonly start: readonly Task[];
  /** Ids; a task that changed is both stopped and started. */
  readonly stop: readonly string[];
}

/** What to do so that exactly `wanted` runs. A task whose every field is the same runs on undisturbed. */
export const diffTasks = (running: ReadonlyMap<string, Task>, wanted: readonly Task[]): TaskDiff => {
  const next = new Map(wanted.map((task) => [task.id, task]));
  const unchanged = (id: string): boolean => JSON.stringify(running.get(id)) === JSON.stringify(next.get(id));
  return {
    start: [...next.values()].filter(({ id }) => !unchanged(id)),
    stop: [...running.keys()].filter((id) => !unchanged(id)),
  };
};
