// ICMP echo as bytes, RFC 792 and RFC 4443; pure. One `Received` is filled again and again: a packet makes no garbage.

export type Family = 'v4' | 'v6';

export const ICMP_HEADER_BYTES = 8;
/** Two words of the process (a reply to an earlier process counts as nothing), two of the packet. */
export const COOKIE_WORDS = 4;
const COOKIE_END = ICMP_HEADER_BYTES + COOKIE_WORDS * 4;
const V6_HEADER_BYTES = 40;
const ECHO_REQUEST = { v4: 8, v6: 128 } as const;
const ECHO_REPLY = { v4: 0, v6: 129 } as const;

/** What a packet costs on the wire, IP header included. */
export const wireBytes = (family: Family, sizeBytes: number): number =>
  sizeBytes + ICMP_HEADER_BYTES + (family === 'v4' ? 20 : V6_HEADER_BYTES);

/** What all echo requests of a size have in common: header, room for the cookie, and a pattern. */
export interface EchoTemplate {
  readonly family: Family;
  readonly bytes: Buffer;
  /** One's complement sum of all that does not change. */
  readonly fixedSum: number;
}

export const makeTemplate = (family: Family, sizeBytes: number): EchoTemplate => {
  const bytes = Buffer.alloc(ICMP_HEADER_BYTES + sizeBytes);
  bytes[0] = ECHO_REQUEST[family];
  for (let i = COOKIE_END; i < bytes.length; i += 1) bytes[i] = i & 0xff;
  return { family, bytes, fixedSum: sumOf(bytes, 0, bytes.length) };
};

/** Makes a packet of a copy of the template, or of a packet that was one. The kernel computes ICMPv6's checksum (RFC 3542, section 3.1), ICMPv4's is ours. */
export const writeEcho = (template: EchoTemplate, bytes: Buffer, identifier: number, sequence: number, cookie: readonly number[]): void => {
  write16(bytes, 4, identifier);
  write16(bytes, 6, sequence);
  let sum = template.fixedSum + identifier + sequence;
  for (let i = 0; i < COOKIE_WORDS; i += 1) {
    const word = cookie[i] ?? 0;
    const at = ICMP_HEADER_BYTES + i * 4;
    write16(bytes, at, word >>> 16);
    write16(bytes, at + 2, word & 0xffff);
    sum += (word >>> 16) + (word & 0xffff);
  }
  if (template.family === 'v4') write16(bytes, 2, ~fold(sum) & 0xffff);
};

/** What a received packet was. `foreign`: not an answer to anything that looks like ours. */
export type ReceivedKind = 'reply' | 'error' | 'foreign' | 'truncated' | 'bad-checksum';

export interface Received {
  kind: ReceivedKind;
  identifier: number;
  sequence: number;
  /** Length of the ICMP payload (kind reply). */
  sizeBytes: number;
  /** The cookie's words (kind reply). */
  readonly cookie: [number, number, number, number];
  /** IPv4 only. */
  ttl: number | null;
  /** Destination of the packet that an error quotes (kind error): 1 or 4 words. */
  readonly peer: [number, number, number, number];
  /** Name of an error, '' otherwise. */
  error: string;
}

export const makeReceived = (): Received => ({
  kind: 'foreign',
  identifier: 0,
  sequence: 0,
  sizeBytes: 0,
  cookie: [0, 0, 0, 0],
  ttl: null,
  peer: [0, 0, 0, 0],
  error: '',
});

/** Reads what a raw socket gave: IPv4 with its IP header, IPv6 without. Overwrites `into`; checks what can be checked without knowing what was sent. */
export const readPacket = (family: Family, bytes: Buffer, length: number, into: Received): ReceivedKind => {
  const icmpAt = family === 'v4' ? ((bytes[0] ?? 0) & 0x0f) * 4 : 0;
  into.error = '';
  into.ttl = family === 'v4' ? (bytes[8] ?? 0) : null;
  if (length < icmpAt + ICMP_HEADER_BYTES || (family === 'v4' && icmpAt < 20)) return (into.kind = 'truncated');
  const type = bytes[icmpAt] ?? 0;
  if (type === ECHO_REPLY[family]) into.kind = readReply(bytes, icmpAt, length, into);
  else {
    into.error = errorName(family, type, bytes[icmpAt + 1] ?? 0);
    into.kind = into.error === '' ? 'foreign' : readQuote(family, bytes, icmpAt + ICMP_HEADER_BYTES, length, into);
  }
  // A raw IPv4 socket gets packets before the kernel has looked at ICMP's checksum; the kernel has checked ICMPv6's.
  if (family === 'v4' && (into.kind === 'reply' || into.kind === 'error') && sumOf(bytes, icmpAt, length) !== 0xffff)
    into.kind = 'bad-checksum';
  return into.kind;
};

