import type { MutationName } from './mutations.ts';
import type { Part } from './runner.ts';

/** Half a dozen hours of a small fleet, with faults many times as often as by themselves. */
const STORM = { days: 0.25, agents: 4, intensity: 8 };

/** Worlds worth keeping: each shows one bug when it is put in (again), and none without it. A bug that the simulation finds gets its seed here. */
export const NAMED_SEEDS: Readonly<Record<MutationName, Part>> = {
  'acknowledge before the commit': { seed: 'm3', ...STORM },
  'forget the epoch': { seed: 'm0', ...STORM },
  'alert on arrival time': { seed: 'm2', ...STORM },
  'take a PUBACK for an acknowledgement': { seed: 'm0', ...STORM },
  'move the cursor before the write': { seed: 'm0', ...STORM },
  'forget that the host was suspended': { seed: 'm0', ...STORM },
  'backlog first': { seed: 'b4', days: 0.5, agents: 3, intensity: 2 },
  'forget which notification was sent': { seed: 'm0', ...STORM },
  'damp what fired once, and for longer': { seed: 'm0', ...STORM },
  'every agent is a cause of its own': { seed: 'm0', ...STORM },
  // Found 2026-11: while the controller's time was slewed towards a wall clock an hour away, rounds lay outside of their own bound.
  "forget the controller's slewing in the bound": { seed: 'm5', ...STORM },
};
