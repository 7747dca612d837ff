import { randomInt } from 'node:crypto';
import { type Asked, encodeRequest, PDU, type Row } from './ber.ts';
import { decodeResponse, type Response } from './ber-read.ts';
import { type Clock, slept } from '../../../protocol/time.ts';
import type { Answer, Failure, SessionPlan, SnmpSession } from './session.ts';
import { makeWire, openWireSocket } from './socket.ts';

// SNMPv1 and v2c, where a device of 2,000 ports is 34,000 variables a minute: a codec of our own, and request ids that nobody guesses.

interface Pending {
  readonly id: number;
  readonly bytes: Buffer;
  readonly asked: readonly Asked[];
  tries: number;
  timeoutMs: number;
  dueMs: number;
  readonly settle: (answer: Answer<readonly Row[]>) => void;
}

const BACK_OFF = 1.5;
const IDS_FROM = 1;
const IDS_TO = 2 ** 31 - 1;

export const openCommunitySession = ({ device, access, secrets, timeoutMs, retries, permit }: SessionPlan, clock: Clock): SnmpSession => {
  const isV1 = access.version === '1';
  const community = Buffer.from(secrets.community ?? '');
  const wire = makeWire();
  const closing = new AbortController();
  let pending: Pending | null = null;
  let isWatched = false;

  const settle = (answer: Answer<readonly Row[]>): void => {
    const settled = pending;
    pending = null;
    settled?.settle(answer);
  };
  const take = (datagram: Buffer): void => {
    if (pending === null) return; // late, or a second time
    let response: Response;
    try {
      response = decodeResponse(datagram, pending.asked);
    } catch {
      wire.garbage += 1; // the request runs into its timeout: the real answer may still come
      return;
    }
    const isOurs = response.pdu === PDU.response && response.id === pending.id && response.isV1 === isV1;
    if (!isOurs || !response.community.equals(community)) return;
    settle(response.errorStatus === 0 ? { ok: true, value: response.rows } : refusalOf(response, pending.asked));
  };
  const socket = openWireSocket(device, wire, take, (code) => settle({ ok: false, reason: 'unreachable', detail: code }));

  const transmit = async (request: Pending): Promise<void> => {
    const granted = permit();
    const held = typeof granted === 'object' && granted !== null ? await granted : granted;
    if (pending !== request) return;
    if (held !== null) return settle({ ok: false, reason: 'held', detail: held });
    request.dueMs = clock.monotonic() + request.timeoutMs;
    socket.send(request.bytes);
  };
  /** One sleeper for all requests of the session, as long as there are some. */
  const watch = async (): Promise<void> => {
    isWatched = true;
    while (pending !== null) {
      const waitMs = pending.dueMs - clock.monotonic();
      if (waitMs > 0) {
        if (!(await slept(clock, waitMs + 1, closing.signal))) break;
      } else if (pending.tries > 0) {
        pending.tries -= 1;
        pending.timeoutMs *= BACK_OFF;
        pending.dueMs = Number.POSITIVE_INFINITY;
        await transmit(pending);
      } else settle(silence(wire.garbage));
    }
    isWatched = false;
  };
  const ask = (pdu: number, second: number, third: number, asked: readonly Asked[]): Promise<Answer<readonly Row[]>> =>
    new Promise((resolve) => {
      if (closing.signal.aborted) return resolve(CLOSED);
      const id = randomInt(IDS_FROM, IDS_TO);
      const bytes = encodeRequest(isV1, community, pdu, id, second, third, asked);
      pending = { id, bytes, asked, tries: retries, timeoutMs, dueMs: clock.monotonic() + timeoutMs, settle: resolve };
      void transmit(pending);
      if (!isWatched) void watch();
    });

  return {
    version: access.version,
    wire,
    async get(oids) {
      const answer = await ask(
        PDU.get,
        0,
        0,
        oids.map((oid) => ({ oid, last: '' })),
      );
      return answer.ok && answer.value.length !== oids.length ? MISMATCH : answer;
    },
    async next(asked) {
      const answer = await ask(PDU.next, 0, 0, asked);
      return answer.ok && answer.value.length !== asked.length ? MISMATCH : answer;
    },
    bulk: (asked, repetitions) => ask(PDU.bulk, 0, repetitions, asked),
    close() {
      if (closing.signal.aborted) return;
      closing.abort(new Error('closed'));
      socket.close();
      settle(CLOSED);
    },
  };
};

const CLOSED: Failure = { ok: false, reason: 'unreachable', detail: 'closed' };
const MISMATCH: Failure = {
  ok: false,
  reason: 'refused',
  status: 'mismatch',
  oid: null,
  detail: 'another number of variables than asked for',
};

const silence = (garbage: number): Failure =>
  garbage > 0
    ? { ok: false, reason: 'garbage', detail: 'answers that are no SNMP' }
    : { ok: false, reason: 'timeout', detail: 'no answer' };

/** RFC 3416 section 3: error-status. */
const STATUS = ['noError', 'tooBig', 'noSuchName', 'badValue', 'readOnly', 'genErr', 'noAccess'] as const;

const refusalOf = ({ errorStatus, errorIndex }: Response, asked: readonly Asked[]): Failure => {
  const status = STATUS[errorStatus] ?? `error-${errorStatus}`;
  const named = asked[errorIndex - 1];
  const oid = named === undefined ? null : named.last === '' ? named.oid : `${named.oid}.${named.last}`;
  return { ok: false, reason: 'refused', status, oid, detail: oid === null ? status : `${status}: ${oid}` };
};
