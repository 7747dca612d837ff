import type { Log } from '../../protocol/log.ts';
import { type Task, taskCost } from '../../protocol/task.ts';
import { diffTasks } from '../config/diff.ts';
import type { MeasuredRound } from '../probes/probe.ts';

export interface RunnerOptions {
  readonly log: Log;
  /** Opens the task's probe; its rounds end when the signal aborts. */
  readonly open: (task: Task, signal: AbortSignal) => AsyncIterable<MeasuredRound>;
  readonly onRound: (task: Task, round: MeasuredRound) => void;
}

/** The tasks that run now. Each has a probe of its own; a probe that fails ends alone. */
export class TaskRunner {
  readonly #options: RunnerOptions;
  /** Of all tasks that run. */
  packetsPerSecond = 0;
  readonly #running = new Map<string, { readonly task: Task; readonly stop: AbortController; readonly done: Promise<void> }>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  get tasks(): readonly Task[] {
    return Array.from(this.#running.values(), ({ task }) => task);
  }

  /** Makes exactly these tasks run, without touching those that stay the same. */
  apply(wanted: readonly Task[]): { readonly started: number; readonly stopped: number } {
    const diff = diffTasks(new Map(this.tasks.map((task) => [task.id, task])), wanted);
    for (const id of diff.stop) {
      this.#running.get(id)?.stop.abort(new Error('task stopped'));
      this.#running.delete(id);
    }
    for (const task of diff.start) {
      const stop = new AbortController();
      this.#running.set(task.id, { task, stop, done: this.#run(task, stop.signal) });
    }
    this.packetsPerSecond = this.tasks.reduce((sum, task) => sum + taskCost(task).packetsPerSecond, 0);
    return { started: diff.start.length, stopped: diff.stop.length };
  }

  /** Ends all tasks and waits for them. */
  async stop(): Promise<void> {
    const all = [...this.#running.values()];
    this.apply([]);
    await Promise.all(all.map(({ done }) => done));
  }

  async #run(task: Task, signal: AbortSignal): Promise<void> {
    try {
      for await (const round of this.#options.open(task, signal)) {
        if (signal.aborted) return;
        this.#options.onRound(task, round);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#options.log.error('task-failed', `task ${task.id} ended: ${error instanceof Error ? error.message : String(error)}`, {
        task: task.id,
      });
    }
  }
}
