import t from 'tap';
import { type TimedPath, waysAround } from '../../../../controller/alerts/ways-around.ts';

const OPENED = 1_800_000_000_000;
const trace = (minute: number, hops: readonly (string | null)[], change: Partial<TimedPath> = {}): TimedPath => ({
  agent: 'ams1',
  target: 'web',
  at: OPENED + minute * 60_000,
  hops,
  reached: true,
  ...change,
});
const incident = { openedAt: OPENED, members: [{ agent: 'ams1', target: 'web' }] };

t.test('ways around: the last one before, the newest since, and from where they differ', async (t) => {
  const traces = [
    trace(5, ['a', 'c']),
    trace(-60, ['a', 'x']),
    trace(-5, ['a', 'b', 'd']),
    trace(-1_000, ['a']),
    trace(2, ['a', 'b', 'd']),
  ];
  t.match(waysAround(traces, incident), [{ before: { hops: ['a', 'b', 'd'] }, after: { hops: ['a', 'c'] }, differsFrom: 1 }]);
});

t.test('ways around: a hop that did not answer is no difference', async (t) => {
  t.match(waysAround([trace(-5, ['a', null, 'd']), trace(5, ['a', 'b', 'd'])], incident), [{ differsFrom: null }]);
});

t.test('ways around: a way that breaks off differs from where it does', async (t) => {
  const broken = trace(5, ['a', 'b'], { reached: false });
  t.match(waysAround([trace(-5, ['a', 'b', 'd']), broken], incident), [{ after: { reached: false }, differsFrom: 2 }]);
});

t.test('ways around: no trace, and only one side', async (t) => {
  t.strictSame(waysAround([], incident), []);
  t.match(waysAround([trace(5, ['a'])], incident), [{ before: null, after: { hops: ['a'] }, differsFrom: null }]);
  t.strictSame(waysAround([trace(5, ['a'], { agent: 'fra1' })], incident), [], 'another agent’s');
  t.strictSame(waysAround([trace(5, ['a'])], { openedAt: OPENED, members: [{ agent: 'ams1', target: null }] }), [], 'the agent itself');
});

t.test('ways around: those that changed come first, and few of many', async (t) => {
  const targets = ['t1', 't2', 't3', 't4', 't5', 't6', 't7'];
  const traces = targets.flatMap((target) => [trace(-5, ['a', 'b'], { target }), trace(5, [target === 't7' ? 'z' : 'a', 'b'], { target })]);
  const ways = waysAround(traces, { openedAt: OPENED, members: targets.map((target) => ({ agent: 'ams1', target })) });
  t.equal(ways.length, 5);
  t.match(ways[0], { target: 't7', differsFrom: 0 });
});
