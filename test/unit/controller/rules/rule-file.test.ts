import * as fc from 'fast-check';
import t from 'tap';
import { builtInRules } from '../../../../controller/alerts/built-in/index.ts';
import { parseRuleFile, parseTime, writeRuleFile } from '../../../../controller/rules/rule-file.ts';
import { Dependencies, Rule } from '../../../../protocol/rule.ts';

const refusal = (yaml: string): string => {
  const parsed = parseRuleFile(yaml);
  return parsed.ok ? 'accepted' : parsed.reason;
};

t.test('rule file: the built-in rules written and read again are the same rules', async (t) => {
  const file = { rules: [...builtInRules], dependencies: Dependencies.parse({ parents: { gw: ['core'] } }) };
  const parsed = parseRuleFile(writeRuleFile(file));
  t.ok(parsed.ok);
  if (parsed.ok) t.strictSame(parsed.value, file);
});
t.test('rule file: any rule goes through YAML without loss', async (t) => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
  const rule = fc
    .record(
      {
        name: fc.string({ minLength: 1, maxLength: 60 }).filter((name) => name.trim() !== ''),
        description: fc.string({ maxLength: 80 }),
        threshold: number,
        forMs: fc.integer({ min: 0, max: 86_400_000 }),
        severity: fc.constantFrom('info', 'warning', 'critical'),
        window: fc.record({ aggregate: fc.constantFrom('mean', 'p95'), lengthMs: fc.integer({ min: 1_000, max: 604_800_000 }) }),
        quorum: fc.oneof(fc.record({ count: fc.integer({ min: 1, max: 9 }) }), fc.record({ share: fc.constantFrom(0.1, 0.5, 1) })),
        annotations: fc.dictionary(fc.constantFrom('summary', 'runbook'), fc.string({ maxLength: 40 })),
      },
      { requiredKeys: ['name'] },
    )
    .map((some) => Rule.parse({ id: 'r', ...some }));
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), (rules) => {
      const parsed = parseRuleFile(writeRuleFile({ rules }));
      return parsed.ok && JSON.stringify(parsed.value.rules) === JSON.stringify(rules);
    }),
    { numRuns: 200 },
  );
  t.pass();
});
t.test('rule file: a time may be written as people do', async (t) => {
  const parsed = parseRuleFile('rules: [{ id: r, name: r, forMs: 1m30s, window: { aggregate: mean, lengthMs: 1h } }]');
  t.ok(parsed.ok);
  if (parsed.ok) t.match(parsed.value.rules[0], { forMs: 90_000, window: { lengthMs: 3_600_000 } });
  t.equal(parseTime('7d'), 604_800_000);
  t.equal(parseTime('soon'), null);
});
t.test('rule file: a refusal names the rule, the field and what would be right', async (t) => {
  t.equal(refusal('rules: [{ id: high, name: High, treshold: 3 }]'), 'rules[0] (high): Unrecognized key: "treshold"');
  t.match(
    refusal('rules: [{ id: high, name: High, kind: change, threshold: 3 }]'),
    /^rules\[0\] \(high\): change: a rule of kind change needs/,
  );
  t.match(refusal('rules: [{ id: high, name: High, threshold: 3, clearThreshold: 4 }]'), /clearThreshold: must be at most the threshold 3/);
  t.match(refusal('rules: [{ id: high, name: High, pattern: { bad: 5, of: 3 } }]'), /5 of 3 rounds can never be/);
  t.match(refusal('rules: [{ id: high'), /^not YAML: /);
});
