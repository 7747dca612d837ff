import * as fc from 'fast-check';
import t from 'tap';
import { builtInRules } from '../../../../controller/alerts/built-in/index.ts';
import { play } from '../../../scenarios/play.ts';
import type { Cell, Script } from '../../../scenarios/script.ts';

const INTERVAL_MS = 10_000;
const ROUNDS = 24;
const PAIRS = ['ams1/gw', 'ams1/dns', 'fra1/gw', 'fra1/dns'];

const cell: fc.Arbitrary<Cell> = fc.constantFrom(
  { kind: 'no-data' },
  { kind: 'loss', ratio: 0, wall: false },
  { kind: 'loss', ratio: 1, wall: false },
  { kind: 'loss', ratio: 1, wall: true },
);
/** Long runs, because only what lasts fires. */
const row = fc
  .array(fc.tuple(cell, fc.integer({ min: 1, max: 12 })), { minLength: 2, maxLength: 6 })
  .map((runs) => runs.flatMap(([one, times]) => Array.from({ length: times }, () => one)).slice(0, ROUNDS));
const span = (agent: string) =>
  fc
    .tuple(fc.nat(ROUNDS), fc.integer({ min: 1, max: 8 }))
    .map(([from, length]) => ({ agent, fromMs: from * INTERVAL_MS, toMs: (from + length) * INTERVAL_MS }));
const script = fc
  .record({
    rows: fc.tuple(row, row, row, row),
    cut: fc.array(span('ams1'), { maxLength: 1 }),
    held: fc.array(span('fra1'), { maxLength: 1 }),
  })
  .map(
    ({ rows, cut, held }): Script => ({
      intervalMs: INTERVAL_MS,
      rules: builtInRules
        .filter(({ id }) => id === 'high-loss' || id === 'packet-loss' || id === 'loss-pattern')
        .map((rule) => ({ ...rule, enabled: true, forMs: 60_000 })), // agent-off counts from the controller's own start
      rows: new Map(PAIRS.map((pair, index) => [pair, rows[index] ?? []])),
      cut,
      held,
      restarts: [],
      labels: new Map(),
      parents: {},
      standing: new Map(),
      restartable: true,
      tickMs: 5_000,
      startMs: 1_800_000_000_000,
      maintenance: [],
      removals: [],
      expected: [],
    }),
  );

t.setTimeout(240_000);
t.test(
  'alerts: any history gives the same incidents and notifications when the controller starts anew, or when all of it comes twice',
  async (t) => {
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(script, async (one) => {
        const happened = await play(one);
        opened += happened.length;
        const again = [await play(one, { restarts: true }), await play(one, { doubled: true })];
        return again.every((other) => JSON.stringify(other) === JSON.stringify(happened));
      }),
      { numRuns: 30 },
    );
    t.ok(opened > 0, 'some of these histories have incidents');
  },
);
t.test('alerts: late data never fires, whatever it says', async (t) => {
  const neverFires = fc.assert(
    fc.asyncProperty(script, async (one) => {
      const endMs = ROUNDS * INTERVAL_MS;
      const lateMs = endMs + 2 * INTERVAL_MS + 30_001;
      const held = ['ams1', 'fra1'].map((agent) => ({ agent, fromMs: 0, toMs: lateMs }));
      return (await play({ ...one, cut: [], held })).length === 0;
    }),
    { numRuns: 30 },
  );
  await t.resolves(neverFires);
});
