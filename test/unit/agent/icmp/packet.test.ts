import * as fc from 'fast-check';
import t from 'tap';
import { type EchoTemplate, makeReceived, makeTemplate, readPacket, wireBytes, writeEcho } from '../../../../agent/icmp/packet.ts';

const COOKIE = [0x01020304, 0xffffffff, 0xdeadbeef, 0] as const;
const ME = '0a000001';
const PEER = '0a000002';

/** What a v4 host sends back for a request: IP header, type 0, everything else mirrored, checksum right. */
const replyTo = (request: Buffer, type = 0): Buffer => {
  const icmp = Buffer.from(request);
  icmp[0] = type;
  return withIp(withChecksum(icmp));
};
const withIp = (icmp: Buffer, from = PEER, to = ME): Buffer =>
  Buffer.concat([Buffer.from(`45000000000000003b010000${from}${to}`, 'hex'), icmp]);
const withChecksum = (icmp: Buffer): Buffer => {
  icmp.writeUInt16BE(0, 2);
  icmp.writeUInt16BE(checksum(icmp), 2);
  return icmp;
};
const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};
const echo = (template: EchoTemplate, ...written: [identifier: number, sequence: number, cookie: readonly number[]]): Buffer => {
  const packet = Buffer.from(template.bytes);
  writeEcho(template, packet, ...written);
  return packet;
};
const word = fc.integer({ min: 0, max: 0xffffffff });
const word16 = fc.integer({ min: 0, max: 0xffff });

t.test('a request of any size carries the right checksum, and its reply is read back whole', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 24, max: 1_472 }),
      word16,
      word16,
      fc.tuple(word, word, word, word),
      (sizeBytes, identifier, sequence, cookie) => {
        const request = echo(makeTemplate('v4', sizeBytes), identifier, sequence, cookie);
        const zeroed = Buffer.from(request);
        zeroed.writeUInt16BE(0, 2);
        const received = makeReceived();
        const reply = replyTo(request);
        return (
          request.readUInt16BE(2) === checksum(zeroed) &&
          readPacket('v4', reply, reply.length, received) === 'reply' &&
          received.identifier === identifier &&
          received.sequence === sequence &&
          received.sizeBytes === sizeBytes &&
          received.ttl === 59 &&
          received.cookie.every((one, i) => one === cookie[i])
        );
      },
    ),
  );
});

t.test('a packet is written over: nothing of the last packet stays', async (t) => {
  const template = makeTemplate('v4', 56);
  const packet = echo(template, 0xffff, 0xffff, [9, 9, 9, 9]);
  writeEcho(template, packet, 1, 1, COOKIE);
  t.same(packet, echo(template, 1, 1, COOKIE));
});

t.test('a flipped bit in a v4 reply is a bad checksum', async () => {
  const reply = replyTo(echo(makeTemplate('v4', 56), 7, 8, COOKIE));
  fc.assert(
    fc.property(fc.integer({ min: 22, max: reply.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const flipped = Buffer.from(reply);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      return readPacket('v4', flipped, flipped.length, makeReceived()) === 'bad-checksum';
    }),
  );
});

t.test('a v6 reply has no IP header and no hop limit', async (t) => {
  const request = echo(makeTemplate('v6', 24), 5, 6, COOKIE);
  t.equal(request[0], 128);
  const reply = Buffer.from(request);
  reply[0] = 129;
  const received = makeReceived();
  t.equal(readPacket('v6', reply, reply.length, received), 'reply');
  t.match(received, { identifier: 5, sequence: 6, ttl: null, cookie: COOKIE, sizeBytes: 24 });
});

t.test('our own requests, redirects and neighbour discovery are foreign', async (t) => {
  for (const type of [8, 5, 13]) {
    const packet = replyTo(echo(makeTemplate('v4', 56), 7, 8, COOKIE), type);
    t.equal(readPacket('v4', packet, packet.length, makeReceived()), 'foreign', `type ${type}`);
  }
  t.equal(readPacket('v6', Buffer.from('8700000000000000', 'hex'), 8, makeReceived()), 'foreign');
});

t.test('an error names itself, and the packet that it quotes', async (t) => {
  const quoted = withIp(Buffer.from(echo(makeTemplate('v4', 56), 7, 8, COOKIE)), ME, 'c0000201').subarray(0, 28);
  for (const [type, code, name] of [
    [3, 1, 'host-unreachable'],
    [3, 13, 'prohibited'],
    [3, 77, 'unreachable'],
    [11, 0, 'ttl-exceeded'],
    [11, 1, 'reassembly-timeout'],
  ] as const) {
    const error = withIp(withChecksum(Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), quoted])));
    const received = makeReceived();
    t.equal(readPacket('v4', error, error.length, received), 'error');
    t.match(received, { error: name, identifier: 7, sequence: 8 });
    t.equal(received.peer[0], 0xc0000201, 'the quoted destination');
  }
});

t.test('a v6 error quotes a 40-byte header', async (t) => {
  const request = echo(makeTemplate('v6', 24), 7, 8, COOKIE);
  const header = Buffer.from(`6000000000203a40${'fe800000000000000000000000000001'}${'20010db8000000000000000000000001'}`, 'hex');
  const error = Buffer.concat([Buffer.from([1, 3, 0, 0, 0, 0, 0, 0]), header, request]);
  const received = makeReceived();
  t.equal(readPacket('v6', error, error.length, received), 'error');
  t.match(received, { error: 'host-unreachable', identifier: 7, sequence: 8, peer: [0x20010db8, 0, 0, 1] });
});

t.test('an error about a foreign protocol is foreign, and one without the quoted header is truncated', async (t) => {
  const udp = withIp(Buffer.alloc(8));
  udp[9] = 17;
  const about = withIp(withChecksum(Buffer.concat([Buffer.from([3, 3, 0, 0, 0, 0, 0, 0]), udp])));
  t.equal(readPacket('v4', about, about.length, makeReceived()), 'foreign');
  t.equal(readPacket('v4', about, 40, makeReceived()), 'truncated');
});

t.test('a reply cut before the end of the cookie is truncated', async (t) => {
  const reply = replyTo(echo(makeTemplate('v4', 56), 7, 8, COOKIE));
  for (const length of [0, 8, 19, 20, 27, 28, 43]) t.equal(readPacket('v4', reply, length, makeReceived()), 'truncated', `${length} bytes`);
});

t.test('no bytes from the wire make the reader throw', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom('v4', 'v6'), (bytes, family) => {
      readPacket(family, Buffer.from(bytes), bytes.length, makeReceived());
      return true;
    }),
    { numRuns: 2_000 },
  );
});

t.test('a packet costs its headers too', async (t) => {
  t.equal(wireBytes('v4', 56), 84);
  t.equal(wireBytes('v6', 56), 104);
});
