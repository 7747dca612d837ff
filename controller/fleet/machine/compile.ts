import type { MachineSettings } from '../../../protocol/machine-settings.ts';
import { OWN_MACHINE, type Task, taskId } from '../../../protocol/task.ts';

/** An agent is asked for one look at its sockets in so long. */
const SOCKETS_EVERY_MS = 60_000;

/** What one agent looks at on its own machine. Pure. An agent that does not say that it can is not asked: an older one would reject the whole configuration. */
export const machineTasksOf = (capabilities: ReadonlySet<string>, { net, host }: MachineSettings): Task[] => {
  const target = { id: OWN_MACHINE, address: 'localhost', family: 'any' as const };
  const tasks: Task[] = [];
  if (net.enabled && capabilities.has('net'))
    tasks.push({
      id: taskId(OWN_MACHINE, 'net'),
      target,
      intervalMs: net.intervalMs,
      options: { kind: 'net', notNames: [...net.notNames] },
    });
  if (host.enabled && capabilities.has('host'))
    tasks.push({
      id: taskId(OWN_MACHINE, 'host'),
      target,
      intervalMs: host.intervalMs,
      options: { kind: 'host', sockets: host.sockets, socketsEvery: Math.max(1, Math.round(SOCKETS_EVERY_MS / host.intervalMs)) },
    });
  return tasks;
};
