import { type Clock, slept } from '../../../protocol/time.ts';
import type { Limits } from '../../config/limits.ts';
import { refusalOf } from '../../icmp/guard.ts';
import type { Permit } from './socket.ts';

/** The host owner's guard rails where SNMP is sent: no datagram leaves without its permit. Limits may change at any time. */
export const makePermit = (limits: () => Limits | null, address: string, clock: Clock, signal: AbortSignal): Permit => {
  let tokens = 1;
  let atMs = clock.monotonic();
  let refusedBy: { readonly limits: Limits | null; readonly refusal: string | null } | null = null;
  return () => {
    const now = limits();
    if (refusedBy?.limits !== now) refusedBy = { limits: now, refusal: refusalOf(now, address, 'snmp') };
    if (refusedBy.refusal !== null || now === null) return `guard-rail: ${refusedBy.refusal ?? 'no-limits'}`;
    const perSecond = now.snmp.requestsPerSecond;
    const burst = Math.max(1, perSecond / 4);
    const earned = ((clock.monotonic() - atMs) / 1_000) * perSecond;
    tokens = Math.min(burst, tokens + earned) - 1;
    atMs = clock.monotonic();
    if (tokens >= 0) return null;
    return slept(clock, (-tokens / perSecond) * 1_000, signal).then((over) => (over ? null : 'guard-rail: stopped'));
  };
};
