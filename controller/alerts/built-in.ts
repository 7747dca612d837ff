import { Rule } from '../../protocol/rule.ts';

/** The rules of a first start. They are ordinary rules: an operator may change, switch off or delete them, and they do not come back. */
export const builtInRules: readonly Rule[] = [
  { id: 'high-loss', name: 'High loss', threshold: 0.2 },
  { id: 'agent-off', name: 'Agent off', kind: 'agent-off' as const, keepMs: 0 },
].map((rule) => Rule.parse(rule));
