import { Point as ClientPoint } from '@influxdata/influxdb-client';
import t from 'tap';
import { openFieldTypes } from '../../../../../controller/series/influx/field-types.ts';
import { openEncoder } from '../../../../../controller/series/influx/lines.ts';
import type { Point } from '../../../../../controller/series/store.ts';

const encode = (point: Point, types = openFieldTypes()): string => {
  const encoded = openEncoder(types).encode(point);
  return 'line' in encoded ? encoded.line : `refused: ${encoded.refused}`;
};
const point = (fields: Point['fields'], tags: Point['tags'] = { agent: 'a' }, change: Partial<Point> = {}): Point => ({
  measurement: 'ping',
  tags,
  at: 1_800_000_000_123,
  fields,
  ...change,
});

t.test('lines: what the client library would write, with the types of the catalogue', async (t) => {
  const text = 'a "quote", a \\ and = and, a space';
  const tags = { 'a key': 'v=1, 2', host: 'ams 1', url: 'x\ny' };
  const by = new ClientPoint('my ping,x')
    .intField('ttl', 64)
    .floatField('average_response_ms', 1.5)
    .stringField('a field', text)
    .booleanField('up', true);
  for (const [key, value] of Object.entries(tags)) by.tag(key, value);
  const expected = by.timestamp('1800000000123000').toLineProtocol() ?? '';
  const ours = encode(
    point({ 'a field': text, average_response_ms: 1.5, ttl: 64, up: true }, tags, { measurement: 'my ping,x', integers: ['ttl'] }),
  );

  const [fields = '', wanted = ''] = [ours, expected].map((line) => line.replace('up=t', 'up=T'));
  t.equal(fields, wanted.replace(/\bup=(true|T)/, 'up=T'));
});

t.test('lines: integers of the catalogue, floats for the rest, and integers where the sender says so', async (t) => {
  t.equal(encode(point({ ttl: 64 })), 'ping,agent=a ttl=64i 1800000000123000');
  t.equal(encode(point({ average_response_ms: 2 })), 'ping,agent=a average_response_ms=2 1800000000123000');
  t.equal(encode(point({ sessions: 7 }, {}, { measurement: 'foreign' })), 'foreign sessions=7 1800000000123000');
  t.equal(encode(point({ sessions: 7 }, {}, { measurement: 'foreign', integers: ['sessions'] })), 'foreign sessions=7i 1800000000123000');
});

t.test('lines: the type that the server has holds', async (t) => {
  const types = openFieldTypes();
  types.learn('system', 'uptime', 'integer');
  t.equal(encode(point({ uptime: 7 }, {}, { measurement: 'system' }), types), 'system uptime=7i 1800000000123000');
  t.match(encode(point({ uptime: 7.5 }, {}, { measurement: 'system' }), types), /refused: system\.uptime: a fraction is not an integer/);
  t.match(encode(point({ uptime: 'x' }, {}, { measurement: 'system' }), types), /refused: .*a text is not an integer/);
});

t.test('lines: what cannot be a line is refused with its name', async (t) => {
  t.match(encode(point({ average_response_ms: Number.NaN })), /refused: ping\.average_response_ms: NaN/);
  t.match(encode(point({ ttl: 1.5 })), /refused: ping\.ttl: a fraction is not an integer/);
  t.match(encode(point({})), /refused: ping: a point without fields/);
});

t.test('lines: an empty tag is no tag, tags are in order, and a value may not escape what follows', async (t) => {
  t.equal(encode(point({ ttl: 1 }, { z: '1', b: '', a: '2' })), 'ping,a=2,z=1 ttl=1i 1800000000123000');
  t.equal(encode(point({ ttl: 1 }, { a: 'C:\\' })), 'ping,a=C:\\\\  ttl=1i 1800000000123000'.replace('\\\\  ', '\\\\  '));
});
