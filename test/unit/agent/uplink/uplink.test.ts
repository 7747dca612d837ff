import t from 'tap';
import { Uplink } from '../../../../agent/uplink/uplink.ts';
import { defaultTiming } from '../../../../agent/timing.ts';
import { Batch } from '../../../../protocol/batch.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { exchange, makeTestHost, openSpool, roundNow, type TestHost } from '../../../helpers/agent.ts';

const EPOCH = '00000000000000aa';

const openUplink = (host: TestHost = makeTestHost(), parts = openSpool(host)) => {
  const { spool, timekeeper } = parts;
  const uplink = new Uplink({ spool, timekeeper, clock: host.clock, timing: defaultTiming, log: silentLog });
  const sent: Batch[] = [];
  return {
    host,
    ...parts,
    uplink,
    sent,
    begin: () => uplink.begin((batch) => void sent.push(Batch.parse(JSON.parse(batch)))),
    measure: async (count: number, everyMs = 1_000) => {
      for (let i = 0; i < count; i += 1) {
        await host.clock.advance(everyMs);
        spool.append(roundNow(host, timekeeper));
        spool.commit(uplink.sending);
        uplink.pump();
      }
    },
    ack: (batch: Batch, backlogPerSecond = 100) => {
      uplink.acknowledged({ v: 1, epoch: batch.epoch, ranges: batch.rounds.map(({ seq }) => [seq, seq]), refused: [], backlogPerSecond });
      spool.commit(false);
      uplink.pump();
    },
  };
};
const seqs = (batch: Batch | undefined): number[] => batch?.rounds.map(({ seq }) => seq) ?? [];

t.test('nothing is sent before there is a session', async (t) => {
  const { measure, sent, timekeeper, host } = openUplink();
  exchange(timekeeper, host);
  await measure(3);
  t.same(sent, []);
});

t.test('after an outage new rounds go out at once and the backlog behind them, oldest first, at the rate granted', async (t) => {
  const { measure, sent, timekeeper, host, begin, ack, uplink } = openUplink();
  exchange(timekeeper, host);
  await measure(1_000);
  begin();
  uplink.pump();

  const fresh = sent.filter(({ lane }) => lane === 'fresh').flatMap(seqs);
  const backlog = sent.filter(({ lane }) => lane === 'backlog').flatMap(seqs);
  t.equal(fresh.at(-1), 1_000);
  t.ok(fresh.length >= 30 && fresh.length <= 32, 'what ended within 30 s is fresh');
  t.same(
    backlog,
    Array.from({ length: 20 }, (_, i) => i + 1),
    'a handful, until the controller has granted a rate',
  );

  for (const batch of sent.splice(0)) ack(batch, 50);
  sent.length = 0;
  for (let s = 0; s < 10; s += 1) {
    await measure(1);
    for (const batch of sent.slice()) if (batch.rounds.length > 0) ack(batch, 50);
  }
  const drained = new Set(sent.filter(({ lane }) => lane === 'backlog').flatMap(seqs)).size;
  t.ok(drained > 400 && drained <= 550, `50 a second for ten seconds: ${drained}`);
  t.equal(sent.filter(({ lane, rounds }) => lane === 'fresh' && rounds.length > 0).length >= 10, true, 'each new round went at once');
});

t.test('when nothing is granted the backlog waits, but for a single round now and then that asks anew', async (t) => {
  const { measure, sent, timekeeper, host, begin, ack, uplink } = openUplink();
  exchange(timekeeper, host);
  await measure(500);
  begin();
  uplink.pump();
  for (const batch of sent.slice()) ack(batch, 0);
  sent.length = 0;

  await measure(100);

  const backlog = sent.filter(({ lane }) => lane === 'backlog').flatMap(seqs);
  t.ok(backlog.length <= 25, `${backlog.length} in 100 s`);
});

t.test('upTo stays behind what is not acknowledged, and behind what may still come', async (t) => {
  const { measure, sent, timekeeper, host, begin, ack } = openUplink();
  exchange(timekeeper, host);
  begin();
  await measure(2);
  const [first, second] = sent;
  t.ok((first?.upTo ?? 0) <= host.controllerNow() - 1_000);
  t.ok((second?.upTo ?? 0) < (first?.rounds[0]?.at ?? 0), 'the first batch is on its way: it may be lost');

  if (first !== undefined) ack(first);
  if (second !== undefined) ack(second);
  await measure(1);

  t.ok((sent.at(-1)?.upTo ?? 0) >= (first?.rounds[0]?.at ?? 0));
});

