// SNMPv1's and v2c's messages in BER (X.690; RFC 1157, RFC 3416), written for tables: an OID under the column that was asked for is told by
// its index, without a text of the whole. Every length is checked against what is there; a RangeError says that the bytes are no message.

export const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, bulk: 0xa5, report: 0xa8 } as const;

/** One variable of an answer. `index` is what follows the OID that was asked for; null when it lies elsewhere. Values as net-snmp has them. */
export interface Row {
  readonly index: string | null;
  readonly type: number;
  readonly value: unknown;
}
export interface Response {
  readonly isV1: boolean;
  readonly community: Buffer;
  readonly pdu: number;
  readonly id: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly rows: readonly Row[];
}

export const TAG = {
  integer: 2,
  octets: 4,
  oid: 6,
  sequence: 0x30,
  address: 64,
  counter: 65,
  gauge: 66,
  ticks: 67,
  opaque: 68,
  counter64: 70,
} as const;
const NULL = 5;
const EXCEPTIONS = 128;

/** OIDs are asked for again and again: their bytes are made once. */
const encoded = new Map<string, Buffer>();
const MOST_ENCODED = 20_000;

export const oidBytes = (oid: string): Buffer => {
  const known = encoded.get(oid);
  if (known !== undefined) return known;
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) pushArc(bytes, arc);
  const made = Buffer.from(bytes);
  if (encoded.size < MOST_ENCODED) encoded.set(oid, made);
  return made;
};

const pushArc = (bytes: number[], arc: number): void => {
  const groups = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.push((left % 128) + 128);
  for (let i = groups.length - 1; i >= 0; i -= 1) bytes.push(groups[i] ?? 0);
};

export interface Asked {
  /** The column, or the whole OID of a scalar. */
  readonly oid: string;
  /** Index of the last row that is known; '' at the beginning. */
  readonly last: string;
}

/** A request is written from its end, so that each length is known when its turn comes. */
const paper = Buffer.alloc(65_535);
let free = paper.length;

const put = (byte: number): void => {
  free -= 1;
  paper[free] = byte;
};
const putBytes = (bytes: Uint8Array): void => {
  free -= bytes.length;
  paper.set(bytes, free);
};
/** Closes an element that was written from `end` downwards. */
const close = (tag: number, end: number): void => {
  const length = end - free;
  if (length > 255) {
    put(length & 0xff);
    put(length >>> 8);
    put(0x82);
  } else if (length > 127) {
    put(length);
    put(0x81);
  } else put(length);
  put(tag);
};
const putArc = (arc: number): void => {
  put(arc % 128);
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) put((left % 128) + 128);
};
/** 0 and above. */
const putInteger = (value: number): void => {
  const end = free;
  put(value & 0xff);
  for (let left = Math.floor(value / 256); left > 0; left = Math.floor(left / 256)) put(left & 0xff);
  if ((paper[free] ?? 0) > 127) put(0);
  close(TAG.integer, end);
};

/** A request as bytes. `second` and `third` are 0, or GETBULK's non-repeaters and max-repetitions. */
export const encodeRequest = (
  isV1: boolean,
  community: Buffer,
  pdu: number,
  id: number,
  second: number,
  third: number,
  asked: readonly Asked[],
): Buffer => {
  free = paper.length;
  for (let i = asked.length - 1; i >= 0; i -= 1) {
    const { oid = '', last = '' } = asked[i] ?? {};
    const row = free;
    put(0);
    put(NULL);
    const end = free;
    if (last !== '') for (const arc of last.split('.').reverse()) putArc(Number(arc));
    putBytes(oidBytes(oid));
    close(TAG.oid, end);
    close(TAG.sequence, row);
  }
  close(TAG.sequence, paper.length);
  putInteger(third);
  putInteger(second);
  putInteger(id);
  close(pdu, paper.length);
  const secretEnd = free;
  putBytes(community);
  close(TAG.octets, secretEnd);
  putInteger(isV1 ? 0 : 1);
  close(TAG.sequence, paper.length);
  return Buffer.from(paper.subarray(free));
};

