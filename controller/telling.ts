// What goes on after a rule has fired: the outbox runs, time is looked at, and the API asks for a look or a test.
import type { Notifier } from '../protocol/notifier.ts';
import type { Clock } from '../protocol/time.ts';
import type { Alerts } from './alerts/alerts.ts';
import type { Notification } from './alerts/notification.ts';
import { sealKept, type Vault } from './alerts/notifiers/kept.ts';
import { type Delivery, runOutbox, sendOnce } from './alerts/outbox.ts';
import { openReminders } from './alerts/telling/reminders.ts';
import type { Changes } from './fleet/changes.ts';
import type { ControllerDeps } from './ports.ts';

export interface Telling {
  readonly vault: Vault;
  /** Looks at everything that is open now: silences, maintenance, routes or an acknowledgement have changed. */
  look(): Promise<void>;
  tick(): Promise<void>;
  /** Sends a made-up message, past the outbox. Never rejects. */
  test(notifier: Notifier, signal: AbortSignal): Promise<Delivery & { readonly ms: number }>;
  /** The outbox, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

interface Parts extends Pick<ControllerDeps, 'state' | 'random' | 'log' | 'send' | 'vault' | 'origin'> {
  readonly clock: Clock;
  readonly alerts: Pick<Alerts, 'onChange'>;
  readonly changes: Changes;
  readonly remindEveryMs: number;
}

/** Also encrypts the secrets of notifiers that were kept before there was a vault. */
export const openTelling = async (parts: Parts): Promise<Telling> => {
  const { state, clock, random, log, send, vault, alerts, changes, remindEveryMs } = parts;
  const place = { origin: parts.origin ?? '' };
  await sealKept(state, vault);
  const reminders = openReminders({ state, clock, everyMs: remindEveryMs });
  let wake = (): void => {};
  const onNews = (handler: () => void): void => {
    wake = handler;
    alerts.onChange(handler);
    reminders.onNews(handler);
  };
  const onIncident = (): void => {
    changes.emit({ kind: 'incidents' });
    wake();
  };
  return {
    vault,
    look: async () => {
      await reminders.look();
      changes.emit({ kind: 'incidents' });
      wake();
    },
    tick: reminders.tick,
    async test(notifier, signal) {
      const startedAt = clock.monotonic();
      const now = Math.floor(clock.now());
      const result = await sendOnce({ send, place }, notifier, madeUp(now), `test/${now}/${random.hex(4)}/${notifier.id}`, signal);
      return { ...result, ms: Math.round(clock.monotonic() - startedAt) };
    },
    run: (signal) => runOutbox({ state, clock, random, log, send, vault, place, onNews, onIncident }, signal),
  };
};

const madeUp = (now: number): Notification => ({
  status: 'firing',
  incident: 0,
  rule: 'test',
  ruleName: 'Test',
  cause: 'test:button',
  title: 'This is a test of the notifier; nothing is wrong',
  severity: 'info',
  openedAt: now,
  resolvedAt: null,
  members: [],
  test: true,
});
