import t from 'tap';
import { type Ledger, openLedger } from '../../../../../controller/series/influx/rollups/ledger.ts';
import type { NotedPart, RollUpNotes } from '../../../../../controller/series/influx/rollups/notes.ts';
import type { Point } from '../../../../../controller/series/store.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR + 60_000;

const at = (hour: number, agent = 'a'): Point => ({ measurement: 'ping', tags: { agent }, at: hour * HOUR + 1, fields: { lost: 0 } });

/** Notes as the control database keeps them, which fail when told to. */
const memoryNotes = () => {
  const parts = new Map<string, NotedPart>();
  const state = { fails: false };
  const keyOf = ({ measurement, tag, value }: Pick<NotedPart, 'measurement' | 'tag' | 'value'>): string => `${measurement} ${tag} ${value}`;
  const attempt = async (work: () => void): Promise<void> => {
    await Promise.resolve();
    if (state.fails) throw new Error('database or disk is full');
    work();
  };
  const notes: RollUpNotes = {
    read: async () => [...parts.values()],
    wait: (all) =>
      attempt(() => {
        for (const part of all) {
          const known = parts.get(keyOf(part)) ?? { ...part, hours: [] };
          parts.set(keyOf(part), { ...known, hours: [...new Set([...known.hours, ...part.hours])] });
        }
      }),
    done: (part, hours) =>
      attempt(() => {
        const known = parts.get(keyOf(part));
        if (known !== undefined) parts.set(keyOf(part), { ...known, hours: known.hours.filter((hour) => !hours.includes(hour)) });
      }),
    replace: (all) => attempt(() => void all.map((part) => parts.set(keyOf(part), part))),
  };
  const noted = (agent = 'a'): object => {
    const { fromHour, hours = [] } = parts.get(`ping agent ${agent}`) ?? {};
    return { fromHour, hours: hours.toSorted((a, b) => a - b) };
  };
  return { notes, state, noted };
};
const write = async (ledger: Ledger, ...points: readonly Point[]): Promise<void> => (await ledger.begin(points, NOW))();
const settled = async (ledger: Ledger): Promise<void> => {
  for (let run = ledger.next(1e9, 1e6); run !== null; run = ledger.next(1e9, 1e6)) await run.done();
};

t.test('ledger: an hour waits before its points go out, and is taken off when it is rolled up', async (t) => {
  const { notes, noted } = memoryNotes();
  const ledger = openLedger(notes);
  const end = await ledger.begin([at(100)], NOW);
  t.same(noted(), { fromHour: 100, hours: [100] });
  t.equal(ledger.next(101, 1_000), null, 'not while somebody writes');
  end();
  t.equal(ledger.next(100, 1_000), null, 'not before it is over');
  const run = ledger.next(101, 1_000);
  t.match(run, { part: { value: 'a' }, hours: [100] });
  await run?.done();
  t.same(noted(), { fromHour: 100, hours: [] });
  t.same(await ledger.partsOf('ping', { agent: ['a'] }), [{ fromHour: 100, waiting: [] }]);
});

t.test('ledger: what is written to while it is rolled up waits on', async (t) => {
  const { notes, noted } = memoryNotes();
  const ledger = openLedger(notes);
  await write(ledger, at(100));
  const run = ledger.next(101, 1_000);
  await write(ledger, at(100));
  await run?.done();
  t.same(noted(), { fromHour: 100, hours: [100] });
  const again = ledger.next(101, 1_000);
  const end = await ledger.begin([at(100)], NOW);
  await again?.done();
  end();
  t.same(noted(), { fromHour: 100, hours: [100] });
});

