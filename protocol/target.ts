import * as z from 'zod';
import { TargetId } from './ids.ts';
import { everyAgent, Labels, Selector } from './labels.ts';
import { TargetProbeOptions } from './probes/index.ts';
import { roundNeedsMs } from './task.ts';

const hostName = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?$/i;

/** An IPv4 or IPv6 address, or a host name. */
export const Address = z.union(
  [
    z.ipv4(),
    z.ipv6(),
    z
      .string()
      .regex(hostName)
      .refine((name) => !/^[0-9.]+$/.test(name)),
  ],
  {
    error: 'address: an IPv4 or IPv6 address or a host name, such as 192.0.2.1, 2001:db8::1 or gw.example.net',
  },
);

export const AddressFamily = z.enum(['any', 'v4', 'v6']);
export type AddressFamily = z.infer<typeof AddressFamily>;

/** One kind of measurement of a target, as the operator asks for it. */
export const TaskTemplate = z
  .strictObject({ intervalMs: z.int().min(200).max(86_400_000).default(10_000), options: TargetProbeOptions })
  .superRefine((task, context) => {
    const needsMs = roundNeedsMs(task.options);
    if (needsMs > task.intervalMs)
      context.addIssue({
        code: 'custom',
        path: ['intervalMs'],
        message: `a round needs ${needsMs / 1000} s: ${(needsMs - task.options.timeoutMs) / 1000} s to send, ${task.options.timeoutMs / 1000} s to wait; ${task.intervalMs / 1000} s is too short`,
      });
  });
export type TaskTemplate = z.infer<typeof TaskTemplate>;

/** What is measured: an address or a name, with labels, from the agents that the selector names. */
export const Target = z.strictObject({
  id: TargetId,
  /** What people read; the id unless said. */
  name: z.string().min(1).max(120),
  address: Address,
  family: AddressFamily.default('any'),
  labels: Labels.default({}),
  agents: Selector.default(everyAgent),
  tasks: z.array(TaskTemplate).min(1).max(8),
});
export type Target = z.infer<typeof Target>;
/** As written by a person: defaults may be missing. */
export type TargetInput = z.input<typeof Target>;
