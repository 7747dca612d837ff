// SNMPv1's and v2c's answers out of BER, read for tables: an OID under the column that was asked for is told by its index, without a text of the
// whole. Every length is checked against what is there; a RangeError says that the bytes are no message.
import { type Asked, NULL, oidBytes, type Row, TAG } from './ber.ts';

export interface Response {
  readonly isV1: boolean;
  readonly community: Buffer;
  readonly pdu: number;
  readonly id: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly rows: readonly Row[];
}

const EXCEPTIONS = 128;

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
