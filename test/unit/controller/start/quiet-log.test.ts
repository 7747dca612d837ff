import t from 'tap';
import { makeQuietLog } from '../../../../controller/start/quiet-log.ts';
import { systemClock } from '../../../../protocol/time.ts';

t.test('quiet log: twenty lines of one event a minute, then a count; other events are not held back', async (t) => {
  let now = 0;
  const lines: string[] = [];
  const note = (event: string, message: string): void => void lines.push(`${event}: ${message}`);
  const log = makeQuietLog({ info: note, warn: note, error: note }, { ...systemClock, monotonic: () => now });

  for (let i = 1; i <= 1_000; i += 1) log.warn('mqtt-refused', `attempt ${i}`);
  log.warn('other', 'still told');
  now = 61_000;
  log.warn('mqtt-refused', 'a minute later');

  t.equal(lines.length, 22);
  t.equal(lines[19], 'mqtt-refused: attempt 20 (from now on this minute such lines are only counted)');
  t.equal(lines[20], 'other: still told');
  t.equal(lines[21], 'mqtt-refused: a minute later (and 980 such lines before, that were only counted)');
});
