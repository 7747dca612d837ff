import t from 'tap';
import type { Arrival } from '../../../../controller/arrivals/arrival.ts';
import { openBell, runConsumer } from '../../../../controller/arrivals/consume.ts';
import { makeManualClock, settle } from '../../../helpers/manual-clock.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

const arrival = (position: number): Arrival => ({
  position,
  arrivedAt: 1,
  agent: 'a',
  batch: makeBatch([makeRound(position, position * 10_000)]),
});

/** A consumer of ten rounds at once over a log of so many, whose hand-overs end when the test says so. */
const open = (rounds: number, atOnce: number) => {
  const arrivals = Array.from({ length: rounds }, (_, i) => arrival(i + 1));
  const clock = makeManualClock();
  const handed: { readonly from: number; readonly count: number; readonly end: ReturnType<typeof Promise.withResolvers<void>> }[] = [];
  const troubles: (string | null)[] = [];
  const bell = openBell();
  const stop = new AbortController();
  let position = 0;
  const log = {
    read: (after: number, most: number) => arrivals.slice(after, after + most),
    position: () => position,
    move: (_: string, to: number) => void (position = to),
    last: () => arrivals.length,
  };
  const handle = (taken: readonly Arrival[]): Promise<void> => {
    const end = Promise.withResolvers<void>();
    handed.push({ from: taken[0]?.position ?? 0, count: taken.length, end });
    return end.promise;
  };
  const options = {
    name: 'store',
    log,
    bell,
    clock,
    handle,
    maxRounds: 10,
    atOnce,
    onTrouble: (message: string | null) => void troubles.push(message),
  };
  const running = runConsumer(options, stop.signal);
  const parts = (): string[] => handed.map(({ from, count }) => `${from}+${count}`);
  const end = async (): Promise<void> => {
    stop.abort();
    for (const one of handed) one.end.resolve();
    await running;
  };
  return { handed, parts, troubles, clock, position: () => position, end };
};

t.test('consumer: what lags is handed over in parallel, and the cursor moves in the order of the log', async (t) => {
  const { handed, parts, position, end } = open(34, 3);
  await settle();
  t.same(parts(), ['1+10', '11+10', '21+10'], 'three at once, no more');

  handed[1]?.end.resolve();
  await settle();
  t.equal(position(), 0, 'the second one is done before the first: nothing may be dropped yet');
  handed[0]?.end.resolve();
  await settle();
  t.equal(position(), 20);
  t.same(parts(), ['1+10', '11+10', '21+10'], 'the rest is too little to go beside others');
  handed[2]?.end.resolve();
  await settle();
  t.same(parts().at(-1), '31+4');
  await end();
});

t.test('consumer: when one fails, everything after the last one that was done is handed over again', async (t) => {
  const { handed, parts, position, clock, troubles, end } = open(30, 3);
  await settle();
  handed[0]?.end.resolve();
  handed[1]?.end.reject(new Error('away'));
  await settle();
  t.equal(position(), 10);
  t.same(
    troubles.filter((one) => one !== null),
    [],
    'the third is still under way: waited for first',
  );
  handed[2]?.end.resolve();
  await settle();
  t.same(troubles.at(-1), 'away');
  t.equal(position(), 10, 'what was done behind the gap does not count');
  await clock.advance(1_000);
  await settle();
  t.same(parts().slice(3), ['11+10', '21+10']);
  await end();
});

t.test('consumer: one at a time unless said', async (t) => {
  const { parts, end } = open(30, 1);
  await settle();
  t.same(parts(), ['1+10']);
  await end();
});
