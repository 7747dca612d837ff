import t from 'tap';
import { agentOffReading, wasOff } from '../../../../controller/alerts/agent-off.ts';

t.test('agent-off: off counts from the controller’s own start at the earliest, and never for an agent that never came', async (t) => {
  t.equal(agentOffReading({ online: true, since: 0 }, 60_000, 1e9, 0), 'clear');
  t.equal(agentOffReading({ online: false, since: 1_000 }, 60_000, 61_000, 0), 'breached');
  t.equal(agentOffReading({ online: false, since: 1_000 }, 60_000, 60_999, 0), 'no-data');
  t.equal(agentOffReading({ online: false, since: 1_000 }, 60_000, 100_000, 50_000), 'no-data');
  t.equal(agentOffReading({ online: false, since: null }, 60_000, 1e9, 0), 'no-data');
});
t.test('agent-off: a round overlaps a time in which the agent was cut off', async (t) => {
  const rows = [
    { from_at: 100, state: 'online' },
    { from_at: 200, state: 'off' },
    { from_at: 300, state: 'online' },
  ] as const;
  t.equal(wasOff(rows, 110, 190), false);
  t.equal(wasOff(rows, 190, 200), true);
  t.equal(wasOff(rows, 299, 350), true);
  t.equal(wasOff(rows, 300, 350), false);
  t.equal(wasOff(rows, 50, 60), true, 'before its first row it was not there yet');
  t.equal(wasOff([], 50, 60), false, 'without any row nothing is known');
});
