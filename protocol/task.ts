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

export const taskId = (targetId: string, kind: ProbeOptions['kind']): string => `${targetId}/${kind}`;

/** How long one round takes at most, from its first packet to the last reply that still counts, ms. */
export const roundNeedsMs = (options: ProbeOptions): number => (options.count - 1) * options.spacingMs + options.timeoutMs;

/** What a task sends, averaged over its interval. Bytes count the IP header of the worst family (IPv6, 40) and ICMP's 8. */
export const taskCost = (task: { intervalMs: number; options: ProbeOptions }): { packetsPerSecond: number; bytesPerSecond: number } => {
  const packetsPerSecond = (task.options.count * 1000) / task.intervalMs;
  return { packetsPerSecond, bytesPerSecond: packetsPerSecond * (task.options.sizeBytes + 48) };
};
