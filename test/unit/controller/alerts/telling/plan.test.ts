import t from 'tap';
import { coversAll, type Facet, matchesSome, type Subject } from '../../../../../controller/alerts/telling/match.ts';
import { planFor } from '../../../../../controller/alerts/telling/plan.ts';
import { Match, Route } from '../../../../../protocol/mute.ts';

const facet = (agent: string, target: string | null, change: Partial<Facet> = {}): Facet => ({
  rule: 'high-loss',
  agent,
  agentLabels: { site: 'ams' },
  target,
  targetLabels: target === null ? {} : { customer: 'acme' },
  ...change,
});
const subject = (...facets: Facet[]): Subject => ({ severity: 'critical', cause: 'target:gw', facets });
const match = (change: object = {}): Match => Match.parse(change);
const route = (id: string, change: object = {}): Route => Route.parse({ id, name: id, steps: [{ notifiers: [id] }], ...change });
const everyone = ['a', 'b', 'c'];
const plan = (routes: readonly Route[], rules: readonly { notifiers: string[] }[] = [{ notifiers: [] }]): string[] =>
  planFor(subject(facet('ams1', 'gw')), rules, { routes, notifiers: everyone }).map(
    ({ notifier, afterMs, repeatMs }) => `${notifier} ${afterMs} ${repeatMs}`,
  );

t.test('match: by rule, severity, and the labels of either end; their ids are labels too', async (t) => {
  const one = subject(facet('ams1', 'gw'));

  for (const change of [
    {},
    { rules: ['high-loss'] },
    { severities: ['critical', 'warning'] },
    { targets: { in: { customer: ['acme'] } } },
    { targets: { in: { target: ['gw'] } } },
    { agents: { in: { agent: ['ams1'], site: ['ams'] } } },
    { agents: { notIn: { site: ['fra'] } } },
  ])
    t.equal(matchesSome(match(change), one), true, JSON.stringify(change));
  for (const change of [
    { rules: ['agent-off'] },
    { severities: ['warning'] },
    { targets: { in: { customer: ['other'] } } },
    { targets: { in: { target: ['gw2'] } } },
    { agents: { notIn: { agent: ['ams1'] } } },
  ])
    t.equal(matchesSome(match(change), one), false, JSON.stringify(change));
});

t.test('match: what is about an agent itself is not meant by labels of targets', async (t) => {
  t.equal(matchesSome(match({ targets: { in: { customer: ['acme'] } } }), subject(facet('ams1', null))), false);
  t.equal(matchesSome(match({ agents: { in: { site: ['ams'] } } }), subject(facet('ams1', null))), true);
});

t.test('match: an incident is muted when all of it is; two silences may do it together', async (t) => {
  const both = subject(facet('ams1', 'gw'), facet('fra1', 'gw'));
  const [ams, fra] = [match({ agents: { in: { agent: ['ams1'] } } }), match({ agents: { in: { agent: ['fra1'] } } })];

  t.equal(coversAll([ams], both), false);
  t.equal(coversAll([ams, fra], both), true);
  t.equal(coversAll([], both), false);
});

t.test('plan: a rule’s own notifiers are told; a rule that names none goes by the routes; without routes everyone is', async (t) => {
  t.same(plan([], [{ notifiers: ['b'] }]), ['b 0 0']);
  t.same(plan([]), ['a 0 0', 'b 0 0', 'c 0 0']);
  t.same(plan([route('b')]), ['b 0 0']);
  t.same(plan([route('b')], [{ notifiers: ['a'] }]), ['a 0 0']);
  t.same(plan([route('b')], [{ notifiers: ['a'] }, { notifiers: [] }]), ['a 0 0', 'b 0 0'], 'two rules of one incident');
});

t.test('plan: the first route that matches holds, unless it lets the next ones too', async (t) => {
  t.same(plan([route('a', { match: { severities: ['warning'] } }), route('b'), route('c')]), ['b 0 0']);
  t.same(plan([route('a', { goOn: true }), route('b'), route('c')]), ['a 0 0', 'b 0 0']);
});

t.test('plan: steps come later; who is in two is told at the earlier time', async (t) => {
  const steps = [{ notifiers: ['a'] }, { afterMs: 600_000, notifiers: ['a', 'b'] }];

  t.same(plan([route('r', { steps, repeatMs: 3_600_000 })]), ['a 0 3600000', 'b 600000 3600000']);
});

t.test('plan: nobody who is not there, and no notifier of its own failure', async (t) => {
  t.same(plan([route('gone')]), []);
  const own = { ...subject(facet('', null, { rule: 'notifier-failing' })), cause: 'notifier:a' };
  t.same(
    planFor(own, [], { routes: [], notifiers: everyone }).map(({ notifier }) => notifier),
    ['b', 'c'],
  );
});
