import type { ProbeKind } from '../../protocol/probes/index.ts';
import type { Task } from '../../protocol/task.ts';
import { host } from './host.ts';
import { icmp } from './icmp.ts';
import { net } from './net.ts';
import type { MeasuredRound, Probe, ProbeContext } from './probe.ts';
import { snmp } from './snmp.ts';

/** Every kind of probe. The compiler names the one that is missing. */
const probes: { readonly [K in ProbeKind]: Probe<K> } = { icmp, snmp, net, host };

/** Opens the task's probe: its rounds until the context's signal aborts. */
export const openProbe = (task: Task, context: ProbeContext): AsyncIterable<MeasuredRound> => {
  const { options } = task;
  switch (options.kind) {
    case 'icmp':
      return probes.icmp({ ...task, options }, context);
    case 'snmp':
      return probes.snmp({ ...task, options }, context);
    case 'net':
      return probes.net({ ...task, options }, context);
    case 'host':
      return probes.host({ ...task, options }, context);
    default:
      return options satisfies never;
  }
};
