// SNMPv1's and v2c's requests in BER (X.690; RFC 1157, RFC 3416); answers are read in ber-read.ts.

export const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, bulk: 0xa5, report: 0xa8 } as const;

/** One variable of an answer. `index` is what follows the OID that was asked for; null when it lies elsewhere. Values as net-snmp has them, but Counter64 as a number, or a bigint above 2^53. */
export interface Row {
  readonly index: string | null;
  readonly type: number;
  readonly value: unknown;
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
export const NULL = 5;

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
