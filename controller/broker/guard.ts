import { isUtf8 } from 'node:buffer';

/**
 * What a client may send to the broker, checked byte by byte over MQTT 3.1.1's packets before the broker sees them. Pure: no socket, no clock.
 * The broker behind it would buffer a frame of any size, and lets NUL and bad UTF-8 pass in topics.
 */
export interface GuardLimits {
  /** All that may come before the CONNECT is accepted, bytes. */
  readonly beforeConnectBytes: number;
  /** The largest PUBLISH afterwards, bytes of its body. */
  readonly publishBytes: number;
}
/** Everything that is no PUBLISH, the CONNECT too, and the topic of a PUBLISH stay below these. */
const SMALL_PACKET_BYTES = 8 * 1024;
const TOPIC_BYTES = 256;

/** `reply` is what to answer before the line is closed. */
export interface Violation {
  readonly reason: string;
  readonly reply?: Uint8Array;
}

export interface Guard {
  /** Looks at the next bytes from the client; null when they are good. After a violation nothing more may be fed. */
  feed(chunk: Uint8Array): Violation | null;
  /** How many of the last bytes fed the broker may see: all of them, but for what follows a DISCONNECT, which counts for nothing. */
  passes(): number;
  /** Call when the broker has accepted the CONNECT. */
  accepted(): void;
}

const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;
const DISCONNECT = 14;
/** Second half of the first byte as 3.1.1 wants it (section 2.2.2), for the packets that a client of ours sends. QoS 2 is not spoken here. */
const FLAGS: Readonly<Record<number, number>> = { [CONNECT]: 0, 4: 0, [SUBSCRIBE]: 2, [UNSUBSCRIBE]: 2, 12: 0, [DISCONNECT]: 0 };
const BAD_PROTOCOL = new Uint8Array([0x20, 2, 0, 1]); // [MQTT-3.1.2-2]

type Part =
  | { readonly at: 'type' }
  | { readonly at: 'length'; readonly first: number; value: number; bytes: number }
  /** `kept` grows to `keep` bytes, which are then judged; the rest is only counted. */
  | { readonly at: 'body'; readonly first: number; readonly length: number; left: number; keep: number; kept: Uint8Array };

export const makeGuard = (limits: GuardLimits): Guard => {
  let part: Part = { at: 'type' };
  let seen = 0;
  let passes = 0;
  let phase: 'new' | 'connecting' | 'connected' | 'disconnected' = 'new';

  const begin = (first: number): Violation | null => {
    const type = first >> 4;
    if (phase === 'new' && type !== CONNECT) return { reason: `packet type ${type} before CONNECT` };
    if (phase !== 'new' && type === CONNECT) return { reason: 'a second CONNECT' };
    if (type === PUBLISH) return ((first >> 1) & 3) > 1 ? { reason: 'a PUBLISH with QoS 2 or 3' } : null;
    return FLAGS[type] === (first & 15) ? null : { reason: `packet type ${type} with flags ${first & 15}, which no client of ours sends` };
  };
  const measure = (first: number, length: number): Violation | null => {
    const limit = first >> 4 === PUBLISH ? limits.publishBytes : SMALL_PACKET_BYTES;
    return length > limit ? { reason: `a packet of ${length} bytes, more than the ${limit} allowed` } : null;
  };
  const endPacket = (first: number): void => {
    part = { at: 'type' };
    if (first >> 4 === CONNECT) phase = 'connecting';
    if (first >> 4 === DISCONNECT) phase = 'disconnected';
  };
  /** Takes bytes of the body from `chunk` at `from`; how many. */
  const takeBody = (
    body: Extract<Part, { at: 'body' }>,
    chunk: Uint8Array,
    from: number,
  ): { taken: number; violation: Violation | null } => {
    const missing = body.keep - body.kept.length;
    const taken = Math.min(chunk.length - from, missing > 0 ? missing : body.left);
    if (missing > 0) body.kept = Buffer.concat([body.kept, chunk.subarray(from, from + taken)]);
    body.left -= taken;
    const violation = missing > 0 && body.kept.length === body.keep ? judgeKept(body) : null;
    if (violation === null && body.left === 0 && body.kept.length === body.keep) endPacket(body.first);
    return { taken, violation };
  };

  return {
    accepted: () => {
      phase = phase === 'disconnected' ? phase : 'connected';
    },
    passes: () => passes,
    feed: (chunk) => {
      seen += chunk.length;
      passes = 0;
      if ((phase === 'new' || phase === 'connecting') && seen > limits.beforeConnectBytes)
        return { reason: `more than ${limits.beforeConnectBytes} bytes before CONNECT was accepted` };
      let position = 0;
      while (position < chunk.length && phase !== 'disconnected') {
        const byte = chunk[position] ?? 0;
        if (part.at === 'type') {
          const violation = begin(byte);
          if (violation !== null) return violation;
          part = { at: 'length', first: byte, value: 0, bytes: 0 };
          position += 1;
        } else if (part.at === 'length') {
          part.value += (byte & 127) * 128 ** part.bytes;
          part.bytes += 1;
          position += 1;
          if (byte > 127 && part.bytes === 4) return { reason: 'a packet length of more than four bytes' };
          if (byte > 127) continue;
          const { first, value: length } = part;
          const violation = measure(first, length);
          if (violation !== null) return violation;
          const keep = first >> 4 === PUBLISH ? Math.min(2, length) : length;
          part = { at: 'body', first, length, left: length, keep, kept: new Uint8Array() };
          if (length === 0) {
            const empty = judgeKept(part);
            if (empty !== null) return empty;
            endPacket(first);
          }
        } else {
          const { taken, violation } = takeBody(part, chunk, position);
          if (violation !== null) return violation;
          position += taken;
        }
      }
      passes = position;
      return null;
    },
  };
};

