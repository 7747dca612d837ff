import t from 'tap';
import { type Lifecycle, type Reading, step, type Timing } from '../../../../controller/alerts/lifecycle.ts';

const MARKS: Readonly<Record<string, Reading>> = { x: 'breached', '.': 'clear', _: 'no-data' };
const MINUTE = 60_000;

/** `x _ x`: one reading a minute; what turned when. */
const run = (marks: string, change: Partial<Timing> = {}): readonly string[] => {
  const timing = { forMs: 2 * MINUTE, keepMs: MINUTE, gapMs: 3 * MINUTE, ...change };
  let state: Lifecycle = { phase: 'inactive' };
  return marks.split(' ').flatMap((mark, minute) => {
    const next = step(state, MARKS[mark] ?? 'no-data', minute * MINUTE, timing);
    state = next.state;
    return next.transition ? [`${minute}m ${next.transition}`] : [];
  });
};

t.test('lifecycle: fires only after the hold, resolves only after the quiet time, and a gap changes nothing', async (t) => {
  t.strictSame(run('x _ x _ _ x . _ .'), ['2m fired', '8m resolved']);
});
t.test('lifecycle: one clear round ends the hold', async (t) => {
  t.strictSame(run('x x . x x . x'), []);
});
t.test('lifecycle: without a hold it fires at once, without a quiet time it resolves at once', async (t) => {
  t.strictSame(run('. x .', { forMs: 0, keepMs: 0 }), ['1m fired', '2m resolved']);
});
t.test('lifecycle: a breach ends the quiet time', async (t) => {
  t.strictSame(run('x x x . x . .'), ['2m fired', '6m resolved']);
});
t.test('lifecycle: after a silence longer than the gap both times begin anew', async (t) => {
  t.strictSame(run('x _ _ _ _ x x x'), ['7m fired']);
  t.strictSame(run('x x x . _ _ _ _ . .'), ['2m fired', '9m resolved']);
});
t.test('lifecycle: a reading from before the last one changes nothing', async (t) => {
  const timing = { forMs: 0, keepMs: 0, gapMs: MINUTE };
  const { state } = step({ phase: 'inactive' }, 'breached', 5 * MINUTE, timing);

  t.equal(step(state, 'clear', 4 * MINUTE, timing).state, state);
});
