import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { ruleCommands } from '../../../../controller/cli/rules.ts';
import { parseYaml } from '../../../../controller/rules/rule-file.ts';
import { RuleTestFile, runRuleTest } from '../../../../controller/rules/rule-test.ts';
import { Dependencies } from '../../../../protocol/rule.ts';

const fixtures = path.resolve(import.meta.dirname, '../../../fixtures/rules');

const faultsOf = (yaml: string): readonly string[] => {
  const parsed = parseYaml(yaml, RuleTestFile);
  if (!parsed.ok) return [parsed.reason];
  return parsed.value.tests.flatMap((test) => runRuleTest(test, parsed.value.rules, Dependencies.parse({})));
};
const testOf = (incidents: string): string => `
rules: [{ id: loss, name: Loss, threshold: 0.2, forMs: 20s, keepMs: 0 }]
tests:
  - name: loss
    series: { ams1/gw loss_ratio: 0x2 1x5 0x2 }
    incidents: ${incidents}
`;

t.test('rules test: the examples pass, from the command line', async (t) => {
  const lines: string[] = [];
  const command = ruleCommands((text) => void lines.push(text));
  await command.parseAsync(['test', path.join(fixtures, 'tests.yaml')], { from: 'user' });
  t.match(lines.join('\n'), /4 of 4 tests pass/);
});
t.test('rules test: a test that does not hold fails the command', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rules-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'wrong.yaml'), testOf('[]'));
  const lines: string[] = [];
  const command = ruleCommands((text) => void lines.push(text));
  await t.rejects(command.parseAsync(['test', path.join(folder, 'wrong.yaml')], { from: 'user' }), {
    message: '1 of 1 rule tests fail',
    code: 1,
  });
  t.match(lines.join('\n'), /✖ loss\n {4}target:gw: not expected: loss opened 50s, resolved 1m20s, ams1\/gw\/icmp/);
});
t.test('rules test: what differs is said', async (t) => {
  t.strictSame(faultsOf(testOf('[{ cause: "target:gw", opened: 50s, resolved: 1m20s, series: 1 }]')), []);
  t.strictSame(faultsOf(testOf('[{ cause: "target:gw", opened: 50s, resolved: null }]')), [
    'target:gw: resolved: expected open still, was 1m20s',
  ]);
  t.match(faultsOf(testOf('[{ cause: "target:gw", opened: 40s }]')), [
    'target:gw: expected, and there was none then, but loss opened 50s',
    /not expected/,
  ]);
  t.match(faultsOf(testOf('[{ cause: "target:dns" }, { cause: "target:gw" }]')), ['target:dns: expected, and there was none']);
});
t.test('rules test: what traces saw on the way mutes what hangs behind it, unless that is not wanted', async (t) => {
  const yaml = (incidents: string): string => `
rules: [{ id: loss, name: Loss, threshold: 0.2, forMs: 20s, keepMs: 0 }]
tests:
  - name: traces
    traces: { ams1/web: "core 198.51.100.7" }
    series:
      ams1/core loss_ratio: 0x2 1x8 0x2
      ams1/web loss_ratio: 0x3 1x7 0x2
      ams1/dns loss_ratio: 0x12
      ams1/gw loss_ratio: 0x12
    incidents: ${incidents}
`;
  const faults = (dependencies: Dependencies, incidents: string): readonly string[] => {
    const parsed = parseYaml(yaml(incidents), RuleTestFile);
    return parsed.ok ? parsed.value.tests.flatMap((test) => runRuleTest(test, parsed.value.rules, dependencies)) : [parsed.reason];
  };
  t.strictSame(faults(Dependencies.parse({}), '[{ cause: "target:core", series: 2, pages: 1 }]'), []);
  t.strictSame(faults(Dependencies.parse({ traces: false }), '[{ cause: "target:core" }, { cause: "target:web" }]'), []);
});
t.test('rules test: a file that is no test says where', async (t) => {
  t.match(faultsOf('tests: [{ name: x, series: {}, incidents: [{ cause: a, opened: later }] }]'), [
    /tests\[0\] \(x\): incidents\.0\.opened: "later" is not a time/,
  ]);
  t.throws(() => faultsOf('tests: [{ name: x, series: { "ams1 loss": "1" }, incidents: [] }]'), { message: /AGENT\/TARGET FIELD/ });
});
