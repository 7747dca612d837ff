import t from 'tap';
import { readTerms, termsOf, termsOfIncident } from '../../../protocol/match-terms.ts';

t.test('match terms: what a person types is read, and written back as it was', async (t) => {
  const terms = ['rule=high-loss,no-reply', 'severity=critical', 'target=gw', 'customer!=acme', 'agent=ams1', 'agent.site=ams,fra'];
  const read = readTerms(terms);

  t.ok(read.ok);
  if (!read.ok) return;
  t.strictSame(read.match, {
    rules: ['high-loss', 'no-reply'],
    severities: ['critical'],
    targets: { in: { target: ['gw'] }, notIn: { customer: ['acme'] } },
    agents: { in: { agent: ['ams1'], site: ['ams', 'fra'] }, notIn: {} },
  });
  t.strictSame(new Set(termsOf(read.match)), new Set(terms));
});

t.test('match terms: what is not understood is named', async (t) => {
  for (const [term, fault] of [
    ['gw', '"gw" is not of the form key=value or key!=value.'],
    ['rule!=x', '"rule!=x": rule can be asked for, not left out.'],
    ['severity=bad', '"severity=bad": a severity is info, warning or critical.'],
  ] as const) {
    const read = readTerms([term]);
    t.equal(read.ok ? '' : read.fault, fault);
  }
});

t.test('match terms: a silence made from an incident is as narrow as the incident', async (t) => {
  t.same(termsOfIncident({ cause: 'target:gw', rule: 'high-loss' }), ['target=gw', 'rule=high-loss']);
  t.same(termsOfIncident({ cause: 'agent:ams1/gw', rule: 'clock' }), ['agent=ams1', 'rule=clock']);
  t.same(termsOfIncident({ cause: 'group:upstream=arcline', rule: 'high-loss' }), ['upstream=arcline', 'rule=high-loss']);
  t.same(termsOfIncident({ cause: 'notifier:hook', rule: 'notifier-failing' }), ['rule=notifier-failing']);
});
