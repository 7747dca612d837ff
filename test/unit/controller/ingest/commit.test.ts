import t from 'tap';
import { openCommitQueue, type Waiting } from '../../../../controller/ingest/commit.ts';
import type { Round } from '../../../../protocol/round.ts';
import { PROTOCOL_VERSION } from '../../../../protocol/version.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';

const round = (seq: number): Round => ({
  seq,
  task: 'gw/icmp',
  at: 1_000 + seq,
  durationMs: 0,
  intervalMs: 10_000,
  time: { source: 'controller', boundMs: 1, ageS: 1 },
  outcome: { status: 'failed', blame: 'agent', reason: 'of this test' },
});

const batchOf = (agent: string, first: number, count: number): Waiting => ({
  agent,
  batch: {
    v: PROTOCOL_VERSION,
    epoch: 'e1',
    lane: 'fresh',
    lowest: 1,
    upTo: null,
    rounds: Array.from({ length: count }, (_, index) => round(first + index)),
  },
  body: new Uint8Array(100),
  held: null,
  refusedRounds: [],
});

const openQueue = (waitMs: number) => {
  const clock = makeManualClock();
  const stopping = new AbortController();
  const committed: number[] = [];
  const answers: { readonly agent: string; readonly ranges: readonly (readonly number[])[]; readonly atMs: number }[] = [];
  const trouble: (string | null)[] = [];
  const state = { full: false, throws: false };
  const queue = openCommitQueue({
    clock,
    waitMs,
    committer: {
      commit(group) {
        if (state.throws) throw new Error('disk I/O error');
        committed.push(group.length);
      },
      isFull: () => state.full,
    },
    acknowledge: (agent, { ranges }) => void answers.push({ agent, ranges, atMs: clock.monotonic() }),
    onTrouble: (message) => void trouble.push(message),
  });
  const ended = queue.run(stopping.signal);
  const end = async (): Promise<void> => {
    stopping.abort(new Error('over'));
    await ended;
  };
  return { queue, clock, committed, answers, trouble, state, end };
};

t.test('commit: what comes within the wait shares a commit, and is answered after it, each agent once', async (t) => {
  const { queue, clock, committed, answers, end } = openQueue(5);
  queue.push(batchOf('a', 1, 3));
  queue.push(batchOf('b', 7, 1));
  queue.push(batchOf('a', 4, 2));
  await clock.advance(4);
  t.same(answers, []);
  await clock.advance(1);
  t.same(committed, [3]);
  t.same(
    answers.map(({ agent, ranges }) => [agent, ranges]),
    [
      ['a', [[1, 5]]],
      ['b', [[7, 7]]],
    ],
  );
  await end();
});

t.test('commit: what cannot be committed is not answered, and is told', async (t) => {
  const { queue, clock, answers, trouble, state, end } = openQueue(5);
  state.full = true;
  queue.push(batchOf('a', 1, 1));
  await clock.advance(5);
  state.full = false;
  state.throws = true;
  queue.push(batchOf('a', 2, 1));
  await clock.advance(5);
  t.same(answers, []);
  t.match(trouble, [/arrival log is full/, /disk I\/O error/]);
  await end();
});

t.test('commit: a busy queue waits for more, and answers long before an agent sends again, however long it waits at rest', async (t) => {
  for (const [waitMs, busyMs] of [
    [5, 25],
    [600, 1_000],
    [10_000, 10_000],
  ] as const) {
    const { queue, clock, answers, end } = openQueue(waitMs);
    queue.push(batchOf('a', 1, 100));
    await clock.advance(waitMs);
    queue.push(batchOf('a', 101, 1));
    await clock.advance(busyMs - 1);
    t.equal(answers.length, 1);
    await clock.advance(1);
    t.equal(answers.length, 2);
    await end();
  }
});

t.test('commit: nothing is let in behind what has waited for longer than agents wait for an answer', async (t) => {
  const { queue, clock, state, end } = openQueue(5);
  t.ok(queue.hasRoom(100));
  t.notOk(queue.hasRoom(64 * 1024 * 1024), 'nor what is too large');
  state.full = true;
  queue.push(batchOf('a', 1, 1));
  t.ok(queue.hasRoom(100));
  await end();
  queue.push(batchOf('a', 2, 1)); // nobody commits any more
  await clock.advance(3_900);
  t.ok(queue.hasRoom(100));
  await clock.advance(200);
  t.notOk(queue.hasRoom(100));
});
