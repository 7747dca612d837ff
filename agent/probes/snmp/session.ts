import type { SnmpAccess, SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import type { Clock } from '../../../protocol/time.ts';
import type { Asked, Row } from './ber.ts';
import { openCommunitySession } from './community-session.ts';
import type { DeviceAddress, Permit, Wire } from './socket.ts';
import { openUserSession } from './user-session.ts';

/** Why a request gave nothing. `refused`: the device answered, with an error status of its own. */
export type Failure =
  | { readonly ok: false; readonly reason: 'timeout' | 'auth' | 'unreachable' | 'garbage' | 'held'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'refused'; readonly status: string; readonly oid: string | null; readonly detail: string };
export type Answer<T> = { readonly ok: true; readonly value: T } | Failure;

/** One device's session: one request at a time. Every call resolves; none rejects. */
export interface SnmpSession {
  readonly version: SnmpAccess['version'];
  readonly wire: Wire;
  /** As many as were asked for, in their order. */
  get(oids: readonly string[]): Promise<Answer<readonly Row[]>>;
  /** One for each: its lexicographic successor. */
  next(asked: readonly Asked[]): Promise<Answer<readonly Row[]>>;
  /** Their successors, round after round, at most `repetitions`; an answer cut short by the device has fewer. */
  bulk(asked: readonly Asked[], repetitions: number): Promise<Answer<readonly Row[]>>;
  close(): void;
}

export interface SessionPlan {
  readonly device: DeviceAddress;
  readonly access: SnmpAccess;
  readonly secrets: SnmpSecrets;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly permit: Permit;
}

export const openSession = (plan: SessionPlan, clock: Clock): SnmpSession =>
  plan.access.version === '3' ? openUserSession(plan, plan.access) : openCommunitySession(plan, clock);
