import { existsSync, readFileSync } from 'node:fs';
import { systemClock } from '../protocol/time.ts';

/** What an agent knows of the machine under it. */
export interface Host {
  /** Random for each boot: monotonic times of two boots cannot be compared. */
  readonly bootId: string;
  /** Milliseconds that this boot spent suspended, up to an unknown constant; only how it rises counts. */
  suspendedMs(): number;
}

/** /proc/uptime runs on while the host sleeps, CLOCK_MONOTONIC stands still: the difference rises by the time slept (10 ms steps). */
export const systemHost = (): Host => ({
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  suspendedMs: () => Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000 - systemClock.monotonic(),
});

/** Whether something on this host says that its wall clock is synchronised; without a sign of it dates of certificates prove nothing. */
export const isClockSynchronised = (): boolean =>
  ['/run/systemd/timesync/synchronized', '/run/chrony/chronyd.pid', '/run/chronyd.pid', '/run/ntpd.pid'].some((path) => existsSync(path));

/** Wall clock for certificates' dates; null when it is not synchronised. */
export const datesNow = (): number | null => (isClockSynchronised() ? systemClock.now() : null);
