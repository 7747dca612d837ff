import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type BerValue, elements, encodeValue, integer, oidBytes, readInteger, readOid, tlv } from './ber.ts';

/** What one device has: OIDs with their values, or functions that give them when asked. */
export type Mib = Readonly<Record<string, BerValue | (() => BerValue)>>;

/** How a device is not as it should be. All may be changed while it runs. */
export interface Faults {
  delayMs?: number;
  /** Of ten requests so many get no answer. */
  dropTenths?: number;
  /** Answers bytes that are no SNMP. */
  garbage?: boolean;
  /** More variables than that are answered with tooBig. */
  tooBigAbove?: number;
  /** An answer holds at most so many variables, whatever was asked. */
  truncateAt?: number;
  /** Every answer comes twice. */
  twice?: boolean;
  /** Answers come from another port. */
  elsewhere?: boolean;
  /** Every successor is the same row again. */
  stuck?: boolean;
}

/** A device of the tests' own on loopback, SNMPv1 and v2c. */
export interface Responder extends AsyncDisposable {
  readonly port: number;
  readonly faults: Faults;
  /** Requests that came, dropped ones too. */
  requests: number;
  /** Variables in all answers. */
  variables: number;
  /** Replaces all that the device has. */
  setMib(mib: Mib): void;
}

interface Entry {
  readonly arcs: readonly number[];
  /** The OID as an element, ready to be sent. */
  readonly oid: Buffer;
  readonly value: BerValue | (() => BerValue);
  /** The whole variable when its value never changes. */
  readonly whole: Buffer | null;
}

/** `mib` may be a table that many devices share. */
export const openResponder = async (mib: Mib | Table, faults: Faults = {}, address = '127.0.0.1'): Promise<Responder> => {
  const socket = createSocket('udp4');
  const other = createSocket('udp4');
  let table = isTable(mib) ? mib : makeTable(mib);
  socket.bind(0, address);
  await once(socket, 'listening');
  const answer = (message: Buffer, from: RemoteInfo): void => {
    responder.requests += 1;
    const { delayMs = 0, dropTenths = 0, garbage = false, twice = false, elsewhere = false } = faults;
    // Times seven: those that are lost do not all follow each other.
    if ((responder.requests * 7) % 10 < dropTenths) return;
    const reply = garbage
      ? Buffer.from('30ff0102ffffffffff', 'hex')
      : respond(message, table, faults, (count) => {
          responder.variables += count;
        });
    if (reply === null) return;
    const send = (): void => {
      const out: Socket = elsewhere ? other : socket;
      for (let times = twice ? 2 : 1; times > 0; times -= 1) out.send(reply, from.port, from.address, () => undefined);
    };
    if (delayMs > 0) setTimeout(send, delayMs).unref();
    else send();
  };
  socket.on('message', answer);
  const responder: Responder = {
    port: socket.address().port,
    faults,
    requests: 0,
    variables: 0,
    setMib: (next) => {
      table = makeTable(next);
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
      other.close();
    },
  };
  return responder;
};

export interface Table {
  readonly entries: readonly Entry[];
  /** Position of each OID, by its bytes. */
  readonly at: ReadonlyMap<string, number>;
}

const isTable = (mib: Mib | Table): mib is Table => Array.isArray(mib['entries']);

export const makeTable = (mib: Mib): Table => {
  const entries = Object.entries(mib)
    .map(([text, value]): Entry => {
      const oid = tlv(6, oidBytes(text));
      const whole = typeof value === 'function' ? null : tlv(0x30, Buffer.concat([oid, encodeValue(value)]));
      return { arcs: text.split('.').map(Number), oid, value, whole };
    })
    .sort((a, b) => compare(a.arcs, b.arcs));
  return { entries, at: new Map(entries.map(({ oid }, i) => [oid.toString('latin1'), i])) };
};

const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, bulk: 0xa5 } as const;
const ERROR = { tooBig: 1, noSuchName: 2 } as const;
const END = Buffer.from([130, 0]);

/** The bytes of the answer; null for what is no request. */
export const respond = (message: Buffer, table: Table, faults: Faults, served: (variables: number) => void): Buffer | null => {
  const [outer] = elements(message);
  const [version, community, pdu] = outer === undefined ? [] : elements(outer.body);
  if (version === undefined || community === undefined || pdu === undefined) return null;
  const [id, first, second, list] = elements(pdu.body);
  if (id === undefined || first === undefined || second === undefined || list === undefined) return null;
  const isV1 = readInteger(version.body) === 0;
  const oids = elements(list.body).map(({ body }) => elements(body)[0]?.body ?? Buffer.alloc(0));
  const reply = (variables: Buffer, error = 0, index = 0): Buffer => {
    const body = Buffer.concat([tlv(id.tag, id.body), integer(error), integer(index), tlv(0x30, variables)]);
    return tlv(0x30, Buffer.concat([tlv(2, version.body), tlv(4, community.body), tlv(PDU.response, body)]));
  };
  const variables: Buffer[] = [];
  if (pdu.tag === PDU.get) {
    for (const [i, oid] of oids.entries()) {
      const at = table.at.get(tlv(6, oid).toString('latin1'));
      if (at === undefined && isV1) return reply(list.body, ERROR.noSuchName, i + 1);
      variables.push(at === undefined ? tlv(0x30, Buffer.concat([tlv(6, oid), Buffer.from([129, 0])])) : wholeOf(table.entries[at]));
    }
  } else if (pdu.tag === PDU.next || pdu.tag === PDU.bulk) {
    const repetitions = pdu.tag === PDU.bulk ? readInteger(second.body) : 1;
    let cursors = oids.map((oid) => after(table, oid, faults.stuck === true));
    for (let turn = 0; turn < repetitions; turn += 1) {
      for (const [i, at] of cursors.entries()) {
        const entry = table.entries[at];
        if (entry === undefined && isV1) return reply(list.body, ERROR.noSuchName, i + 1);
        variables.push(entry === undefined ? tlv(0x30, Buffer.concat([tlv(6, oids[i] ?? Buffer.alloc(0)), END])) : wholeOf(entry));
      }
      cursors = cursors.map((at) => (faults.stuck === true ? at : at + 1));
      if (variables.length >= (faults.truncateAt ?? Number.POSITIVE_INFINITY)) break;
    }
  } else return null;
  if (variables.length > (faults.tooBigAbove ?? Number.POSITIVE_INFINITY)) return reply(Buffer.alloc(0), ERROR.tooBig);
  const said = variables.slice(0, faults.truncateAt);
  served(said.length);
  return reply(Buffer.concat(said));
};

const wholeOf = (entry: Entry | undefined): Buffer => {
  if (entry === undefined) return Buffer.alloc(0);
  const { whole, oid, value } = entry;
  return whole ?? tlv(0x30, Buffer.concat([oid, encodeValue(typeof value === 'function' ? value() : value)]));
};

/** The position of the first OID behind this one. */
const after = ({ entries, at }: Table, oid: Buffer, stuck: boolean): number => {
  const exact = at.get(tlv(6, oid).toString('latin1'));
  if (exact !== undefined) return stuck ? exact : exact + 1;
  const arcs = readOid(oid);
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(entries[middle]?.arcs ?? [], arcs) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};
