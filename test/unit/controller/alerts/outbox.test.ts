import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { type OutboxDeps, runOutbox } from '../../../../controller/alerts/outbox.ts';
import { makeVault } from '../../../../controller/pki/vault.ts';
import { openState, type State } from '../../../../controller/state/database.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { sampleNotification } from '../../../contract/notifier.ts';
import { makeManualClock, settle } from '../../../helpers/manual-clock.ts';

const MINUTE = 60_000;

interface Fixture {
  readonly state: State;
  readonly keys: string[];
  readonly clock: ReturnType<typeof makeManualClock>;
  start(): { stop(): Promise<void> };
}

const open = (answer: (key: string) => Promise<{ status: number }>): Fixture => {
  const state = openState(new DatabaseSync(':memory:'));
  const clock = makeManualClock();
  const keys: string[] = [];
  const send: OutboxDeps['send'] = async ({ key }) => {
    keys.push(key);
    return answer(key);
  };
  const random = { fraction: () => 1, hex: () => '' };
  return {
    state,
    keys,
    clock,
    start() {
      const stopping = new AbortController();
      const running = runOutbox(
        { state, clock, random, log: silentLog, send, vault: makeVault(Buffer.alloc(32, 7)), onNews: () => {} },
        stopping.signal,
      );
      return {
        stop: () => {
          stopping.abort(new Error('stop'));
          return running;
        },
      };
    },
  };
};

const queue = async ({ state, clock }: Fixture, notifier: string, incident: number, status: 'firing' | 'resolved'): Promise<void> => {
  const document = JSON.stringify({ id: notifier, kind: 'webhook', url: 'https://example.net/hook', allowPrivate: false });
  await state
    .insertInto('notifiers')
    .values({ id: notifier, document, updated_at: 0 })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const now = Math.floor(clock.now());
  const row = { created_at: now, next_try_at: now, attempts: 0, state: 'waiting' as const, last_error: null, delivered_at: null };
  const idempotency_key = `${incident}/${status}/${notifier}`;
  const body = JSON.stringify(sampleNotification(status));
  await state
    .insertInto('outbox')
    .values({ ...row, idempotency_key, notifier_id: notifier, incident_id: incident, body })
    .execute();
};
const rows = ({ state }: Fixture) => state.selectFrom('outbox').select(['state', 'attempts', 'last_error']).orderBy('id').execute();

t.test('outbox: the end of an incident waits until the receiver knows that it began', async (t) => {
  let isUp = false;
  const outbox = open(async () => ({ status: isUp ? 200 : 503 }));
  await queue(outbox, 'hook', 1, 'firing');
  await queue(outbox, 'hook', 1, 'resolved');
  await queue(outbox, 'hook', 2, 'firing');
  const running = outbox.start();
  await outbox.clock.advance(MINUTE);
  t.notOk(outbox.keys.includes('1/resolved/hook'));

  isUp = true;
  await outbox.clock.advance(5 * MINUTE);
  await running.stop();

  t.strictSame(new Set(outbox.keys.slice(-3)), new Set(['1/firing/hook', '1/resolved/hook', '2/firing/hook']));
  t.ok(outbox.keys.lastIndexOf('1/firing/hook') < outbox.keys.indexOf('1/resolved/hook'));
  t.ok((await rows(outbox)).every(({ state }) => state === 'delivered'));
});

t.test('outbox: a receiver that hangs holds up no other', async (t) => {
  const outbox = open((key) => (key.endsWith('stuck') ? new Promise<never>(() => {}) : Promise.resolve({ status: 200 })));
  await queue(outbox, 'stuck', 1, 'firing');
  await queue(outbox, 'hook', 1, 'firing');
  void outbox.start();
  await settle();

  t.strictSame(new Set(outbox.keys), new Set(['1/firing/stuck', '1/firing/hook']));
  t.strictSame(
    (await rows(outbox)).map(({ state }) => state),
    ['waiting', 'delivered'],
  );
});

t.test('outbox: it backs off, doubling to ten minutes, and gives up after a day', async (t) => {
  const outbox = open(async () => ({ status: 500 }));
  await queue(outbox, 'hook', 1, 'firing');
  const running = outbox.start();
  await outbox.clock.advance(MINUTE);
  t.equal(outbox.keys.length, 4, 'at 0, 5, 15 and 35 s');
  await outbox.clock.advance(25 * 60 * MINUTE);
  await running.stop();

  const [row] = await rows(outbox);
  t.match(row, { state: 'failed', last_error: 'the receiver answered 500' });
  t.ok(outbox.keys.length > 140 && outbox.keys.length < 160, `${outbox.keys.length} attempts in a day`);
});

t.test('outbox: a crash after the sending sends again, with the same key; a crash before loses nothing', async (t) => {
  let arrived: () => void = () => {};
  const outbox = open(() => {
    arrived();
    return outbox.keys.length === 1 ? new Promise<never>(() => {}) : Promise.resolve({ status: 200 });
  });
  await queue(outbox, 'hook', 1, 'firing');
  const first = new Promise<void>((resolve) => (arrived = resolve));
  void outbox.start();
  await first; // sent, and the program dies before the answer

  const again = outbox.start();
  await outbox.clock.advance(1_000);
  await again.stop();

  t.strictSame(outbox.keys, ['1/firing/hook', '1/firing/hook']);
  t.match(await rows(outbox), [{ state: 'delivered' }]);
});

t.test('outbox: a notifier that was removed is not waited for', async (t) => {
  const outbox = open(async () => ({ status: 200 }));
  await queue(outbox, 'hook', 1, 'firing');
  await outbox.state.deleteFrom('notifiers').execute();
  const running = outbox.start();
  await outbox.clock.advance(1_000);
  await running.stop();

  t.match(await rows(outbox), [{ state: 'failed', last_error: 'the notifier was removed' }]);
  t.equal(outbox.keys.length, 0);
});
