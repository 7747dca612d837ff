// The rules of a first start. They are ordinary rules: an operator may change, switch off or delete them, and they do not come back.
import { Rule, type RuleInput } from '../../../protocol/rule.ts';
import { agentRules } from './agents.ts';
import { deviceRules } from './devices.ts';
import { latencyRules } from './latency.ts';
import { lossRules } from './loss.ts';

const written: readonly RuleInput[] = [...lossRules, ...latencyRules, ...agentRules, ...deviceRules];

export const builtInRules: readonly Rule[] = written.map((rule) => Rule.parse(rule));
