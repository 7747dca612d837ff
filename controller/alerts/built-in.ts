import type { Rule } from '../../protocol/rule.ts';

const everyTarget: Rule['targets'] = { labels: { in: {}, notIn: {} } };

/** The rules of a first start. They are ordinary rules: an operator may change, switch off or delete them, and they do not come back. */
export const builtInRules: readonly Rule[] = [
  {
    id: 'high-loss',
    name: 'High loss',
    enabled: true,
    kind: 'threshold',
    field: 'loss_ratio',
    comparison: 'above',
    threshold: 0.2,
    forMs: 60_000,
    keepMs: 60_000,
    severity: 'critical',
    targets: everyTarget,
    notifiers: [],
  },
  {
    id: 'agent-off',
    name: 'Agent off',
    enabled: true,
    kind: 'agent-off',
    field: 'loss_ratio', // an agent-off rule looks at no field; the schema wants one
    comparison: 'above',
    threshold: 0,
    forMs: 60_000,
    keepMs: 0,
    severity: 'critical',
    targets: everyTarget,
    notifiers: [],
  },
];
