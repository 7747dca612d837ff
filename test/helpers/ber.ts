// The little of BER that a responder of our own speaks (X.690): enough for SNMPv1 and v2c.

export type BerValue =
  | { readonly type: 'integer' | 'counter' | 'gauge' | 'ticks'; readonly value: number }
  | { readonly type: 'counter64'; readonly value: bigint }
  | { readonly type: 'octets'; readonly value: string | Uint8Array }
  | { readonly type: 'oid'; readonly value: string }
  | { readonly type: 'address'; readonly value: string }
  | { readonly type: 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMib' };

const TAG = {
  integer: 2,
  octets: 4,
  null: 5,
  oid: 6,
  address: 64,
  counter: 65,
  gauge: 66,
  ticks: 67,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMib: 130,
} as const;

export const tlv = (tag: number, body: Uint8Array): Buffer => {
  const { length } = body;
  const head = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
};

export const integer = (value: number, tag = 2): Buffer => tlv(tag, bigBytes(BigInt(value)));

const bigBytes = (value: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (rest !== 0n && rest !== -1n);
  if (value >= 0n && ((bytes[0] ?? 0) & 0x80) !== 0) bytes.unshift(0);
  if (value < 0n && ((bytes[0] ?? 0) & 0x80) === 0) bytes.unshift(0xff);
  return Buffer.from(bytes);
};

export const oidBytes = (oid: string): Buffer => {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return Buffer.from(bytes);
};

export const encodeValue = (value: BerValue): Buffer => {
  switch (value.type) {
    case 'integer':
    case 'counter':
    case 'gauge':
    case 'ticks':
      return integer(value.value, TAG[value.type]);
    case 'counter64':
      return tlv(TAG.counter64, bigBytes(value.value));
    case 'octets':
      return tlv(TAG.octets, Buffer.from(value.value));
    case 'oid':
      return tlv(TAG.oid, oidBytes(value.value));
    case 'address':
      return tlv(TAG.address, Buffer.from(value.value.split('.').map(Number)));
    case 'null':
    case 'noSuchObject':
    case 'noSuchInstance':
    case 'endOfMib':
      return Buffer.from([TAG[value.type], 0]);
    default:
      return value satisfies never;
  }
};

interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

/** The elements inside a constructed one. Throws at what is cut short. */
export const elements = (buffer: Buffer): Element[] => {
  const found: Element[] = [];
  let at = 0;
  while (at < buffer.length) {
    const tag = buffer[at] ?? 0;
    let length = buffer[at + 1] ?? 0;
    at += 2;
    if (length > 127) {
      const more = length & 0x7f;
      length = buffer.readUIntBE(at, more);
      at += more;
    }
    if (at + length > buffer.length) throw new RangeError('cut short');
    found.push({ tag, body: buffer.subarray(at, at + length) });
    at += length;
  }
  return found;
};

export const readInteger = (body: Buffer): number => (body.length === 0 ? 0 : body.readIntBE(0, Math.min(6, body.length)));

export const readOid = (body: Buffer): number[] => {
  const first = body[0] ?? 0;
  const arcs = [Math.min(2, Math.floor(first / 40)), first - Math.min(2, Math.floor(first / 40)) * 40];
  let arc = 0;
  for (const byte of body.subarray(1)) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 128) {
      arcs.push(arc);
      arc = 0;
    }
  }
  return arcs;
};
