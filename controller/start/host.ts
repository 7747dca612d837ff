import { readFileSync } from 'node:fs';
import { systemClock } from '../../protocol/time.ts';
import type { ControllerDeps } from '../ports.ts';

/** A suspension is seen this late; every message asks, and a file is slow to read. */
const LOOK_EVERY_MS = 100;

/** /proc/uptime runs on while the host sleeps, CLOCK_MONOTONIC stands still: the difference rises by the time slept. */
export const systemHost = (): ControllerDeps['host'] => {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let suspended = 0;
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    suspendedMs() {
      const now = systemClock.monotonic();
      if (now - lookedAt < LOOK_EVERY_MS) return suspended;
      lookedAt = now;
      suspended = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000 - now;
      return suspended;
    },
  };
};
