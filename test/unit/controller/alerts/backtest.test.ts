import t from 'tap';
import { backtest, type BacktestOptions } from '../../../../controller/alerts/backtest.ts';
import { HOUR_MS } from '../../../../controller/alerts/baseline.ts';
import type { Past } from '../../../../controller/alerts/past.ts';
import { Dependencies, Rule, type RuleInput } from '../../../../protocol/rule.ts';
import { Target } from '../../../../protocol/target.ts';
import { FROM, MINUTE, pastOf, type Script } from '../../../helpers/past.ts';

const DAY = 86_400_000;
const DAYS = 3;
const never = new AbortController().signal;

const run = (input: RuleInput, past: Past, targets: readonly string[], change: Partial<BacktestOptions> = {}) =>
  backtest(
    {
      rule: Rule.parse(input),
      ingredients: {
        targets: targets.map((id) => Target.parse({ id, name: id, address: '192.0.2.1', tasks: [{ options: { kind: 'icmp' } }] })),
        agents: [{ id: 'ams1', labels: {} }],
        devices: [],
        notifiers: ['hook'],
        dependencies: Dependencies.parse({}),
        paths: [],
      },
      answered: targets,
      from: FROM,
      to: FROM + DAYS * DAY,
      past,
      onProgress: () => {},
      pause: async () => {},
      ...change,
    },
    never,
  );

const LOSS = { id: 'loss', name: 'Loss', threshold: 0.2, forMs: 5 * MINUTE } as const;
const down = (from: number, to: number) => (minute: number) => minute >= from && minute < to;

t.test('backtest: an outage is one incident at its time, a shorter one is none', async (t) => {
  const long = down(1_500, 1_530);
  const short = down(200, 203);
  const past = pastOf((target, minute) => (target === 'gw' && (long(minute) || short(minute)) ? 1 : 0), ['gw', 'dns']);
  const { incidents, series } = await run(LOSS, past, ['gw', 'dns']);
  t.equal(series, 2);
  t.equal(incidents.length, 1);
  t.match(incidents[0], { rule: 'loss', cause: 'target:gw', pages: 1, series: [/gw/] });
  const minute = ((incidents[0]?.openedAt ?? 0) - FROM) / MINUTE;
  t.ok(minute >= 1_505 && minute <= 1_507, String(minute));
  t.ok(((incidents[0]?.resolvedAt ?? 0) - FROM) / MINUTE >= 1_530);
});

t.test('backtest: only where a breach can be is anything read round by round, and what is found is the same', async (t) => {
  const script: Script = (_, minute) => (down(1_500, 1_530)(minute) ? 1 : 0.01);
  const past = pastOf(script, ['gw']);
  const sparse = await run(LOSS, past, ['gw']);
  const all = pastOf(script, ['gw'], {
    extremes: async (_, from, to) => [
      {
        agent: 'ams1',
        task: 'gw/icmp',
        hours: new Map(Array.from({ length: (to - from) / HOUR_MS }, (_hour, i) => [from / HOUR_MS + i, { min: 0, max: 1 }])),
      },
    ],
  });
  const full = await run(LOSS, all, ['gw']);
  t.strictSame(sparse.incidents, full.incidents);
  t.ok(past.read() < all.read() / 10, `${past.read()} of ${all.read()} rounds`);
  t.equal(sparse.roundsRead, past.read());
});

t.test('backtest: an incident that lasts over midnight is one', async (t) => {
  const past = pastOf((_, minute) => (down(1_380, 1_500)(minute) ? 1 : 0), ['gw', 'dns']);
  t.equal((await run(LOSS, past, ['gw', 'dns'])).incidents.length, 1, 'both at once: the agent’s');
});

t.test('backtest: a rule that is off, or waits for targets, is tested as if it were on', async (t) => {
  const past = pastOf((target, minute) => (target === 'gw' && down(60, 90)(minute) ? 1 : 0), ['gw', 'dns']);
  t.equal((await run({ ...LOSS, enabled: false, needsTargets: true }, past, ['gw', 'dns'])).incidents.length, 1);
});

t.test('backtest: series that the rule does not select are not looked at', async (t) => {
  const past = pastOf(() => 1, ['gw']);
  t.match(await run({ ...LOSS, targets: { labels: { in: { role: ['core'] } } } }, past, ['gw']), {
    incidents: [],
    series: 0,
    roundsRead: 0,
  });
});

t.test('backtest: an agent-off rule is judged by who was there', async (t) => {
  const past = pastOf(() => 0, ['gw'], { absences: async () => [{ agent: 'ams1', from: FROM + DAY, to: FROM + DAY + HOUR_MS }] });
  const { incidents } = await run({ id: 'off', name: 'Off', kind: 'agent-off', forMs: 10 * MINUTE }, past, ['gw']);
  t.equal(incidents.length, 1);
  t.equal(incidents[0]?.cause, 'agent:ams1');
});

t.test('backtest: it says how far it is, only forwards, and ends at all', async (t) => {
  const shares: number[] = [];
  await run(
    LOSS,
    pastOf(() => 0, ['gw']),
    ['gw'],
    { onProgress: (share) => shares.push(share), to: FROM + 4 * DAYS * DAY },
  );
  t.same(
    shares,
    shares.toSorted((a, b) => a - b),
  );
  t.equal(shares.at(-1), 1);
  t.ok(shares.length >= 2 * DAYS, `told ${shares.length} times`);
});

t.test('backtest: stopped, it ends with the reason and reads no more', async (t) => {
  const stopping = new AbortController();
  const past = pastOf(() => 1, ['gw']);
  const rule = Rule.parse(LOSS);
  const options = {
    rule,
    ingredients: { targets: [], agents: [], devices: [], notifiers: [], dependencies: Dependencies.parse({}), paths: [] },
    answered: [],
    from: FROM,
    to: FROM + DAYS * DAY,
    past,
    onProgress: () => stopping.abort(new Error('enough')),
    pause: async () => {},
  };
  await t.rejects(backtest(options, stopping.signal), { message: 'enough' });
  t.equal(past.read(), 0);
});
