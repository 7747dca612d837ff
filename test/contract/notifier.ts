import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Notification } from '../../controller/alerts/notification.ts';
import { sealNotifier } from '../../controller/alerts/notifiers/kept.ts';
import { runOutbox } from '../../controller/alerts/outbox.ts';
import { send } from '../../controller/delivery/index.ts';
import { makeVault } from '../../controller/pki/vault.ts';
import { openState, type State } from '../../controller/state/database.ts';
import type { Log } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import type { Notifier } from '../../protocol/notifier.ts';
import { systemClock } from '../../protocol/time.ts';

export interface Got {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface NotifierCase {
  /** Settings of the notifier that is told, given the receiver's address; the secret is somewhere inside. */
  readonly settings: (url: string, secret: string) => Notifier;
  /** What the receiver must have been told. */
  readonly says: (t: Test, got: Got, notification: Notification) => void;
}

const vault = makeVault(Buffer.alloc(32, 7));
export const SECRET = 's3cret-0f-th3-receiver';

export const sampleNotification = (status: 'firing' | 'resolved'): Notification => ({
  status,
  incident: 7,
  rule: 'high-loss',
  ruleName: 'High loss',
  cause: 'target:gw',
  title: 'High loss: Gateway',
  severity: 'critical',
  openedAt: 1_800_000_000_000,
  resolvedAt: status === 'resolved' ? 1_800_000_300_000 : null,
  members: [{ series: 'ams1/gw/icmp', agent: 'ams1', target: 'gw', value: 0.7, since: 1_799_999_940_000 }],
});

type Answer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | 'hangs up';

/** Every notifier must pass this, through the real outbox and real HTTP. A new kind adds one call and what it must say. */
export const describeNotifier = (name: string, notifier: NotifierCase): void => {
  const tell = (answers: readonly Answer[], status: 'firing' | 'resolved' = 'firing') => tellOnce(notifier, answers, status);

  for (const status of ['firing', 'resolved'] as const)
    t.test(`${name}: ${status} is rendered, delivered and marked once`, async (t) => {
      const { got, row } = await tell([{ status: 204 }], status);

      t.equal(got.length, 1);
      t.match(row, { state: 'delivered', attempts: 1, last_error: null });
      t.type(row.delivered_at, 'number');
      if (got[0]) notifier.says(t, got[0], sampleNotification(status));
    });

  t.test(`${name}: the same news twice has the same words and the same key`, async (t) => {
    const [first, second] = [await tell([{ status: 204 }]), await tell([{ status: 204 }])];

    t.equal(first.got[0]?.body.replaceAll(first.port, 'PORT'), second.got[0]?.body.replaceAll(second.port, 'PORT'));
    t.equal(first.got[0]?.headers['idempotency-key'], 'key/firing');
  });

  for (const [answer, reason] of [
    [{ status: 500 }, 'the receiver answered 500'],
    [{ status: 429, headers: { 'retry-after': '120' } }, 'the receiver answered 429'],
    ['hangs up', 'no answer: other side closed'],
  ] as const)
    t.test(`${name}: ${typeof answer === 'string' ? answer : answer.status} is tried again later`, async (t) => {
      const { got, row, log, tries } = await tell([answer]);

      t.equal(got.length, 1);
      t.match(row, { state: 'waiting', attempts: 1, last_error: reason, delivered_at: null });
      t.match(tries, [{ result: 'later', said: reason }]);
      const waitMs = row.next_try_at - row.created_at;
      t.ok(waitMs >= (typeof answer !== 'string' && answer.status === 429 ? 120_000 : 2_500), `waits ${waitMs} ms`);
      t.match(log, /tried again later/);
    });

  t.test(`${name}: 400 and redirects are not tried again, and it is said so`, async (t) => {
    for (const status of [400, 302]) {
      const { row, log } = await tell([{ status, headers: { location: '/elsewhere' } }]);
      t.match(row, { state: 'failed', attempts: 1, last_error: `the receiver answered ${status}` });
      t.match(log, /not tried again/);
    }
  });

  t.test(`${name}: no secret of its settings is in a log line or in the outbox`, async (t) => {
    for (const answers of [[{ status: 500 }], [{ status: 403, body: `no such thing: ${SECRET}` }], ['hangs up']] as const) {
      const { row, log, tries, kept } = await tell(answers);
      t.notMatch(`${log}${row.last_error}${JSON.stringify(tries)}`, SECRET);
      t.notMatch(row.body, SECRET);
      t.notMatch(kept, SECRET, 'nor readable at rest');
    }
  });
};

const tellOnce = async (notifier: NotifierCase, answers: readonly Answer[], status: 'firing' | 'resolved') => {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ path: request.url ?? '', headers: request.headers, body });
      const answer = answers[got.length - 1] ?? { status: 204 };
      if (answer === 'hangs up') request.socket.destroy();
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = String(typeof address === 'object' ? address?.port : '');
  const url = `http://127.0.0.1:${port}/${SECRET}`;
  const state = openState(new DatabaseSync(':memory:'));
  const settings = notifier.settings(url, SECRET);
  await state
    .insertInto('notifiers')
    .values({ ...sealNotifier(vault, settings), updated_at: 0 })
    .execute();
  await enqueue(state, settings.id, status);
  const lines: string[] = [];
  const say = (event: string, message: string, fields: object = {}): void =>
    void lines.push(`${event} ${message} ${JSON.stringify(fields)}`);
  const log: Log = { info: say, warn: say, error: say };
  const stopping = new AbortController();
  const running = runOutbox({ state, clock: systemClock, random: systemRandom, log, send, vault, onNews: () => {} }, stopping.signal);
  const row = await tried(state);
  stopping.abort(new Error('stop'));
  await running;
  server.closeAllConnections();
  server.close();
  const tries = await state.selectFrom('outbox_attempts').selectAll().orderBy('id').execute();
  const kept = JSON.stringify(await state.selectFrom('notifiers').selectAll().execute());
  await state.destroy();
  return { got, row, port, tries, kept, log: lines.join('\n') };
};

const enqueue = async (state: State, notifier: string, status: 'firing' | 'resolved'): Promise<void> => {
  const now = Math.floor(systemClock.now());
  const row = { incident_id: 7, created_at: now, next_try_at: now, attempts: 0, state: 'waiting' as const, last_error: null };
  const body = JSON.stringify(sampleNotification(status));
  await state
    .insertInto('outbox')
    .values({ ...row, idempotency_key: `key/${status}`, notifier_id: notifier, body, delivered_at: null })
    .execute();
};

const tried = async (state: State) => {
  for (;;) {
    const row = await state.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
    if (row.attempts > 0) return row;
    await delay(5);
  }
};
