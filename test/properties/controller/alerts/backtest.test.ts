import * as fc from 'fast-check';
import t from 'tap';
import { backtest, usualBy } from '../../../../controller/alerts/backtest.ts';
import { HOUR_MS } from '../../../../controller/alerts/baseline.ts';
import { makeDefinitions } from '../../../../controller/alerts/definitions.ts';
import { Rehearsal } from '../../../../controller/alerts/rehearsal.ts';
import { timelineOf } from '../../../../controller/alerts/replay.ts';
import { Dependencies, Rule, type RuleInput, type WindowAggregate } from '../../../../protocol/rule.ts';
import { Target } from '../../../../protocol/target.ts';
import { FROM, MINUTE, pastOf } from '../../../helpers/past.ts';

const DAY = 86_400_000;
const MINUTES = 2.5 * 1_440; // more than one step of the reading
const TARGETS = ['gw', 'dns', 'web'];

/** Runs of minutes with one loss: mostly long and good, some long and between the lines. */
const run = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(0, 0.05), fc.integer({ min: 1, max: 600 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(0.15, 0.3, 1), fc.integer({ min: 1, max: 40 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(0.15), fc.integer({ min: 60, max: 300 })) },
);
const row = fc.array(run, { minLength: 10, maxLength: 60 }).map((runs) =>
  runs
    .flatMap(([loss, minutes]) => Array.from({ length: minutes }, () => loss))
    .concat(Array.from({ length: MINUTES }, () => 0))
    .slice(0, MINUTES),
);
/** Times without a round of any target: how one fell silent alone is known by the hour only. */
const hole = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 200 }));
const holes = fc.array(fc.tuple(fc.nat(MINUTES), hole), { maxLength: 20 });
/** What is usual by the hour of the day. */
const usual = fc.array(fc.constantFrom(0, 0.05, 0.3), { minLength: 24, maxLength: 24 });
const windowed = <A extends WindowAggregate>(aggregate: A, lengthMs: number) => ({ window: { aggregate, lengthMs } });
const rule = fc
  .record({
    // Below a minute a witness' clear round may count that live would have come a moment too early to be remembered.
    forMs: fc.constantFrom(3 * MINUTE, 10 * MINUTE),
    keepMs: fc.constantFrom(0, MINUTE, 65_000, 15 * MINUTE),
    damping: fc.record({ times: fc.integer({ min: 0, max: 4 }), withinMs: fc.constantFrom(30 * MINUTE, 120 * MINUTE) }),
    lines: fc.constantFrom<Partial<RuleInput>>(
      { threshold: 0.2 },
      { threshold: 0.2, clearThreshold: 0.1 },
      { comparison: 'below', threshold: 0.02 },
      { kind: 'baseline', threshold: 2, baseline: { as: 'ratio' } },
      { kind: 'baseline', threshold: 3, clearThreshold: 1, baseline: { as: 'deviations' } },
      { kind: 'change', threshold: 0.1, change: { overMs: 30 * MINUTE } },
    ),
    over: fc.constantFrom(
      {},
      windowed('mean', 15 * MINUTE),
      windowed('max', 30 * MINUTE),
      windowed('max', 890_000),
      windowed('min', 5 * MINUTE),
      windowed('p95', 90 * MINUTE),
      windowed('sum', 10 * MINUTE),
      { pattern: { bad: 3, of: 10 } },
    ),
  })
  .map(({ over, lines, ...given }) => Rule.safeParse({ id: 'loss', name: 'Loss', ...given, ...lines, ...over }).data)
  .filter((rule) => rule !== undefined);

t.test('property: a backtest finds what judging every round finds', async (t) => {
  const ingredients = {
    targets: TARGETS.map((id) => Target.parse({ id, name: id, address: '192.0.2.1', tasks: [{ options: { kind: 'icmp' } }] })),
    agents: [{ id: 'ams1', labels: {} }],
    devices: [],
    notifiers: ['hook'],
    dependencies: Dependencies.parse({}),
    paths: [],
  };
  const to = FROM + MINUTES * MINUTE;
  let found = 0;
  await fc.assert(
    fc.asyncProperty(rule, fc.tuple(row, row, row), holes, usual, async (rule, rows, holes, usual) => {
      const isHole = (minute: number): boolean => holes.some(([from, minutes]) => from <= minute && minute < from + minutes);
      const hours = new Map(Array.from({ length: 5 * 168 }, (_, i) => [FROM / HOUR_MS - 4 * 168 + i, usual[i % 24] ?? 0]));
      const means = new Map(TARGETS.map((id) => [`ams1/${id}/icmp`, hours]));
      const lossOf = (target: string, minute: number) => (isHole(minute) ? null : (rows[TARGETS.indexOf(target)]?.[minute] ?? null));
      const past = pastOf(lossOf, TARGETS, { means: async () => means });
      const options = { rule, ingredients, answered: TARGETS, from: FROM, to, past, onProgress: () => {}, pause: async () => {} };
      const { incidents } = await backtest(options, new AbortController().signal);
      const definitions = makeDefinitions({ ...ingredients, rules: [rule] });
      const all = new Rehearsal({ definitions, answered: TARGETS, usual: usualBy(rule, means) });
      const series = TARGETS.map(async (id) => ({
        agent: 'ams1',
        rounds: await past.rounds(rule, { agent: 'ams1', task: `${id}/icmp` }, FROM, to),
      }));
      for (const delivery of timelineOf(await Promise.all(series))) all.deliver(delivery);
      all.tick(to + DAY, new Map());
      found += incidents.length;
      return JSON.stringify(incidents) === JSON.stringify(all.incidents());
    }),
    { numRuns: 60 },
  );
  t.ok(found > 60, `${found} incidents`);
});
