import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { makeAlarm } from '../../../../agent/icmp/alarm.ts';

const now = (): number => performance.now();

for (const maySleep of [true, false])
  t.test(maySleep ? 'a thread that may sleep' : 'a thread that must look at its sockets', async (t) => {
    t.test('is woken once, not too soon, by the last call', async (t) => {
      const alarm = makeAlarm(now, maySleep);
      const woken: string[] = [];
      const from = now();
      alarm(1, () => woken.push('first'));
      // Node's timers are true to a millisecond.
      alarm(40, () => woken.push(`second after ${now() - from >= 39}`));
      await delay(100);
      t.same(woken, ['second after true']);
    });

    t.test('wakes itself again and again, and the event loop has its turns', async (t) => {
      const alarm = makeAlarm(now, maySleep);
      let wakes = 0;
      let isOver = false;
      const tick = (): void => {
        wakes += 1;
        if (!isOver) alarm(1, tick);
      };
      alarm(0, tick);
      await delay(20);
      const before = wakes;
      await delay(150);
      isOver = true;
      await delay(100); // the last wake
      const all = wakes;
      t.ok(before > 0 && all > before + 10, `${before}, then ${all} wakes`);
      await delay(50);
      t.equal(wakes, all, 'it ends when nobody asks for more');
    });
  });
