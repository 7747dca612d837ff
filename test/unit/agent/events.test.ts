import t from 'tap';
import { Events } from '../../../agent/events.ts';
import { AgentEvent } from '../../../protocol/event.ts';
import { silentLog } from '../../../protocol/log.ts';

t.test('warnings and errors reach the controller once, what it sees by itself does not', async (t) => {
  let rung = 0;
  const events = new Events(
    silentLog,
    () => 1_234.5,
    () => void (rung += 1),
  );
  events.log.info('config-applied', 'no event');
  events.log.warn('link-lost', 'the controller knows');
  events.log.warn('spool-full', 'the oldest rounds were dropped');
  events.log.error('task-failed', 'x'.repeat(5_000));

  const taken = events.take().map((event) => AgentEvent.parse(event));

  t.same(
    taken.map(({ at, level, event }) => [at, level, event]),
    [
      [1_234, 'warning', 'spool-full'],
      [1_234, 'error', 'task-failed'],
    ],
  );
  t.equal(rung, 2);
  t.same(events.take(), []);
});

t.test('only the latest are kept while there is no session', async (t) => {
  const events = new Events(
    silentLog,
    () => 0,
    () => {},
  );
  for (let i = 0; i < 200; i += 1) events.log.warn('spool-full', `${i}`);

  const taken = events.take();

  t.equal(taken.length, 50);
  t.equal(taken.at(-1)?.message, '199');
});
