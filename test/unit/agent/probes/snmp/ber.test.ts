import fc from 'fast-check';
import t from 'tap';
import { type Asked, encodeRequest, PDU } from '../../../../../agent/probes/snmp/ber.ts';
import { decodeResponse } from '../../../../../agent/probes/snmp/ber-read.ts';
import { elements, encodeValue, integer, oidBytes, readInteger, readOid, tlv } from '../../../../helpers/ber.ts';

const asked = (oid: string, last = ''): Asked => ({ oid, last });

t.test('ber: a request is what the responder of the tests reads', async (t) => {
  const bytes = encodeRequest(false, Buffer.from('public'), PDU.bulk, 0x1234, 0, 10, [
    asked('1.3.6.1.2.1.2.2.1.2', '7'),
    asked('1.3.6.1.2.1.31.1.1.1.6', '300.4294967295'),
    asked('1.3.6.1.2.1.1.3.0'),
  ]);
  const [version, community, pdu] = elements(elements(bytes)[0]?.body ?? Buffer.alloc(0));
  t.equal(readInteger(version?.body ?? Buffer.alloc(0)), 1);
  t.equal(community?.body.toString(), 'public');
  t.equal(pdu?.tag, PDU.bulk);
  const [id, nonRepeaters, repetitions, list] = elements(pdu?.body ?? Buffer.alloc(0));
  t.same(
    [id, nonRepeaters, repetitions].map((one) => readInteger(one?.body ?? Buffer.alloc(0))),
    [0x1234, 0, 10],
  );
  const rows = elements(list?.body ?? Buffer.alloc(0)).map(({ body }) => readOid(elements(body)[0]?.body ?? Buffer.alloc(0)).join('.'));
  t.same(rows, ['1.3.6.1.2.1.2.2.1.2.7', '1.3.6.1.2.1.31.1.1.1.6.300.4294967295', '1.3.6.1.2.1.1.3.0']);
});

const response = (id: number, variables: Buffer[], status = 0, index = 0): Buffer => {
  const pdu = tlv(PDU.response, Buffer.concat([integer(id), integer(status), integer(index), tlv(0x30, Buffer.concat(variables))]));
  return tlv(0x30, Buffer.concat([integer(1), tlv(4, Buffer.from('public')), pdu]));
};
const variable = (oid: string, value: Parameters<typeof encodeValue>[0]): Buffer =>
  tlv(0x30, Buffer.concat([tlv(6, oidBytes(oid)), encodeValue(value)]));

t.test('ber: an answer is told by what follows the column; elsewhere is elsewhere', async (t) => {
  const bytes = response(77, [
    variable('1.3.6.1.2.1.2.2.1.10.4294967295', { type: 'counter', value: 4_294_967_295 }),
    variable('1.3.6.1.2.1.31.1.1.1.6.3.1.200', { type: 'counter64', value: 2n ** 64n - 1n }),
    variable('1.3.6.1.2.1.2.2.1.11.1', { type: 'integer', value: -5 }),
    variable('1.3.6.1.2.1.31.1.1.1.6', { type: 'endOfMib' }),
  ]);
  const { id, rows, community } = decodeResponse(bytes, [asked('1.3.6.1.2.1.2.2.1.10'), asked('1.3.6.1.2.1.31.1.1.1.6')]);
  t.equal(id, 77);
  t.equal(community.toString(), 'public');
  t.match(rows, [
    { index: '4294967295', type: 65, value: 4_294_967_295 },
    { index: '3.1.200', type: 70 },
    { index: null, type: 2, value: -5 },
    { index: '', type: 130, value: null },
  ]);
});

t.test('ber: cut short anywhere, or changed anywhere, it is refused or read, and never more', async () => {
  const whole = response(1, [
    variable('1.3.6.1.2.1.1.5.0', { type: 'octets', value: 'a name' }),
    variable('1.3.6.1.2.1.1.3.0', { type: 'ticks', value: 5 }),
  ]);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
      const broken = Buffer.from(cut ? whole.subarray(0, at) : whole);
      if (!cut) broken[at] = byte;
      try {
        decodeResponse(broken, [asked('1.3.6.1.2.1.1.5.0'), asked('1.3.6.1.2.1.1.3.0')]);
        return true;
      } catch (error) {
        return error instanceof RangeError;
      }
    }),
    { numRuns: 5_000 },
  );
});

t.test('ber: random bytes are refused', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeResponse(Buffer.from(bytes), [asked('1.3.6')]);
        return true;
      } catch (error) {
        return error instanceof RangeError;
      }
    }),
    { numRuns: 5_000 },
  );
});
