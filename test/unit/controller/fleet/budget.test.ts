import fc from 'fast-check';
import t from 'tap';
import { type BudgetLimits, costOf, packetsPerSecondOf } from '../../../../controller/fleet/budget.ts';
import { tasksOf } from '../../../../controller/fleet/compile.ts';
import { Target, type TargetInput } from '../../../../protocol/target.ts';
import { taskCost } from '../../../../protocol/task.ts';

const limits: BudgetLimits = { agentPacketsPerSecond: 10, targetPacketsPerSecond: 4, series: 100 };
const target = (id: string, change: Partial<TargetInput> = {}): Target =>
  Target.parse({ id, name: id, address: '192.0.2.1', tasks: [{ options: { kind: 'icmp' } }], ...change });
const agents = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, labels: { ring: id < 'c' ? 'one' : 'two' } }));

t.test('budget: the refusal of too much at one address shows its arithmetic, over the whole fleet and every target with it', async (t) => {
  const cost = costOf(target('gw'), [target('other'), target('far', { address: '198.51.100.1' })], agents, limits);
  t.equal(cost.packetsPerSecondAtTarget, 10);
  t.same(cost.problems, [
    {
      path: 'tasks',
      message:
        '5 agents × 1 packets/s = 5 and 5 from other targets with this address: 10 packets/s at 192.0.2.1; the limit for one address is 4',
    },
  ]);
});

t.test('budget: what is replaced does not count twice', async (t) => {
  const cost = costOf(target('gw', { agents: { in: { ring: ['one'] } } }), [target('gw')], agents, limits);
  t.same(cost.problems, []);
  t.same(cost.agents, [
    { id: 'a', packetsPerSecondNow: 1, packetsPerSecondAdded: 0 },
    { id: 'b', packetsPerSecondNow: 1, packetsPerSecondAdded: 0 },
  ]);
  t.equal(cost.packetsPerSecondAtTarget, 2);
  t.equal(cost.newSeries, 0);
});

t.test('budget: an agent that would send too much is named, with what it sends already', async (t) => {
  const heavy = target('x', {
    address: '198.51.100.2',
    agents: { in: { agent: ['b'] } },
    tasks: [{ intervalMs: 1_000, options: { kind: 'icmp', count: 9, spacingMs: 50, timeoutMs: 500 } }],
  });
  const cost = costOf(heavy, [target('gw'), target('gw2', { address: '198.51.100.9' })], agents, { ...limits, targetPacketsPerSecond: 99 });
  t.same(cost.problems, [{ path: 'agents', message: 'agent b would send 2 + 9 = 11 packets/s; the limit is 10' }]);
});

t.test('budget: the fleet has room for so many series', async (t) => {
  const cost = costOf(target('gw'), [], agents, { ...limits, targetPacketsPerSecond: 99, series: 4 });
  t.same(cost.problems, [{ path: 'agents', message: 'the fleet would have 5 series (agents × tasks); the limit is 4' }]);
  t.equal(cost.newSeries, 5);
});

const anyTarget = fc
  .record({ id: fc.constantFrom('p', 'q', 'r', 's'), ring: fc.constantFrom('one', 'two', null), count: fc.integer({ min: 1, max: 10 }) })
  .map(({ id, ring, count }) =>
    target(id, { agents: ring === null ? {} : { in: { ring: [ring] } }, tasks: [{ options: { kind: 'icmp', count, spacingMs: 100 } }] }),
  );
t.test('compile: every agent gets exactly what the budget says that it is asked for, in an order of its own', async (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(anyTarget, { selector: ({ id }) => id }), (targets) =>
      agents.every((agent) => {
        const tasks = tasksOf(agent, targets);
        const sum = tasks.reduce((all, task) => all + taskCost(task).packetsPerSecond, 0);
        const again = tasksOf(agent, targets.toReversed());
        return Math.abs(sum - packetsPerSecondOf(agent, targets)) < 1e-6 && JSON.stringify(tasks) === JSON.stringify(again);
      }),
    ),
  );
  t.match(tasksOf({ id: 'a', labels: {} }, [target('gw', { family: 'v4' })]), [
    { id: 'gw/icmp', target: { id: 'gw', address: '192.0.2.1', family: 'v4' }, intervalMs: 10_000, options: { kind: 'icmp', count: 10 } },
  ]);
});
