import type { ProbeKind } from '../../protocol/probes/index.ts';
import type { Task } from '../../protocol/task.ts';
import { icmp } from './icmp.ts';
import type { MeasuredRound, Probe, ProbeContext } from './probe.ts';
import { snmp } from './snmp.ts';

/** Every kind of probe. The compiler names the one that is missing. */
const probes: { readonly [K in ProbeKind]: Probe<K> } = { icmp, snmp };

/** Opens the task's probe: its rounds until the context's signal aborts. */
export const openProbe = (task: Task, context: ProbeContext): AsyncIterable<MeasuredRound> => {
  const { options } = task;
  switch (options.kind) {
    case 'icmp':
      return probes.icmp({ ...task, options }, context);
    case 'snmp':
      return probes.snmp({ ...task, options }, context);
    default:
      return options satisfies never;
  }
};
