import { readFileSync } from 'node:fs';
import { systemClock } from '../../protocol/time.ts';
import type { ControllerDeps } from '../ports.ts';

/** /proc/uptime runs on while the host sleeps, CLOCK_MONOTONIC stands still: the difference rises by the time slept. */
export const systemHost = (): ControllerDeps['host'] => ({
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  suspendedMs: () => Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000 - systemClock.monotonic(),
});
