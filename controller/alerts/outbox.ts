import { type Kysely, sql } from 'kysely';
import type { Notifier } from '../../protocol/notifier.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import { compiledOnce } from '../state/compiled.ts';
import type { OutboxTable, Tables } from '../state/tables.ts';
import { Notification } from './notification.ts';
import { render } from './notifiers/index.ts';
import { readNotifier, secretTexts, type Vault } from './notifiers/kept.ts';
import type { Answer, Parcel, Place } from './notifiers/notifier.ts';
import { noteFailure, noteWorks } from './telling/failing-notifier.ts';

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
  /** Sends one parcel; resolves with what the receiver says, rejects when it says nothing. */
  readonly send: (parcel: Parcel & { readonly signal: AbortSignal }) => Promise<Answer>;
  readonly vault: Vault;
  /** Where our pages are, for links. */
  readonly place?: Place;
  /** Calls back whenever there may be something new. */
  readonly onNews: (handler: () => void) => void;
  /** A notifier has become an incident, or is none any more. */
  readonly onIncident?: () => void;
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
  const due = await dueRows(deps.state, Math.floor(deps.clock.now()));
  const firstOfEach = new Map(due.toReversed().map((row) => [row.notifier_id, row]));
  await Promise.all([...firstOfEach.values()].slice(0, AT_ONCE).map((row) => attempt(deps, row, signal)));
  if (due.length > 0) return 0;
  const [next] = await nextRow(deps.state);
  return next === undefined ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, next.next_try_at - deps.clock.now()));
};

/** What may be sent, fewest attempts first: news is not held up by what fails again and again. The end of an incident waits for the word that it began. */
const nextRows = (state: Kysely<Tables>) =>
  state
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', sql.lit('waiting')) // spelt out: a parameter would not find the index of those that wait
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbox as earlier')
            .select('earlier.id')
            .where('earlier.state', '=', sql.lit('waiting'))
            .whereRef('earlier.incident_id', '=', 'outbox.incident_id')
            .whereRef('earlier.notifier_id', '=', 'outbox.notifier_id')
            .whereRef('earlier.id', '<', 'outbox.id'),
        ),
      ),
    )
    .orderBy('attempts')
    .orderBy('id');
const dueRows = compiledOnce((state) => nextRows(state).where('next_try_at', '<=', 0).limit(sql.lit(ROWS_MAX)));
const nextRow = compiledOnce((state) => nextRows(state).clearOrderBy().orderBy('next_try_at').limit(sql.lit(1)));

type Row = Pick<OutboxTable, 'idempotency_key' | 'notifier_id' | 'body' | 'created_at' | 'attempts'> & { readonly id: number };

const attempt = async (deps: OutboxDeps, row: Row, signal: AbortSignal): Promise<void> => {
  const { state, clock, random, log } = deps;
  const startedAt = clock.monotonic();
  const result = await deliver(deps, row, signal);
  if (signal.aborted && result.kind !== 'delivered') return;
  const now = Math.floor(clock.now());
  const ms = Math.max(0, Math.round(clock.monotonic() - startedAt));
  const attempts = row.attempts + 1;
  const notifier = row.notifier_id;
  const hasTurned = await state.transaction().execute(async (trx) => {
    const update = trx.updateTable('outbox').where('id', '=', row.id);
    await trx.insertInto('outbox_attempts').values({ outbox_id: row.id, at: now, ms, result: result.kind, said: result.reason }).execute();
    if (result.kind === 'delivered') {
      await update.set({ state: 'delivered', attempts, delivered_at: now, last_error: null }).execute();
      return noteWorks(trx, notifier, now, 'it delivers again');
    }
    const givesUp = result.kind === 'refused' || now - row.created_at >= GIVE_UP_MS;
    if (attempts === 1 || givesUp)
      log.warn('notification-failed', `notifier ${notifier}: ${result.reason}${givesUp ? '; not tried again' : '; tried again later'}`);
    const backOffMs = Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** Math.min(row.attempts, 10)) * (0.5 + random.fraction() / 2);
    const waitMs = Math.max(backOffMs, result.kind === 'later' ? Math.min(result.notBeforeMs, RETRY_AFTER_MAX_MS) : 0);
    await update
      .set({ state: givesUp ? 'failed' : 'waiting', attempts, next_try_at: Math.ceil(now + waitMs), last_error: result.reason })
      .execute();
    if (result.isGone === true) return false;
    return noteFailure(trx, { notifier, since: row.created_at, isLast: givesUp, reason: result.reason, now });
  });
  if (hasTurned) deps.onIncident?.();
};

/** `reason`: what the receiver said, or why there was no answer; without any secret. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string /** The notifier was removed. */; readonly isGone?: boolean }
  | { readonly kind: 'later'; readonly reason: string; readonly notBeforeMs: number; readonly isGone?: boolean };

const deliver = async (deps: OutboxDeps, row: Row, signal: AbortSignal): Promise<Delivery> => {
  let notifier: Notifier | null;
  let notification: Notification;
  try {
    notifier = await readNotifier(deps.state, deps.vault, row.notifier_id);
    notification = Notification.parse(JSON.parse(row.body));
  } catch (error) {
    return { kind: 'later', reason: short(error instanceof Error ? error.message : String(error)), notBeforeMs: 0 };
  }
  if (notifier === null) return { kind: 'refused', reason: 'the notifier was removed', isGone: true };
  return sendOnce(deps, notifier, notification, row.idempotency_key, signal);
};

/** One attempt at one notification, for the outbox and the test button. Never rejects. */
export const sendOnce = async (
  { send, place }: Pick<OutboxDeps, 'send' | 'place'>,
  notifier: Notifier,
  notification: Notification,
  key: string,
  signal: AbortSignal,
): Promise<Delivery> => {
  // The address and what the receiver says may hold a secret: what failed is told, never with what.
  const clean = (text: string): string => short(secretTexts(notifier).reduce((words, secret) => words.replaceAll(secret, '…'), text));
  try {
    const answer = await send({ ...render(notifier, notification, key, place ?? NOWHERE), signal });
    const verdict = judge(answer);
    return { ...verdict, reason: clean(verdict.reason) };
  } catch (error) {
    return { kind: 'later', reason: clean(`no answer: ${error instanceof Error ? error.message : String(error)}`), notBeforeMs: 0 };
  }
};

const NOWHERE: Place = { origin: '' };
const short = (text: string): string => text.slice(0, 500);

/** 2xx is delivered. A 4xx will not get better by itself, but for 408, 425 and 429. */
const judge = ({ status, said, retryAfterMs }: Answer): Delivery => {
  if (status >= 200 && status < 300) return { kind: 'delivered', reason: said ?? '' };
  const reason = said ? `the receiver answered ${status}: ${said}` : `the receiver answered ${status}`;
  const passes = status >= 500 || status === 408 || status === 425 || status === 429;
  return passes ? { kind: 'later', reason, notBeforeMs: retryAfterMs ?? 0 } : { kind: 'refused', reason };
};