const readReply = (bytes: Buffer, icmpAt: number, length: number, into: Received): ReceivedKind => {
  into.identifier = read16(bytes, icmpAt + 4);
  into.sequence = read16(bytes, icmpAt + 6);
  into.sizeBytes = length - icmpAt - ICMP_HEADER_BYTES;
  if (length < icmpAt + COOKIE_END) return 'truncated';
  for (let i = 0; i < COOKIE_WORDS; i += 1) into.cookie[i] = read32(bytes, icmpAt + ICMP_HEADER_BYTES + i * 4);
  return 'reply';
};

/** An error quotes the packet that it is about: at least its IP header and 8 bytes (RFC 792), so not always the cookie. */
const readQuote = (family: Family, bytes: Buffer, quoteAt: number, length: number, into: Received): ReceivedKind => {
  const echoAt = quoteAt + (family === 'v4' ? ((bytes[quoteAt] ?? 0) & 0x0f) * 4 : V6_HEADER_BYTES);
  if (length < echoAt + ICMP_HEADER_BYTES) return 'truncated';
  const protocol = bytes[quoteAt + (family === 'v4' ? 9 : 6)];
  if (protocol !== (family === 'v4' ? 1 : 58) || bytes[echoAt] !== ECHO_REQUEST[family]) return 'foreign';
  if (family === 'v4') into.peer[0] = read32(bytes, quoteAt + 16);
  else for (let i = 0; i < 4; i += 1) into.peer[i] = read32(bytes, quoteAt + 24 + i * 4);
  into.identifier = read16(bytes, echoAt + 4);
  into.sequence = read16(bytes, echoAt + 6);
  return 'error';
};

/** '' for what is no error about a packet that was lost: redirects, requests, neighbour discovery. */
const errorName = (family: Family, type: number, code: number): string =>
  (family === 'v4' ? ERRORS_V4 : ERRORS_V6)[`${type}/${code}`] ?? (family === 'v4' ? OTHER_V4 : OTHER_V6)[type] ?? '';

const ERRORS_V4: Record<string, string> = {
  '3/0': 'net-unreachable',
  '3/1': 'host-unreachable',
  '3/2': 'protocol-unreachable',
  '3/3': 'port-unreachable',
  '3/4': 'packet-too-big',
  '3/9': 'prohibited',
  '3/10': 'prohibited',
  '3/13': 'prohibited',
  '11/0': 'ttl-exceeded',
};
const OTHER_V4: Record<number, string> = { 3: 'unreachable', 4: 'source-quench', 11: 'reassembly-timeout', 12: 'parameter-problem' };
const ERRORS_V6: Record<string, string> = {
  '1/0': 'net-unreachable',
  '1/1': 'prohibited',
  '1/3': 'host-unreachable',
  '1/4': 'port-unreachable',
  '3/0': 'ttl-exceeded',
};
const OTHER_V6: Record<number, string> = { 1: 'unreachable', 2: 'packet-too-big', 3: 'reassembly-timeout', 4: 'parameter-problem' };

/** One's complement sum of 16-bit words (RFC 1071), folded; 0xffff over a whole message means that its checksum is right. */
const sumOf = (bytes: Buffer, from: number, to: number): number => {
  let sum = 0;
  const even = to - ((to - from) & 1);
  for (let i = from; i < even; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  if (even < to) sum += (bytes[even] ?? 0) << 8;
  return fold(sum);
};

const fold = (sum: number): number => {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
};

const read16 = (bytes: Buffer, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const read32 = (bytes: Buffer, at: number): number => ((read16(bytes, at) << 16) | read16(bytes, at + 2)) >>> 0;
const write16 = (bytes: Buffer, at: number, value: number): void => {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
};
