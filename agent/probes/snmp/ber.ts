// SNMPv1's and v2c's messages in BER (X.690; RFC 1157, RFC 3416), written for tables: an OID under the column that was asked for is told by
// its index, without a text of the whole. Every length is checked against what is there; a RangeError says that the bytes are no message.

export const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, bulk: 0xa5, report: 0xa8 } as const;

/** One variable of an answer. `index` is what follows the OID that was asked for; null when it lies elsewhere. Values as net-snmp has them, but Counter64 as a number, or a bigint above 2^53. */
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
  const arcs: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) pushArc(arcs, arc);
  const made = Buffer.from(arcs);
  if (encoded.size < MOST_ENCODED) encoded.set(oid, made);
  return made;
};

const pushArc = (into: number[], arc: number): void => {
  const groups = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.push((left % 128) + 128);
  for (let i = groups.length - 1; i >= 0; i -= 1) into.push(groups[i] ?? 0);
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
const putBytes = (some: Uint8Array): void => {
  free -= some.length;
  paper.set(some, free);
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

/** A place in a datagram, for what is read rarely. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

/** What an element holds; the cursor moves behind it. Throws RangeError when another one is there. */
export const enter = (cursor: Cursor, tag: number): Cursor => {
  open(cursor.bytes, cursor.at);
  const end = element(tag, cursor.end);
  cursor.at = end;
  return { bytes, at: place, end };
};

/** The datagram that is being read, and where: an answer holds hundreds of elements, and none of them is worth an object. */
let bytes: Buffer = Buffer.alloc(0);
let place = 0;
/** Where the newest index stands, and its text: the columns of a row share it. */
let indexFrom = 0;
let indexTo = 0;
let indexText = '';

const open = (datagram: Buffer, at: number): void => {
  bytes = datagram;
  place = at;
  indexFrom = 0;
  indexTo = 0;
};

const byteAt = (at: number): number => bytes[at] ?? 0;

/** Moves into the element that stands here; tells where it ends. `within`: where what holds it ends. */
const element = (tag: number, within: number): number => {
  if (place >= within || byteAt(place) !== tag) throw new RangeError('another element than expected');
  place += 1;
  const length = readLength(within);
  return place + length;
};

const readLength = (within: number): number => {
  if (place >= within) throw new RangeError('cut short');
  let length = byteAt(place++);
  if (length > 127) {
    const many = length - 128;
    if (many > 4) throw new RangeError('a length of more than four bytes');
    if (place + many > within) throw new RangeError('cut short');
    length = 0;
    for (let left = many; left > 0; left -= 1) length = length * 256 + byteAt(place++);
  }
  if (place + length > within) throw new RangeError('a length beyond the end');
  return length;
};

const readInteger = (within: number): number => {
  const end = element(TAG.integer, within);
  const value = signed(place, end - place);
  place = end;
  return value;
};

const signed = (at: number, length: number): number => {
  if (length < 1 || length > 6) throw new RangeError('an integer of another size');
  return bytes.readIntBE(at, length);
};

/** 32 bits without a sign; some devices leave out the zero byte in front, and mean it all the same. */
const unsigned = (at: number, length: number): number => {
  if (length < 1 || length > 5) throw new RangeError('a counter of another size');
  let value = 0;
  for (let i = length === 5 ? at + 1 : at; i < at + length; i += 1) value = value * 256 + byteAt(i);
  return value;
};

/** A Counter64 as a number while that is exact. BER may put a zero byte in front; of more than nine the last eight count. */
export const wide = (from: Uint8Array, at: number, length: number): number | bigint => {
  let high = 0;
  let low = 0;
  const end = at + length;
  for (let i = Math.max(at, end - 8); i < end - 4; i += 1) high = high * 256 + (from[i] ?? 0);
  for (let i = Math.max(at, end - 4); i < end; i += 1) low = low * 256 + (from[i] ?? 0);
  return high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
};

/** An answer to a request for these; throws RangeError for what is none. */
export const decodeResponse = (datagram: Buffer, asked: readonly Asked[]): Response => {
  open(datagram, 0);
  const messageEnd = element(TAG.sequence, datagram.length);
  const isV1 = readInteger(messageEnd) === 0;
  const communityEnd = element(TAG.octets, messageEnd);
  const community = datagram.subarray(place, communityEnd);
  place = communityEnd;
  const pdu = byteAt(place);
  const pduEnd = element(pdu, messageEnd);
  const id = readInteger(pduEnd);
  const errorStatus = readInteger(pduEnd);
  const errorIndex = readInteger(pduEnd);
  return { isV1, community, pdu, id, errorStatus, errorIndex, rows: readRows(element(TAG.sequence, pduEnd), asked) };
};

const readRows = (end: number, asked: readonly Asked[]): Row[] => {
  const bases = asked.map(({ oid }) => oidBytes(oid));
  const rows: Row[] = [];
  for (let column = 0; place < end; column = column + 1 < bases.length ? column + 1 : 0) {
    const rowEnd = element(TAG.sequence, end);
    const oidEnd = element(TAG.oid, rowEnd);
    const index = indexBehind(place, oidEnd, bases[column]);
    if (oidEnd >= rowEnd) throw new RangeError('cut short');
    place = oidEnd + 1;
    const type = byteAt(oidEnd);
    const length = readLength(rowEnd);
    rows.push({ index, type, value: readValue(type, place, length) });
    place = rowEnd;
  }
  return rows;
};

const indexBehind = (at: number, end: number, base: Buffer | undefined): string | null => {
  if (base === undefined || end - at < base.length) return null;
  for (let i = 0; i < base.length; i += 1) if (byteAt(at + i) !== base[i]) return null;
  const from = at + base.length;
  if (!isNewestIndex(from, end)) {
    indexText = arcsOf(from, end);
    indexFrom = from;
    indexTo = end;
  }
  return indexText;
};

const isNewestIndex = (from: number, end: number): boolean => {
  if (indexTo === 0 || end - from !== indexTo - indexFrom) return false;
  for (let i = from; i < end; i += 1) if (byteAt(i) !== byteAt(indexFrom + i - from)) return false;
  return true;
};

/** '' for none: it is the very OID that was asked for. */
const arcsOf = (from: number, end: number): string => {
  let text = '';
  let arc = 0;
  for (let i = from; i < end; i += 1) {
    const byte = byteAt(i);
    arc = arc * 128 + (byte & 0x7f);
    if (byte > 127) continue;
    if (arc > 4_294_967_295) throw new RangeError('an arc of more than 32 bits');
    text = text === '' ? String(arc) : `${text}.${arc}`;
    arc = 0;
  }
  return text;
};

const readValue = (type: number, at: number, length: number): unknown => {
  switch (type) {
    case TAG.integer:
      return signed(at, length);
    case TAG.counter:
    case TAG.gauge:
    case TAG.ticks:
      return unsigned(at, length);
    case TAG.counter64:
      return wide(bytes, at, length);
    case TAG.octets:
    case TAG.opaque:
      return bytes.subarray(at, at + length);
    case TAG.oid:
      return oidText(at, at + length);
    case TAG.address:
      return length === 4 ? bytes.subarray(at, at + 4).join('.') : '';
    default:
      if (type !== NULL && type < EXCEPTIONS) throw new RangeError(`a value of type ${type}`);
      return null;
  }
};

const oidText = (at: number, end: number): string => {
  const [first = '0', ...rest] = arcsOf(at, end).split('.');
  const both = Number(first);
  const root = Math.min(2, Math.floor(both / 40));
  return [root, both - root * 40, ...rest].join('.');
};
