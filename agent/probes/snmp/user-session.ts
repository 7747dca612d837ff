import { isIPv6 } from 'node:net';
import snmp, { type DatagramSocket, type Session, type User, type Varbind } from 'net-snmp';
import type { SnmpAccess, SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import { type Asked, type Row, TAG } from './ber.ts';
import { wide } from './ber-read.ts';
import { indexIn } from './oid.ts';
import { hasLevel } from './security-level.ts';
import type { Answer, Failure, SessionPlan, SnmpSession } from './session.ts';
import { makeWire, openWireSocket, type Permit, type Wire, type DeviceAddress } from './socket.ts';

type UserAccess = Extract<SnmpAccess, { version: '3' }>;

/** SNMPv3: net-snmp brings the user security model (RFC 3414, RFC 3826, RFC 7860), our socket brings its datagrams. */
export const openUserSession = (plan: SessionPlan, access: UserAccess): SnmpSession => {
  const wire = makeWire();
  const waiting = new Set<(answer: Failure) => void>();
  let session = openNetSnmp(plan, access, wire);
  /** It has answered as the user: what it refuses then is about its engine, not about the password. */
  let isEstablished = false;
  let isClosed = false;

  const close = (): void => {
    try {
      session.close();
    } catch {
      // Closed already, by an error of its socket.
    }
  };
  const once = <T>(send: Send<T>): Promise<Answer<T>> =>
    new Promise((resolve) => {
      const settle = (answer: Answer<T>): void => {
        waiting.delete(settle);
        resolve(answer);
      };
      waiting.add(settle);
      try {
        send(session, (error, value) => settle(error === null && value !== undefined ? { ok: true, value } : failureOf(error, wire)));
      } catch (error) {
        settle({ ok: false, reason: 'garbage', detail: textOf(error) });
      }
    });
  /** A device that began anew, or was replaced, has another engine or another time (RFC 3414 section 4): it is got to know again, once. */
  const ask = async <T>(send: Send<T>): Promise<Answer<T>> => {
    const answer = await once(send);
    if (!isEstablished || isClosed || answer.ok || answer.reason !== 'auth') {
      isEstablished ||= answer.ok;
      return answer;
    }
    close();
    session = openNetSnmp(plan, access, wire);
    const again = await once(send);
    isEstablished = again.ok;
    return again;
  };
  const rowsOf = (answer: Answer<readonly Varbind[]>, asked: readonly Asked[]): Answer<readonly Row[]> =>
    answer.ok ? { ok: true, value: answer.value.map((varbind, i) => rowOf(varbind, asked[i % asked.length])) } : answer;

  return {
    version: '3',
    wire,
    get: async (oids) =>
      rowsOf(
        await ask<Varbind[]>((to, done) => to.get(oids, done)),
        oids.map((oid) => ({ oid, last: '' })),
      ),
    next: async (asked) => rowsOf(await ask<Varbind[]>((to, done) => to.getNext(asked.map(cursorOf), done)), asked),
    bulk: async (asked, repetitions) => {
      const answer = await ask<(Varbind | Varbind[])[]>((to, done) => to.getBulk(asked.map(cursorOf), 0, repetitions, done));
      if (!answer.ok) return answer;
      // As they came: row by row.
      const columns = answer.value.map((one) => (Array.isArray(one) ? one : [one]));
      const longest = Math.max(0, ...columns.map(({ length }) => length));
      const rows = Array.from({ length: longest }, (_, i) =>
        columns.flatMap((column, j) => (column[i] === undefined ? [] : [rowOf(column[i], asked[j])])),
      );
      return { ok: true, value: rows.flat() };
    },
    close() {
      isClosed = true;
      close();
      for (const settle of waiting) settle({ ok: false, reason: 'unreachable', detail: 'closed' });
    },
  };
};

type Send<T> = (session: Session, done: (error: Error | null, value: T | undefined) => void) => void;

const openNetSnmp = ({ device, secrets, timeoutMs, retries, permit }: SessionPlan, access: UserAccess, wire: Wire): Session => {
  const session = snmp.createV3Session(device.address, userOf(access, secrets), {
    version: snmp.Version3,
    port: device.port,
    transport: isIPv6(device.address) ? 'udp6' : 'udp4',
    retries,
    timeout: timeoutMs,
    backoff: 1.5,
    context: access.context,
    // Order is judged where tables are read, which goes on with the other columns.
    backwardsGetNexts: true,
    dgramModule: { createSocket: () => datagrams(device, access.level, wire, permit) },
  });
  // Without a listener one garbled datagram would end the process. The request itself runs into its timeout.
  session.on('error', () => void (wire.garbage += 1));
  return session;
};

export const cursorOf = ({ oid, last }: Asked): string => (last === '' ? oid : `${oid}.${last}`);

const rowOf = ({ oid, type, value }: Varbind, asked: Asked | undefined): Row => ({
  index: asked === undefined ? null : oid === asked.oid ? '' : indexIn(asked.oid, oid),
  type,
  value: type === TAG.counter64 && value instanceof Uint8Array ? wide(value, 0, value.length) : value,
});

/** Our socket, as net-snmp wants one. A handler that throws at a garbled answer ends nothing. */
const datagrams = (device: DeviceAddress, level: UserAccess['level'], wire: Wire, permit: Permit): DatagramSocket => {
  // Border: net-snmp's handlers take what dgram gives.
  const handlers = new Map<string, (...values: unknown[]) => void>();
  const socket = openWireSocket(
    device,
    wire,
    (datagram) => {
      try {
        // net-snmp takes an answer at the level that the answer says it has.
        if (hasLevel(datagram, level)) handlers.get('message')?.(datagram);
        else wire.unsigned += 1;
      } catch {
        wire.garbage += 1;
      }
    },
    () => undefined, // the request that waits runs into its timeout, as with a silent device
  );
  return {
    on: (event, handler) => handlers.set(event, handler as (...values: unknown[]) => void),
    send(buffer, offset, length, _port, _address, done) {
      const send = async (): Promise<void> => {
        const held = await permit();
        if (held !== null) return done(new Error(held));
        socket.send(buffer.subarray(offset, offset + length));
        done(null);
      };
      send().catch((error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
    },
    close() {
      socket.close();
      handlers.get('close')?.();
    },
    ref: () => undefined,
    unref: () => undefined,
    bind: () => undefined,
  };
};

const PRIV = { des: 'des', aes: 'aes', aes256: 'aes256b', aes256c: 'aes256r' } as const;

const userOf = (access: UserAccess, secrets: SnmpSecrets): User => {
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
  if (name === 'RequestTimedOutError' && wire.unsigned > 0)
    return { ok: false, reason: 'auth', detail: 'answers below the level that was asked for (RFC 3412 section 7.2) were dropped' };
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
