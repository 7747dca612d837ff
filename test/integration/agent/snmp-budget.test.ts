import t from 'tap';
import { FAULTY_PORTS, openFaulty } from '../../helpers/snmp-faulty.ts';

t.test('budget: the budget ends a poll with what it has, the octets first', async (t) => {
  const { poller } = await openFaulty(t, { delayMs: 600 }, { options: { timeoutMs: 1_500 }, budgetMs: 6_500 });
  const sample = await poller.sample(0);
  t.equal(sample.complete, false);
  t.match(sample.problems, ['the time budget ended the poll']);
});

t.test('budget: a device that takes 4 s for each answer gives what its budget allows, and delays nobody', async (t) => {
  const slow = await openFaulty(t, { delayMs: 4_000 }, { options: { timeoutMs: 5_000 }, budgetMs: 9_000 });
  const { poller: healthy } = await openFaulty(t, {});
  const sample = slow.poller.sample(0);
  const tookMs: number[] = [];
  for (let poll = 0; poll < 20; poll += 1) {
    const startedAt = performance.now();
    t.match(await healthy.sample(poll * 60), { complete: true, ports: { length: FAULTY_PORTS } });
    tookMs.push(performance.now() - startedAt);
  }
  t.ok(Math.max(...tookMs) < 4_000, `the other one, polled meanwhile: ${Math.max(...tookMs).toFixed(0)} ms at most`);
  t.match(await sample, { complete: false, problems: ['the time budget ended the poll'], system: { name: 'sw1' } });
});
