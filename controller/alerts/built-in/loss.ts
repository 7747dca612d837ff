import type { RuleInput } from '../../../protocol/rule.ts';

const MINUTE = 60_000;

export const lossRules: readonly RuleInput[] = [
  {
    id: 'high-loss',
    name: 'High loss',
    description: 'A fifth of the packets is lost, for a minute: nobody works over such a line. Right everywhere.',
    threshold: 0.2,
    annotations: { summary: '{{target}} loses packets as {{agent}} sees it: ratio {{value}}, over {{threshold}}' },
  },
  {
    id: 'packet-loss',
    name: 'Packet loss',
    description:
      'More than 2 % lost over five minutes, and still so five minutes later, so that one bad round alone fires nothing. Counted only as far as so few packets can bear it out.',
    threshold: 0.02,
    clearThreshold: 0.01,
    window: { aggregate: 'mean', lengthMs: 5 * MINUTE },
    forMs: 5 * MINUTE,
    keepMs: MINUTE,
    severity: 'warning',
    annotations: { summary: '{{target}} loses packets as {{agent}} sees it: ratio {{value}} over five minutes, over {{threshold}}' },
  },
  {
    id: 'slight-loss',
    name: 'Slight loss',
    enabled: false,
    description: 'More than 0.5 % lost over a quarter of an hour. Off: over radio that is an ordinary day. Switch it on for wired paths.',
    threshold: 0.005,
    window: { aggregate: 'mean', lengthMs: 15 * MINUTE },
    forMs: 15 * MINUTE,
    keepMs: 15 * MINUTE,
    severity: 'warning',
  },
  {
    id: 'loss-pattern',
    name: 'Loss again and again',
    description: 'Three of the last ten rounds lost a tenth or more: each too short for a threshold that holds, together a fault.',
    threshold: 0.09,
    pattern: { bad: 3, of: 10 },
    forMs: 2 * MINUTE,
    keepMs: 5 * MINUTE,
    severity: 'warning',
    enabled: false,
  },
  {
    id: 'stale-data',
    name: 'No data',
    description:
      'The agent is heard, this series is not: neither loss nor an agent that is off. Counts after three missing rounds at the earliest.',
    kind: 'no-data',
    forMs: 5 * MINUTE,
    keepMs: 0,
    severity: 'warning',
    annotations: { summary: 'nothing came from {{agent}} about {{target}} for {{value}} s, though the agent itself is heard' },
  },
];
