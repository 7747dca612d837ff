import t from 'tap';
import { Watchdog } from '../../../../agent/watchdog/watchdog.ts';
import { silentLog } from '../../../../protocol/log.ts';
import type { PreparedPage } from '../../../../protocol/watchdog.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';

const MINUTE = 60_000;
const page = (notifier: string, text: string): PreparedPage => ({
  notifier,
  url: 'https://example.net/',
  headers: { 'idempotency-key': '@KEY@' },
  body: `${text} @AT@ @KEY@`,
  allowPrivate: false,
});
const pages = { gone: [page('hook', 'gone')], back: [page('hook', 'back')] };

const open = (answers: (number | Error)[] = [], orders: object = {}, sealed = JSON.stringify(pages)) => {
  const clock = makeManualClock();
  const sent: { key: string; body: string }[] = [];
  const dog = new Watchdog({
    clock,
    log: silentLog,
    agentId: 'ams1',
    unseal: (_, text) => (text === 'foreign' ? { ok: false, reason: 'not sealed to this agent' } : { ok: true, value: text }),
    now: () => clock.now(),
    page: async ({ headers, body }) => {
      sent.push({ key: headers['idempotency-key'] ?? '', body });
      const answer = answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  dog.take({ silentAfterMs: 10 * MINUTE, repeatMs: 0, sealed, ...orders });
  const stop = new AbortController();
  const running = dog.run(stop.signal);
  return {
    dog,
    clock,
    sent,
    said: () => sent.map(({ body }) => body.split(' ')[0]),
    stop: () => {
      stop.abort(new Error('stop'));
      return running;
    },
  };
};

t.test('watchdog: pages once when nothing was heard for its time, and once when it is back', async (t) => {
  const it = open();
  await it.clock.advance(9 * MINUTE);
  t.same(it.said(), []);
  await it.clock.advance(2 * MINUTE);
  t.same(it.said(), ['gone']);
  await it.clock.advance(60 * MINUTE);
  t.same(it.said(), ['gone']);
  it.dog.heard();
  await it.clock.advance(MINUTE);
  await it.stop();

  t.same(it.said(), ['gone', 'back']);
  t.match(it.sent[0]?.body, /^gone 2027-01-15T08:00:\d\d\.\d{3}Z watchdog\/ams1\/\d+\/gone\/hook$/, 'since it was last heard');
  t.not(it.sent[0]?.key, it.sent[1]?.key);
});

t.test('watchdog: who is heard is there, however long it takes', async (t) => {
  const it = open();
  for (let minute = 0; minute < 60; minute += 9) {
    it.dog.heard();
    await it.clock.advance(9 * MINUTE);
  }
  await it.stop();

  t.same(it.said(), []);
});

t.test('watchdog: a jump of the wall clock is no silence', async (t) => {
  const it = open();
  it.clock.stepWall(24 * 60 * MINUTE);
  await it.clock.advance(9 * MINUTE);
  await it.stop();

  t.same(it.said(), []);
});

t.test('watchdog: what was not taken is tried again under the same key', async (t) => {
  const it = open([new Error('unreachable'), 503, 200]);
  await it.clock.advance(15 * MINUTE);
  await it.stop();

  t.equal(it.sent.length, 3);
  t.equal(new Set(it.sent.map(({ key }) => key)).size, 1);
});

t.test('watchdog: what nobody was told needs no end', async (t) => {
  const it = open(Array.from({ length: 50 }, () => new Error('unreachable')));
  await it.clock.advance(12 * MINUTE);
  it.dog.heard();
  await it.clock.advance(MINUTE);
  await it.stop();

  t.notOk(it.said().includes('back'));
});

t.test('watchdog: said again at its interval', async (t) => {
  const it = open([], { repeatMs: 30 * MINUTE });
  await it.clock.advance(75 * MINUTE);
  await it.stop();

  t.same(it.said(), ['gone', 'gone', 'gone']);
  t.equal(new Set(it.sent.map(({ key }) => key)).size, 3);
});

t.test('watchdog: without orders, or with some that are sealed to another, nothing is said', async (t) => {
  for (const it of [open([], {}, 'foreign'), open([], {}, 'no JSON')]) {
    await it.clock.advance(30 * MINUTE);
    await it.stop();
    t.same(it.said(), []);
  }
  const it = open();
  it.dog.take(undefined);
  await it.clock.advance(30 * MINUTE);
  await it.stop();
  t.same(it.said(), []);
});
