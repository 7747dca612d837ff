import t from 'tap';
import { builtInRules } from '../../../../../controller/alerts/built-in/index.ts';
import { conditionOf, draftOf, ruleOf } from '../../../../../controller/web/pages/rule-draft.ts';
import { Rule } from '../../../../../protocol/rule.ts';

t.test('rule form: every built-in rule goes through the form unchanged', async (t) => {
  for (const rule of builtInRules) {
    const drafted = ruleOf(draftOf(rule), rule);
    t.ok(drafted.ok, rule.id);
    if (drafted.ok) t.strictSame(Rule.parse(drafted.rule), rule, rule.id);
  }
});
t.test('rule form: what the form does not show is kept', async (t) => {
  const rule = Rule.parse({
    id: 'r',
    name: 'r',
    labels: { team: 'noc' },
    annotations: { runbook: 'https://wiki.example/r', summary: 's' },
    series: { in: { interface: ['eth0'] }, notIn: {} },
    damping: { times: 5, withinMs: 7_200_000 },
    quorum: { share: 0.5 },
  });
  const drafted = ruleOf(draftOf(rule), rule);
  t.ok(drafted.ok);
  if (drafted.ok) t.strictSame(drafted.rule, rule);
});
t.test('rule form: a new rule is one that the schema takes', async (t) => {
  const drafted = ruleOf({ ...draftOf(null), name: 'Loss to partners', quorum: '2', look: 'window' }, null);
  t.ok(drafted.ok);
  if (drafted.ok)
    t.match(Rule.parse(drafted.rule), { id: 'loss-to-partners', threshold: 0.02, quorum: { count: 2 }, window: { lengthMs: 300_000 } });
});
t.test('rule form: what is not right yet is said at its field', async (t) => {
  const faultsOf = (change: object) => {
    const drafted = ruleOf({ ...draftOf(null), name: 'x', ...change }, null);
    return drafted.ok ? {} : drafted.faults;
  };
  t.match(faultsOf({ line: 'much' }), { line: 'A number is needed.' });
  t.match(faultsOf({ hold: 'soon' }), { hold: 'A time such as 1 min or 90 s.' });
  t.match(faultsOf({ look: 'pattern', bad: '5', of: '3' }), { bad: /5 of 3 rounds can never be/ });
  t.match(faultsOf({ clearLine: '5' }), { clearLine: /must be at most the threshold 0.02/ });
  t.match(faultsOf({ targets: ['country'] }), { targets: /key=value/ });
});
t.test('rule form: a condition in one line', async (t) => {
  const lineOf = (id: string): string => conditionOf(builtInRules.find((rule) => rule.id === id) ?? Rule.parse({ id, name: id }));
  t.equal(lineOf('high-loss'), 'Loss ratio above 20 % for 1 min');
  t.equal(lineOf('latency-200'), 'mean RTT mean of 5 min above 200 ms for 2 min');
  t.equal(lineOf('loss-pattern'), 'Loss ratio above 9 % in 3 of 10 rounds for 2 min');
  t.equal(lineOf('latency-unusual'), 'median RTT median of 15 min above 6 deviations against earlier weeks for 10 min');
  t.equal(lineOf('agent-off'), 'an agent is off for 1 min');
});
