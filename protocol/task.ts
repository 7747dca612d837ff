import * as z from 'zod';
import { TargetId, TaskId } from './ids.ts';
import { ProbeOptions } from './probes/index.ts';

/** (probe, target, schedule, parameters) given to one agent. */
export const Task = z.strictObject({
  id: TaskId,
  target: z.strictObject({ id: TargetId, address: z.string().min(1).max(253), family: z.enum(['any', 'v4', 'v6']) }),
  intervalMs: z.int().min(200).max(86_400_000),
  options: ProbeOptions,
});
export type Task = z.infer<typeof Task>;

/** What the tasks `net` and `host` name as their target: the agent's own machine. */
export const OWN_MACHINE = 'self';

export const taskId = (targetId: string, kind: ProbeOptions['kind']): string => `${targetId}/${kind}`;

/** The agent's own machine is looked at at once; this is far more than it takes. */
const OWN_MACHINE_MS = 1_000;

/** How long one round takes at most, ms: from its first packet to the last reply that still counts. */
export const roundNeedsMs = (options: ProbeOptions): number => {
  switch (options.kind) {
    case 'icmp':
      return (options.count - 1) * options.spacingMs + options.timeoutMs;
    case 'snmp':
      return options.budgetMs;
    case 'net':
    case 'host':
      return OWN_MACHINE_MS;
    default:
      return options satisfies never;
  }
};

/** Requests of one poll and bytes of each, for a device of some dozens of ports: how many it has is not known before it is asked. */
const SNMP_REQUESTS = 20;
const SNMP_REQUEST_BYTES = 350;

/** What a task sends, averaged over its interval. Bytes count the IP header of the worst family (IPv6, 40) and ICMP's 8. */
export const taskCost = (task: { intervalMs: number; options: ProbeOptions }): { packetsPerSecond: number; bytesPerSecond: number } => {
  const { packets, bytes } = roundCost(task.options);
  const packetsPerSecond = (packets * 1000) / task.intervalMs;
  return { packetsPerSecond, bytesPerSecond: packetsPerSecond * bytes };
};

const roundCost = (options: ProbeOptions): { readonly packets: number; readonly bytes: number } => {
  switch (options.kind) {
    case 'icmp':
      return { packets: options.count, bytes: options.sizeBytes + 48 };
    case 'snmp':
      return { packets: SNMP_REQUESTS, bytes: SNMP_REQUEST_BYTES };
    case 'net':
    case 'host':
      return { packets: 0, bytes: 0 }; // it only reads what its own kernel knows
    default:
      return options satisfies never;
  }
};
