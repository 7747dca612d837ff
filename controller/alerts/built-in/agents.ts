// What agents say of themselves: measurement `agent`, made of each status.
import type { RuleInput } from '../../../protocol/rule.ts';

const MINUTE = 60_000;

export const agentRules: readonly RuleInput[] = [
  {
    id: 'agent-off',
    name: 'Agent off',
    description: 'Nothing is heard of an agent for a minute. One incident, whatever it measures; its own pairs wait meanwhile.',
    kind: 'agent-off',
    keepMs: 0,
  },
  {
    id: 'clock-skew',
    name: "Agent's clock is wrong",
    description:
      "The host's clock is more than a second away from the controller's time for ten minutes. Rounds are stamped in the controller's time all the same; certificates and logs of that host are not.",
    measurement: 'agent',
    field: 'clock_skew_ms',
    threshold: 1_000,
    clearThreshold: 500,
    forMs: 10 * MINUTE,
    keepMs: 5 * MINUTE,
    severity: 'warning',
    annotations: { summary: 'the clock of {{agent}} is {{value}} ms away' },
  },
  {
    id: 'spool-filling',
    name: 'Spool is filling',
    description: 'Four fifths of the spool are used: soon the oldest rounds go. The line is down, or too slow for what is measured.',
    measurement: 'agent',
    field: 'spool_ratio',
    threshold: 0.8,
    clearThreshold: 0.6,
    forMs: 2 * MINUTE,
    keepMs: 2 * MINUTE,
    severity: 'warning',
    annotations: { summary: 'the spool of {{agent}} is {{value}} full' },
  },
  {
    id: 'agent-certificate',
    name: "Agent's certificate runs out",
    description: 'Less than a day left of seven: it should have renewed itself at half of them.',
    measurement: 'agent',
    field: 'certificate_hours',
    comparison: 'below',
    threshold: 24,
    forMs: 5 * MINUTE,
    keepMs: MINUTE,
    severity: 'warning',
  },
];
