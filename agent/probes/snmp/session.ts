import { isIPv6 } from 'node:net';
import snmp, { type Session, type User, type Varbind } from 'net-snmp';
import type { SnmpAccess, SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import { makeWire, openWireSocket, type Permit, type Wire } from './socket.ts';

/** Why a request gave nothing. `refused`: the device answered, with an error status of its own. */
export type Failure =
  | { readonly ok: false; readonly reason: 'timeout' | 'auth' | 'unreachable' | 'garbage' | 'held'; readonly detail: string }
  | { readonly ok: false; readonly reason: 'refused'; readonly status: string; readonly oid: string | null; readonly detail: string };
export type Answer<T> = { readonly ok: true; readonly value: T } | Failure;

export interface DeviceAddress {
  readonly address: string;
  readonly port: number;
}

/** One device's session: at most one request is under way. Every call resolves; none rejects. */
export interface SnmpSession {
  readonly version: SnmpAccess['version'];
  readonly wire: Wire;
  get(oids: readonly string[]): Promise<Answer<readonly Varbind[]>>;
  /** One varbind for each OID: its lexicographic successor. */
  next(oids: readonly string[]): Promise<Answer<readonly Varbind[]>>;
  /** For each OID its successors, at most `repetitions`; an answer cut short by the device has fewer. */
  bulk(oids: readonly string[], repetitions: number): Promise<Answer<readonly (readonly Varbind[])[]>>;
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

export const openSession = (plan: SessionPlan): SnmpSession => {
  const wire = makeWire();
  const session = connect(plan, wire);
  const waiting = new Set<(answer: Failure) => void>();
  // Without a listener one garbled datagram would end the process. The request itself runs into its timeout.
  session.on('error', () => void (wire.garbage += 1));

  const ask = <T>(send: (done: (error: Error | null, value: T | undefined) => void) => void): Promise<Answer<T>> =>
    new Promise((resolve) => {
      const settle = (answer: Answer<T>): void => {
        waiting.delete(settle);
        resolve(answer);
      };
      waiting.add(settle);
      try {
        send((error, value) => settle(error === null && value !== undefined ? { ok: true, value } : failureOf(error, wire)));
      } catch (error) {
        settle({ ok: false, reason: 'garbage', detail: textOf(error) });
      }
    });

  return {
    version: plan.access.version,
    wire,
    get: (oids) => ask((done) => session.get(oids, done)),
    next: (oids) => ask((done) => session.getNext(oids, done)),
    bulk: async (oids, repetitions) => {
      const answer = await ask<(Varbind | Varbind[])[]>((done) => session.getBulk(oids, 0, repetitions, done));
      return answer.ok ? { ok: true, value: answer.value.map((one) => (Array.isArray(one) ? one : [one])) } : answer;
    },
    close() {
      try {
        session.close();
      } catch {
        // Closed already, by an error of its socket.
      }
      for (const settle of waiting) settle({ ok: false, reason: 'unreachable', detail: 'closed' });
    },
  };
};

const connect = ({ device, access, secrets, timeoutMs, retries, permit }: SessionPlan, wire: Wire): Session => {
  const options = {
    port: device.port,
    transport: isIPv6(device.address) ? ('udp6' as const) : ('udp4' as const),
    retries,
    timeout: timeoutMs,
    backoff: 1.5,
    // Order is judged where tables are read, which goes on with the other columns.
    backwardsGetNexts: true,
    dgramModule: { createSocket: (type: 'udp4' | 'udp6') => openWireSocket(type, device.port, device.address, wire, permit) },
  };
  if (access.version === '3')
    return snmp.createV3Session(device.address, userOf(access, secrets), { ...options, version: snmp.Version3, context: access.context });
  const version = access.version === '1' ? snmp.Version1 : snmp.Version2c;
  return snmp.createSession(device.address, secrets.community ?? '', { ...options, version });
};

const PRIV = { des: 'des', aes: 'aes', aes256: 'aes256b', aes256c: 'aes256r' } as const;

const userOf = (access: Extract<SnmpAccess, { version: '3' }>, secrets: SnmpSecrets): User => {
  const auth = { authProtocol: snmp.AuthProtocols[access.authProtocol] ?? 0, authKey: secrets.authKey ?? '' };
  const priv = { privProtocol: snmp.PrivProtocols[PRIV[access.privProtocol]] ?? 0, privKey: secrets.privKey ?? '' };
  const level = snmp.SecurityLevel[access.level];
  if (access.level === 'noAuthNoPriv') return { name: access.user, level };
  return access.level === 'authNoPriv' ? { name: access.user, level, ...auth } : { name: access.user, level, ...auth, ...priv };
};

/** net-snmp tells errors by their class's name; the status of a refusal is its message's first word. */
const failureOf = (error: Error | null, wire: Wire): Failure => {
  const detail = textOf(error);
  const name = error?.name ?? '';
  if (name === 'RequestTimedOutError')
    return { ok: false, reason: wire.garbage > 0 ? 'garbage' : 'timeout', detail: wire.garbage > 0 ? 'answers that are no SNMP' : detail };
  if (name === 'RequestFailedError') {
    const [, status = detail, oid = null] = /^(\w+)(?:: (\S+))?/.exec(detail) ?? [];
    return { ok: false, reason: 'refused', status, oid, detail };
  }
  // Fewer variables than were asked for: as if it had refused, without saying which.
  if (name === 'ResponseInvalidError' && codeOf(error) === MISMATCH)
    return { ok: false, reason: 'refused', status: 'mismatch', oid: null, detail };
  if (name === 'ResponseInvalidError') return { ok: false, reason: isAuth(error) ? 'auth' : 'garbage', detail };
  if (error !== null && 'code' in error) return { ok: false, reason: 'unreachable', detail: String(error.code) };
  return { ok: false, reason: detail.startsWith('guard-rail') ? 'held' : 'garbage', detail };
};

const MISMATCH = 6;
const codeOf = (error: Error | null): number => (error !== null && 'code' in error ? Number(error.code) : 0);

/** ResponseInvalidCode: 4 could not decrypt, 5 the device refused the user, its digest or its level, 14 outside of its time window. */
const isAuth = (error: Error | null): boolean => [4, 5, 14].includes(codeOf(error));

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error ?? 'no answer')).slice(0, 200);