t.test('what is not acknowledged goes again after a while, and again after a new session', async (t) => {
  const { measure, sent, timekeeper, host, begin, uplink } = openUplink();
  exchange(timekeeper, host);
  begin();
  await measure(1);
  t.same(sent.flatMap(seqs), [1]);
  await host.clock.advance(defaultTiming.resendMs - 1_000);
  uplink.pump();
  t.same(sent.flatMap(seqs), [1]);
  await host.clock.advance(1_000);
  uplink.pump();
  t.same(sent.flatMap(seqs), [1, 1]);

  uplink.end();
  begin();
  uplink.pump();

  t.same(sent.flatMap(seqs), [1, 1, 1]);
  t.equal(new Set(sent.flatMap(({ rounds }) => rounds.map(({ at }) => at))).size, 1, 'always under the same timestamp');
});

t.test('rounds of earlier starts keep their epoch, and no batch mixes two', async (t) => {
  const host = makeTestHost();
  const old = openSpool(host, EPOCH);
  exchange(old.timekeeper, host);
  for (let i = 0; i < 3; i += 1) {
    await host.clock.advance(1_000);
    old.spool.append(roundNow(host, old.timekeeper));
  }
  old.spool.commit(false);
  const { measure, begin, sent } = openUplink(host, openSpool(host, 'b'.repeat(16), { db: old.db }));
  begin();
  await measure(2);

  t.same(
    sent.map((batch) => [batch.epoch, batch.lane, seqs(batch), batch.lowest]),
    [
      ['b'.repeat(16), 'fresh', [1], 1],
      [EPOCH, 'backlog', [1, 2, 3], 1],
      ['b'.repeat(16), 'fresh', [2], 1],
    ],
  );
});

t.test('a refused round is acknowledged too: it never comes again', async (t) => {
  const { measure, sent, timekeeper, host, begin, uplink, spool } = openUplink();
  exchange(timekeeper, host);
  begin();
  await measure(2);
  uplink.acknowledged({ v: 1, epoch: EPOCH, ranges: [[1, 1]], refused: [{ seq: 2, reason: 'no such task' }], backlogPerSecond: 1 });
  spool.commit(false);
  await host.clock.advance(60_000);
  uplink.pump();

  t.equal(sent.length, 2);
  t.equal(spool.stats.rounds, 0);
});

t.test('a batch never holds more than 500 rounds, and eight unanswered batches are enough', async (t) => {
  const { sent, timekeeper, host, begin, uplink, spool } = openUplink();
  exchange(timekeeper, host);
  for (let i = 0; i < 6_000; i += 1) spool.append(roundNow(host, timekeeper, `t${i}/icmp`));
  spool.commit(false);
  begin();
  uplink.pump();

  t.same(
    sent.map(({ rounds }) => rounds.length),
    Array.from({ length: 8 }, () => 500),
  );
});

t.test('what is acknowledged but still on disk goes again neither after a while nor after a new session', async (t) => {
  const { measure, sent, timekeeper, host, begin, uplink } = openUplink();
  exchange(timekeeper, host);
  begin();
  await measure(3);
  const [first, ...later] = sent;
  for (const batch of later)
    uplink.acknowledged({ v: 1, epoch: EPOCH, ranges: batch.rounds.map(({ seq }) => [seq, seq]), refused: [], backlogPerSecond: 100 });
  sent.length = 0;
  await host.clock.advance(defaultTiming.resendMs);
  uplink.pump();
  t.same(sent.flatMap(seqs), seqs(first), 'the unanswered one alone');
  sent.length = 0;
  begin();
  uplink.pump();
  t.same(sent.flatMap(seqs), seqs(first));
});

t.test('where nobody answers for long, one batch at a time asks; with the first answer all goes on as before', async (t) => {
  const { measure, sent, timekeeper, host, begin, ack } = openUplink();
  exchange(timekeeper, host);
  await measure(100);
  begin();
  await measure(60); // two waits in vain lie in it
  sent.length = 0;
  await measure(600);
  t.ok(sent.length >= 38 && sent.length <= 42, `${sent.length} batches in ten minutes, one each 15 s`);

  const last = sent.at(-1);
  sent.length = 0;
  if (last !== undefined) ack(last);
  for (let s = 0; s < 5; s += 1) {
    await measure(1);
    for (const batch of sent.slice(-1)) ack(batch);
  }
  t.ok(sent.filter(({ lane }) => lane === 'fresh').length >= 5, 'each new round goes at once');
  t.ok(sent.filter(({ lane }) => lane === 'backlog').flatMap(seqs).length > 200, 'the backlog behind them');
});
