import * as fc from 'fast-check';
import t from 'tap';
import { backtest } from '../../../../controller/alerts/backtest.ts';
import { makeDefinitions } from '../../../../controller/alerts/definitions.ts';
import { Rehearsal } from '../../../../controller/alerts/rehearsal.ts';
import { timelineOf } from '../../../../controller/alerts/replay.ts';
import { Dependencies, Rule } from '../../../../protocol/rule.ts';
import { Target } from '../../../../protocol/target.ts';
import { FROM, MINUTE, pastOf } from '../../../helpers/past.ts';

const DAY = 86_400_000;
const MINUTES = 2.5 * 1_440; // more than one step of the reading
const TARGETS = ['gw', 'dns', 'web'];

/** Runs of minutes with one loss: mostly long and good. */
const run = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(0, 0.05), fc.integer({ min: 1, max: 600 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(0.15, 0.3, 1), fc.integer({ min: 1, max: 40 })) },
);
const row = fc.array(run, { minLength: 10, maxLength: 60 }).map((runs) =>
  runs
    .flatMap(([loss, minutes]) => Array.from({ length: minutes }, () => loss))
    .concat(Array.from({ length: MINUTES }, () => 0))
    .slice(0, MINUTES),
);
/** Times without a round of any target: how one fell silent alone is known by the hour only. */
const holes = fc.array(fc.tuple(fc.nat(MINUTES), fc.integer({ min: 1, max: 200 })), { maxLength: 6 });
const rule = fc
  .record({
    forMs: fc.constantFrom(3 * MINUTE, 10 * MINUTE),
    keepMs: fc.constantFrom(0, MINUTE, 15 * MINUTE),
    damping: fc.record({ times: fc.integer({ min: 0, max: 4 }), withinMs: fc.constantFrom(30 * MINUTE, 120 * MINUTE) }),
    clearThreshold: fc.option(fc.constant(0.1), { nil: undefined }),
    over: fc.constantFrom(
      {},
      { window: { lengthMs: 15 * MINUTE, aggregate: 'mean' } } as const,
      { window: { lengthMs: 30 * MINUTE, aggregate: 'max' } } as const,
      { pattern: { bad: 3, of: 10 } },
    ),
  })
  .map(({ over, ...given }) => Rule.parse({ id: 'loss', name: 'Loss', threshold: 0.2, ...given, ...over }));

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
    fc.asyncProperty(rule, fc.tuple(row, row, row), holes, async (rule, rows, holes) => {
      const isHole = (minute: number): boolean => holes.some(([from, minutes]) => from <= minute && minute < from + minutes);
      const past = pastOf((target, minute) => (isHole(minute) ? null : (rows[TARGETS.indexOf(target)]?.[minute] ?? null)), TARGETS);
      const options = { rule, ingredients, answered: TARGETS, from: FROM, to, past, onProgress: () => {}, pause: async () => {} };
      const { incidents } = await backtest(options, new AbortController().signal);
      const all = new Rehearsal({ definitions: makeDefinitions({ ...ingredients, rules: [rule] }), answered: TARGETS });
      const series = TARGETS.map(async (id) => ({
        agent: 'ams1',
        rounds: await past.rounds(rule, { agent: 'ams1', task: `${id}/icmp` }, FROM, to),
      }));
      for (const delivery of timelineOf(await Promise.all(series))) all.deliver(delivery);
      all.tick(to + DAY, new Map());
      found += incidents.length;
      return JSON.stringify(incidents) === JSON.stringify(all.incidents());
    }),
    { numRuns: 100 },
  );
  t.ok(found > 100, `${found} incidents`);
});
