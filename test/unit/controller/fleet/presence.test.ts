import fc from 'fast-check';
import t from 'tap';
import { type Presence, type PresenceEvent, recall, step } from '../../../../controller/fleet/presence.ts';

const timing = { silentAfterMs: 180_000 };
const after = (presence: Presence, events: readonly (readonly [number, PresenceEvent])[]): string[] => {
  const turns: string[] = [];
  let now = presence;
  for (const [at, event] of events) {
    const { presence: next, turned } = step(now, event, at, timing);
    if (turned !== undefined) turns.push(`${at} ${turned}${next.phase === 'off' ? ` ${next.why}` : ''}`);
    now = next;
  }
  return turns;
};

t.test('presence: a status brings an agent on, its last will takes it off, each turn is told once', async (t) => {
  t.same(
    after({ phase: 'never' }, [
      [10, { kind: 'online' }],
      [20, { kind: 'online' }],
      [30, { kind: 'offline', why: 'line-cut' }],
      [31, { kind: 'offline', why: 'line-cut' }],
      [40, { kind: 'online' }],
      [50, { kind: 'offline', why: 'stopped' }],
    ]),
    ['10 online', '30 off line-cut', '40 online', '50 off stopped'],
  );
});

t.test('presence: messages that were under way do not bring an agent back, messages that keep coming do', async (t) => {
  const off: Presence = { phase: 'off', since: 1_000, why: 'line-cut' };
  t.same(
    after(off, [
      [1_500, { kind: 'heard' }],
      [5_999, { kind: 'heard' }],
      [6_000, { kind: 'heard' }],
    ]),
    ['6000 online'],
  );
});

t.test('presence: an agent that says nothing is off, without its last will', async (t) => {
  const online: Presence = { phase: 'online', since: 0, seenAt: 100_000 };
  t.same(after(online, [[279_999, { kind: 'tick' }]]), []);
  t.same(
    after(online, [
      [200_000, { kind: 'heard' }],
      [280_000, { kind: 'tick' }],
      [380_000, { kind: 'tick' }],
    ]),
    ['380000 off silent'],
  );
});

t.test('presence: a restart of the controller turns nobody off before the grace has passed', async (t) => {
  const waiting = recall(true, 5, 1_000, 60_000);
  t.same(after(waiting, [[60_999, { kind: 'tick' }]]), []);
  t.same(after(waiting, [[61_000, { kind: 'tick' }]]), ['61000 off not-back']);
  const [back] = [step(waiting, { kind: 'online' }, 20_000, timing)];
  t.same(back, { presence: { phase: 'online', since: 5, seenAt: 20_000 } }, 'who comes back was never away');
  t.same(recall(false, null, 1_000, 60_000), { phase: 'never' });
  t.match(recall(false, 7, 1_000, 60_000), { phase: 'off', since: 7 });
});

const event = fc.oneof(
  fc.constantFrom<PresenceEvent>({ kind: 'online' }, { kind: 'heard' }, { kind: 'tick' }),
  fc.constantFrom<PresenceEvent>({ kind: 'offline', why: 'line-cut' }, { kind: 'offline', why: 'stopped' }),
);
t.test('presence: turns alternate, whatever happens', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 100_000 }), event)), (steps) => {
      let at = 0;
      const turns = after(
        { phase: 'never' },
        steps.map(([ms, one]) => [(at += ms), one] as const),
      ).map((turn) => turn.split(' ')[1]);
      return turns.every((turn, i) => i === 0 || turn !== turns[i - 1]);
    }),
  );
  t.pass();
});
