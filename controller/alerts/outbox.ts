import { sql } from 'kysely';
import { Notifier } from '../../protocol/rule.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import type { OutboxTable } from '../state/tables.ts';
import { Notification } from './notification.ts';
import { render } from './notifiers/index.ts';
import type { NotifierRequest } from './notifiers/notifier.ts';

const FIRST_RETRY_MS = 5_000;
const RETRY_MAX_MS = 600_000;
/** A receiver may ask for more patience than that, but not for silence. */
const RETRY_AFTER_MAX_MS = 3_600_000;
/** After this long the news is old, and the row says so. */
const GIVE_UP_MS = 86_400_000;
/** Notifiers that are served at once. */
const AT_ONCE = 16;
const ROWS_MAX = 500;
const IDLE_MS = 60_000;

export interface OutboxDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** One HTTP POST; resolves with the answer's status, rejects when there was none. */
  readonly send: (
    request: NotifierRequest & { readonly signal: AbortSignal },
  ) => Promise<{ readonly status: number; readonly retryAfterMs?: number }>;
  /** Calls back whenever there may be something new. */
  readonly onNews: (handler: () => void) => void;
}

/**
 * Sends what waits until the signal aborts: at least once across any crash, because a row is marked only after the answer, and always with the
 * same idempotency key, so that a receiver that honours it sees each change once.
 */
export const runOutbox = async (deps: OutboxDeps, signal: AbortSignal): Promise<void> => {
  let wake = new AbortController();
  deps.onNews(() => wake.abort());
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      const waitMs = await sendDue(deps, signal);
      await slept(deps.clock, waitMs, AbortSignal.any([signal, wake.signal]));
    } catch (error) {
      if (signal.aborted) return;
      deps.log.error('outbox-failed', `notifications wait: ${error instanceof Error ? error.message : String(error)}`);
      await slept(deps.clock, FIRST_RETRY_MS, signal);
    }
  }
};

/** Sends one due row of each notifier, side by side, so that a receiver that hangs holds up no other. How long until the next one is due, ms. */
const sendDue = async (deps: OutboxDeps, signal: AbortSignal): Promise<number> => {
  const due = await nextRows(deps.state).where('next_try_at', '<=', Math.floor(deps.clock.now())).limit(sql.lit(ROWS_MAX)).execute();
  const firstOfEach = new Map(due.toReversed().map((row) => [row.notifier_id, row]));
  await Promise.all([...firstOfEach.values()].slice(0, AT_ONCE).map((row) => attempt(deps, row, signal)));
  if (due.length > 0) return 0;
  const [next] = await nextRows(deps.state).clearOrderBy().orderBy('next_try_at').limit(sql.lit(1)).execute();
  return next === undefined ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, next.next_try_at - deps.clock.now()));
};

/** What may be sent, fewest attempts first: news is not held up by what fails again and again. The end of an incident waits for the word that it began. */
const nextRows = (state: State) =>
  state
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'waiting')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbox as earlier')
            .select('earlier.id')
            .where('earlier.state', '=', 'waiting')
            .whereRef('earlier.incident_id', '=', 'outbox.incident_id')
            .whereRef('earlier.notifier_id', '=', 'outbox.notifier_id')
            .whereRef('earlier.id', '<', 'outbox.id'),
        ),
      ),
    )
    .orderBy('attempts')
    .orderBy('id');

type Row = Pick<OutboxTable, 'idempotency_key' | 'notifier_id' | 'body' | 'created_at' | 'attempts'> & { readonly id: number };

const attempt = async (deps: OutboxDeps, row: Row, signal: AbortSignal): Promise<void> => {
  const result = await deliver(deps, row, signal);
  if (signal.aborted && result.kind !== 'delivered') return;
  const { state, clock, random, log } = deps;
  const now = Math.floor(clock.now());
  const attempts = row.attempts + 1;
  const update = state.updateTable('outbox').where('id', '=', row.id);
  if (result.kind === 'delivered') {
    await update.set({ state: 'delivered', attempts, delivered_at: now, last_error: null }).execute();
    return;
  }
  const givesUp = result.kind === 'refused' || now - row.created_at >= GIVE_UP_MS;
  if (attempts === 1 || givesUp)
    log.warn(
      'notification-failed',
      `notifier ${row.notifier_id}: ${result.reason}${givesUp ? '; not tried again' : '; tried again later'}`,
    );
  const backOffMs = Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** Math.min(row.attempts, 10)) * (0.5 + random.fraction() / 2);
  const waitMs = Math.max(backOffMs, result.kind === 'later' ? Math.min(result.notBeforeMs, RETRY_AFTER_MAX_MS) : 0);
  await update
    .set({ state: givesUp ? 'failed' : 'waiting', attempts, next_try_at: Math.ceil(now + waitMs), last_error: result.reason.slice(0, 500) })
    .execute();
};

type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly notBeforeMs: number };

const deliver = async ({ state, send }: OutboxDeps, row: Row, signal: AbortSignal): Promise<Delivery> => {
  const kept = await state.selectFrom('notifiers').select('document').where('id', '=', row.notifier_id).executeTakeFirst();
  if (!kept) return { kind: 'refused', reason: 'the notifier was removed' };
  try {
    const request = render(Notifier.parse(JSON.parse(kept.document)), Notification.parse(JSON.parse(row.body)), row.idempotency_key);
    return judge(await send({ ...request, signal }));
  } catch (error) {
    // The address may hold a secret: what failed is told, never where it was sent.
    return { kind: 'later', reason: `no answer: ${error instanceof Error ? error.message : String(error)}`, notBeforeMs: 0 };
  }
};

/** 2xx is delivered. A 4xx will not get better by itself, but for 408, 425 and 429. */
const judge = ({ status, retryAfterMs }: { readonly status: number; readonly retryAfterMs?: number }): Delivery => {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the receiver answered ${status}`;
  const passes = status >= 500 || status === 408 || status === 425 || status === 429;
  return passes ? { kind: 'later', reason, notBeforeMs: retryAfterMs ?? 0 } : { kind: 'refused', reason };
};