/** Judges what was kept of a body; for a PUBLISH, first its topic's length, then its topic. */
const judgeKept = (body: Extract<Part, { at: 'body' }>): Violation | null => {
  switch (body.first >> 4) {
    case PUBLISH:
      return judgePublish(body);
    case CONNECT:
      return judgeConnect(body.kept);
    case SUBSCRIBE:
      return judgeFilters(body.kept, 1);
    case UNSUBSCRIBE:
      return judgeFilters(body.kept, 0);
    case DISCONNECT:
    case 12: // PINGREQ
      return body.length === 0 ? null : { reason: `packet type ${body.first >> 4} with a body` };
    default: // PUBACK
      return body.length === 2 ? null : { reason: `packet type ${body.first >> 4} of ${body.length} bytes` };
  }
};

const judgePublish = (body: Extract<Part, { at: 'body' }>): Violation | null => {
  const topicBytes = ((body.kept[0] ?? 0) << 8) + (body.kept[1] ?? 0);
  if (body.kept.length < 2 || 2 + topicBytes > body.length) return { reason: 'a PUBLISH shorter than its topic' };
  if (topicBytes === 0 || topicBytes > TOPIC_BYTES) return { reason: `a topic of ${topicBytes} bytes` };
  if (body.keep === 2) {
    body.keep = 2 + topicBytes;
    return null;
  }
  return judgeText(body.kept.subarray(2), 'topic');
};

const judgeConnect = (body: Uint8Array): Violation | null => {
  const name = readText(body, 0);
  if (name === null) return { reason: 'a CONNECT without a protocol name' };
  const level = body[name.next];
  if (Buffer.from(name.text).toString('latin1') !== 'MQTT' || level !== 4)
    return { reason: `protocol level ${level ?? 'missing'}: MQTT 3.1.1 is spoken here, which is level 4`, reply: BAD_PROTOCOL };
  const flags = body[name.next + 1] ?? 1;
  if ((flags & 1) !== 0) return { reason: 'a CONNECT with the reserved flag' };
  const hasWill = (flags & 4) !== 0;
  let next = name.next + 4;
  for (const field of ['client id', ...(hasWill ? ['will topic'] : [])]) {
    const text = readText(body, next);
    if (text === null) return { reason: `a CONNECT shorter than its ${field}` };
    const violation = judgeText(text.text, field);
    if (violation !== null) return violation;
    next = text.next;
  }
  return null;
};

const judgeFilters = (body: Uint8Array, trailer: number): Violation | null => {
  let next = 2; // packet identifier
  do {
    const filter = readText(body, next);
    if (filter === null || filter.next + trailer > body.length) return { reason: 'a subscription shorter than its filter' };
    if (filter.text.length === 0 || filter.text.length > TOPIC_BYTES) return { reason: `a filter of ${filter.text.length} bytes` };
    const violation = judgeText(filter.text, 'filter');
    if (violation !== null) return violation;
    if (trailer === 1 && (body[filter.next] ?? 0) > 2) return { reason: `a subscription with QoS ${body[filter.next] ?? 0}` };
    next = filter.next + trailer;
  } while (next < body.length);
  return null;
};

const readText = (body: Uint8Array, at: number): { text: Uint8Array; next: number } | null => {
  const next = at + 2 + ((body[at] ?? 0) << 8) + (body[at + 1] ?? 0);
  return at + 2 > body.length || next > body.length ? null : { text: body.subarray(at + 2, next), next };
};

/** [MQTT-1.5.3-1] and [MQTT-1.5.3-2]. */
const judgeText = (text: Uint8Array, what: string): Violation | null => {
  if (text.includes(0)) return { reason: `a ${what} with a NUL` };
  return isUtf8(text) ? null : { reason: `a ${what} that is not UTF-8` };
};