t.test('ledger: what cannot be noted may not be written, by nobody who counts on it', async (t) => {
  const { notes, state, noted } = memoryNotes();
  const ledger = openLedger(notes);
  await write(ledger, at(100));
  state.fails = true;
  const both = await Promise.allSettled([ledger.begin([at(101)], NOW + HOUR), ledger.begin([at(101)], NOW + HOUR)]);
  t.same(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  state.fails = false;
  t.equal(ledger.due(1e9), 1);
  await write(ledger, at(101));
  t.same(noted(), { fromHour: 100, hours: [100, 101] });
});

t.test('ledger: older hours are found by looking back, but not past somebody who writes there', async (t) => {
  const { notes, noted } = memoryNotes();
  const ledger = openLedger(notes);
  await write(ledger, at(100), at(40));
  await settled(ledger);
  t.same(noted(), { fromHour: 100, hours: [] }, 'what is older is not noted');
  t.equal(ledger.behind, 1);

  const first = ledger.nextBehind();
  const end = await ledger.begin([at(60)], NOW);
  t.equal(ledger.nextBehind(), null, 'not now');
  await first?.found(null);
  t.equal(ledger.behind, 1, 'who looked may have missed it');
  end();
  await ledger.nextBehind()?.found([59, 60]);
  t.same(noted(), { fromHour: 59, hours: [59, 60] });
  await write(ledger, at(70));
  t.same(noted(), { fromHour: 59, hours: [59, 60, 70] }, 'what was looked at is noted from then on');
  await settled(ledger);
  await ledger.nextBehind()?.found([40]);
  await settled(ledger);
  await ledger.nextBehind()?.found(null);
  t.equal(ledger.behind, 0);
  t.same(noted(), { fromHour: 0, hours: [] });
});

t.test('ledger: begun anew it goes on; what was put off is looked for again', async (t) => {
  const { notes, noted } = memoryNotes();
  await write(openLedger(notes), at(100), at(101));
  const ledger = openLedger(notes);
  t.same(await ledger.partsOf('ping', { agent: ['a', 'b'] }), null, 'only of those that are known');
  t.equal(ledger.due(1e9), 2);
  await ledger.nextBehind()?.found(null);
  await ledger.postpone(101);
  t.same(noted(), { fromHour: 101, hours: [101] });
  t.equal(ledger.behind, 1);
});

t.test('ledger: a part that could not be noted once is not taken for new, and what comes late is noted still', async (t) => {
  const { notes, state, noted } = memoryNotes();
  const ledger = openLedger(notes);
  await write(ledger, at(100));
  await settled(ledger);
  await ledger.nextBehind()?.found(null);
  state.fails = true;
  await t.rejects(ledger.begin([at(101)], NOW + HOUR));
  state.fails = false;
  await write(ledger, at(50));
  t.same(noted(), { fromHour: 0, hours: [50] });
});

t.test('ledger: of a new part that could not be noted, what an earlier life has written in this hour is looked for', async (t) => {
  const { notes, state, noted } = memoryNotes();
  const ledger = openLedger(notes);
  state.fails = true;
  await t.rejects(ledger.begin([at(100)], NOW));
  state.fails = false;
  await write(ledger, at(101));
  t.same(noted(), { fromHour: 101, hours: [101] });
  t.equal(ledger.behind, 1);
});

t.test('ledger: while hours are put off, whoever writes there waits; when that cannot be noted, they wait as before', async (t) => {
  const { notes, state, noted } = memoryNotes();
  const ledger = openLedger(notes);
  await write(ledger, at(100), at(101));
  await ledger.nextBehind()?.found(null);
  state.fails = true;
  const [postponed, begun] = await Promise.allSettled([ledger.postpone(102), ledger.begin([at(50)], NOW)]);
  t.same([postponed.status, begun.status], ['rejected', 'rejected']);
  state.fails = false;
  t.same(await ledger.partsOf('ping', { agent: ['a'] }), [{ fromHour: 0, waiting: [100, 101] }]);
  await write(ledger, at(50));
  t.same(noted(), { fromHour: 0, hours: [50, 100, 101] });
});

t.test('ledger: what is not trusted any more is looked for again', async (t) => {
  const { notes, noted } = memoryNotes();
  const ledger = openLedger(notes);
  await write(ledger, at(100), at(102));
  await ledger.nextBehind()?.found(null);
  await ledger.distrust(102);
  t.same(noted(), { fromHour: 102, hours: [102] });
  t.equal(ledger.behind, 1);
});

t.test('ledger: one that cannot be looked back at does not hold up the others', async (t) => {
  const ledger = openLedger(memoryNotes().notes);
  await write(ledger, at(100, 'a'), at(100, 'b'));
  const first = ledger.nextBehind();
  await write(ledger, at(40, 'a'));
  await first?.found(null);
  t.same([first?.part.value, ledger.nextBehind()?.part.value, ledger.behind], ['a', 'b', 2]);
});

t.test('ledger: of a part whose points nobody has counted one hour is looked at first', async (t) => {
  const ledger = openLedger(memoryNotes().notes);
  await write(ledger, at(100), at(101), at(102));
  const run = ledger.next(1e9, 1_000);
  t.same(run?.hours, [102]);
  if (run !== null) run.part.pointsAnHour = 500;
  await run?.done();
  t.same(ledger.next(1e9, 1_000)?.hours, [100, 101]);
});
