import t from 'tap';
import { judge } from '../../../../controller/verdict/judge.ts';
import { type SmallCase, START, smallCase } from './small-case.ts';

/** What is said of a case, in words. */
const said = (given: SmallCase): string[] =>
  judge(smallCase(given)).incidents.map(({ answered, since, verdicts: [first] }) =>
    answered && first !== undefined ? `${first.class} ${first.element} since round ${(since - START) / 60}` : 'cannot tell',
  );

t.test('a mesh in which nothing happens is quiet', async (t) => {
  t.same(said({}), []);
});

t.test('a target that answers nobody is the target', async (t) => {
  t.same(said({ happenings: [{ from: 10, pairs: ({ target }) => target === 'nyc-2', loss: 1 }] }), ['target nyc-2 since round 10']);
});

t.test('loss to all that one agent measures is the agent, when the other one of its site sees nothing', async (t) => {
  t.same(said({ happenings: [{ from: 12, pairs: ({ agent }) => agent === 'ber-1', loss: 0.2 }] }), ['agent ber-1 since round 12']);
});

t.test('loss to all that the agents of one site measure is their first mile', async (t) => {
  t.same(said({ happenings: [{ from: 8, pairs: ({ site }) => site === 'par', loss: 0.3 }] }), ['first-mile par since round 8']);
});

t.test('a line that all agents share to one target site is a shared path', async (t) => {
  const [only, ...more] = said({ happenings: [{ from: 9, pairs: ({ way }) => way.includes('line.tok'), liftUs: 30_000 }] });

  t.match(only, /^shared-path (AS64600|AS64700|site:tok|line\.tok|door\.tok|.*>.*) since round 9$/);
  t.same(more, []);
});

t.test('two causes at once are two incidents, each with its own start', async (t) => {
  const incidents = said({
    happenings: [
      { from: 8, pairs: ({ target }) => target === 'tok-1', loss: 1 },
      { from: 15, pairs: ({ site }) => site === 'ams', loss: 0.25 },
    ],
  });

  t.same(incidents.toSorted(), ['first-mile ams since round 15', 'target tok-1 since round 8']);
});

t.test('two rounds of total loss are nobody’s incident', async (t) => {
  t.same(said({ happenings: [{ from: 14, to: 16, pairs: ({ target }) => target === 'nyc-1', loss: 1 }] }), []);
});

t.test('what only late rounds show is no incident', async (t) => {
  t.same(
    said({ happenings: [{ from: 10, to: 20, pairs: ({ agent }) => agent === 'ams-1', loss: 0.8 }], late: { 'ams-1': [10, 20, 21] } }),
    [],
  );
});

t.test('RTTs that rise inside the error bound of a busy agent are its own noise', async (t) => {
  t.same(said({ busy: { 'ber-2': { from: 10, to: 25, boundUs: 6000 } } }), []);
});

t.test('an agent that falls silent until the end is the agent', async (t) => {
  t.same(said({ silentFrom: { 'par-1': 20 } }), ['agent par-1 since round 20']);
});

t.test('three rounds of silence at the end are none', async (t) => {
  t.same(said({ silentFrom: { 'par-1': 27 } }), []);
});

t.test('a whole site that falls silent at once is its first mile', async (t) => {
  t.same(said({ silentFrom: { 'par-1': 20, 'par-2': 20 } }), ['first-mile par since round 20']);
});

t.test('a longer way with a higher RTT is no fault', async (t) => {
  const onTok = ({ targetSite, kind }: { readonly targetSite: string | null; readonly kind: string }): boolean =>
    targetSite === 'tok' && kind === 'target';
  const incidents = said({
    happenings: [{ from: 12, pairs: onTok, liftUs: 9000 }],
    traces: [
      {
        pair: (pair) => onTok(pair) && pair.agent.endsWith('1'),
        round: 14,
        hops: [null, null, 'core.provider', 'detour.tok', 'door.tok'],
        reached: true,
      },
    ],
  });

  t.same(incidents, []);
});

t.test('where traces of the moment break off tells what lies before the fault from what lies behind it', async (t) => {
  const answered = (...hops: readonly string[]): string => {
    const { incidents } = judge(
      smallCase({
        happenings: [{ from: 10, pairs: ({ way }) => way.includes('line.nyc'), loss: 1 }],
        traces: ['ams', 'ber', 'par'].map((site) => ({
          pair: (pair) => pair.agent === `${site}-1` && pair.target === 'nyc-1',
          round: 12,
          hops: [`gw.${site}`, `edge.${site}`, ...hops],
          reached: false,
        })),
      }),
    );
    return incidents.map(({ verdicts: [first] }) => first?.element).join();
  };

  t.match(answered('core.provider'), /line\.nyc|AS64600/);
  t.match(answered('core.provider', 'line.nyc'), /door\.nyc|site:nyc/);
});

t.test('an answer never names more than three, best first', async (t) => {
  const { incidents } = judge(
    smallCase({ happenings: [{ from: 9, pairs: ({ target, site }) => target === 'nyc-1' && site !== 'par', loss: 0.1 }] }),
  );

  for (const { verdicts } of incidents) {
    t.ok(verdicts.length <= 3);
    t.same(
      verdicts.map(({ confidence }) => confidence),
      verdicts.map(({ confidence }) => confidence).toSorted((a, b) => b - a),
    );
  }
});

t.test('without traces the upstream that agents share by label is a shared path', async (t) => {
  const given = smallCase({ happenings: [{ from: 10, pairs: ({ site, kind }) => site !== 'par' && kind === 'target', loss: 0.3 }] });
  const upstream = given.agents.site.map((site) => (site === 'par' ? 64_999 : 64_501));
  const untraced = { ...given, agents: { ...given.agents, upstream }, traces: { pair: [], at: [], hops: [], reached: [] } };

  t.match(judge(untraced).incidents, [{ answered: true, verdicts: [{ class: 'shared-path', element: 'AS64501' }] }]);
});