/** A place in a datagram. It moves; that is what makes reading quick. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

const byteAt = (cursor: Cursor): number => {
  if (cursor.at >= cursor.end) throw new RangeError('cut short');
  return cursor.bytes[cursor.at++] ?? 0;
};

const readLength = (cursor: Cursor): number => {
  const first = byteAt(cursor);
  let length = first;
  if (first > 127) {
    if (first > 131) throw new RangeError('a length of more than four bytes');
    length = 0;
    for (let left = first - 128; left > 0; left -= 1) length = length * 256 + byteAt(cursor);
  }
  if (cursor.at + length > cursor.end) throw new RangeError('a length beyond the end');
  return length;
};

/** What an element holds; the cursor moves behind it. Throws RangeError when another one is there. */
export const enter = (cursor: Cursor, tag: number): Cursor => {
  if (byteAt(cursor) !== tag) throw new RangeError('another element than expected');
  const length = readLength(cursor);
  const inner = { bytes: cursor.bytes, at: cursor.at, end: cursor.at + length };
  cursor.at += length;
  return inner;
};

const readInteger = (cursor: Cursor): number => {
  const inner = enter(cursor, TAG.integer);
  return signed(inner.bytes, inner.at, inner.end - inner.at);
};

const signed = (bytes: Buffer, at: number, length: number): number => {
  if (length < 1 || length > 6) throw new RangeError('an integer of another size');
  return bytes.readIntBE(at, length);
};

/** 32 bits without a sign; some devices leave out the zero byte in front, and mean it all the same. */
const unsigned = (bytes: Buffer, at: number, length: number): number => {
  if (length < 1 || length > 5) throw new RangeError('a counter of another size');
  return length === 5 ? bytes.readUInt32BE(at + 1) : bytes.readUIntBE(at, length);
};

/** An answer to a request for these; throws RangeError for what is none. */
export const decodeResponse = (datagram: Buffer, asked: readonly Asked[]): Response => {
  const message = enter({ bytes: datagram, at: 0, end: datagram.length }, TAG.sequence);
  const isV1 = readInteger(message) === 0;
  const community = enter(message, TAG.octets);
  const pdu = message.bytes[message.at] ?? 0;
  const body = enter(message, pdu);
  const [id, errorStatus, errorIndex] = [readInteger(body), readInteger(body), readInteger(body)];
  const list = enter(body, TAG.sequence);
  const rows: Row[] = [];
  const bases = asked.map(({ oid }) => oidBytes(oid));
  while (list.at < list.end) {
    const row = enter(list, TAG.sequence);
    const oid = enter(row, TAG.oid);
    const index = indexBehind(oid, bases[rows.length % Math.max(1, bases.length)]);
    const type = byteAt(row);
    const length = readLength(row);
    rows.push({ index, type, value: readValue(row.bytes, type, row.at, length) });
  }
  const secret = datagram.subarray(community.at, community.end);
  return { isV1, community: secret, pdu, id, errorStatus, errorIndex, rows };
};

const indexBehind = ({ bytes, at, end }: Cursor, base: Buffer | undefined): string | null => {
  if (base === undefined || end - at < base.length) return null;
  for (let i = 0; i < base.length; i += 1) if (bytes[at + i] !== base[i]) return null;
  return arcsOf(bytes, at + base.length, end);
};

/** '' for none: it is the very OID that was asked for. */
const arcsOf = (bytes: Buffer, from: number, end: number): string => {
  let text = '';
  let arc = 0;
  for (let i = from; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    arc = arc * 128 + (byte & 0x7f);
    if (byte > 127) continue;
    if (arc > 4_294_967_295) throw new RangeError('an arc of more than 32 bits');
    text = text === '' ? String(arc) : `${text}.${arc}`;
    arc = 0;
  }
  return text;
};

const readValue = (bytes: Buffer, type: number, at: number, length: number): unknown => {
  switch (type) {
    case TAG.integer:
      return signed(bytes, at, length);
    case TAG.counter:
    case TAG.gauge:
    case TAG.ticks:
      return unsigned(bytes, at, length);
    case TAG.octets:
    case TAG.counter64:
    case TAG.opaque:
      return bytes.subarray(at, at + length);
    case TAG.oid:
      return oidText(bytes, at, at + length);
    case TAG.address:
      return length === 4 ? bytes.subarray(at, at + 4).join('.') : '';
    default:
      if (type !== NULL && type < EXCEPTIONS) throw new RangeError(`a value of type ${type}`);
      return null;
  }
};

const oidText = (bytes: Buffer, at: number, end: number): string => {
  const [first = '0', ...rest] = arcsOf(bytes, at, end).split('.');
  const both = Number(first);
  const root = Math.min(2, Math.floor(both / 40));
  return [root, both - root * 40, ...rest].join('.');
};
