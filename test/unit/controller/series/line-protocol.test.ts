import { Point as ClientPoint } from '@influxdata/influxdb-client';
import fc from 'fast-check';
import t from 'tap';
import { openFieldTypes } from '../../../../controller/series/influx/field-types.ts';
import { openEncoder } from '../../../../controller/series/influx/lines.ts';
import { parseLines } from '../../../../controller/series/line-protocol.ts';

const one = (text: string) => {
  const { points, bad } = parseLines(text, 'ns', 7);
  if (bad.length > 0) throw new Error(bad[0]?.reason);
  return points[0];
};

t.test('line protocol: tags, fields of every type, and the time', async (t) => {
  t.same(one('cpu,host=a,cpu=cpu-total usage_user=1.5,n=3i,u=4u,up=t,down=False,text="a, b=c \\"d\\" \\\\ e" 1800000000123456789'), {
    measurement: 'cpu',
    tags: { host: 'a', cpu: 'cpu-total' },
    at: 1_800_000_000_123,
    fields: { usage_user: 1.5, n: 3, u: 4, up: true, down: false, text: 'a, b=c "d" \\ e' },
    integers: ['n', 'u'],
    line: 1,
  });
  t.match(one('my\\ cpu\\,x,a\\ key=v\\=1\\,\\ 2 f=1e3'), {
    measurement: 'my cpu,x',
    tags: { 'a key': 'v=1, 2' },
    fields: { f: 1000 },
    at: 7,
  });
});

t.test('line protocol: precisions, and a time of its own for lines without one', async (t) => {
  const at = (time: string, precision: 'ns' | 'us' | 'ms' | 's') => parseLines(`m f=1 ${time}`, precision, 7).points[0]?.at;
  t.equal(at('1800000000123456789', 'ns'), 1_800_000_000_123);
  t.equal(at('1800000000123456', 'us'), 1_800_000_000_123);
  t.equal(at('1800000000123', 'ms'), 1_800_000_000_123);
  t.equal(at('1800000000', 's'), 1_800_000_000_000);
  t.equal(at('', 'ns'), 7);
});

t.test('line protocol: every time is the millisecond that it is in, exactly, before 1970 too', async (t) => {
  const at = (time: bigint, precision: 'ns' | 'us' | 'ms' | 's') => parseLines(`m f=1 ${time}`, precision, 7).points[0]?.at;
  t.equal(at(1_795_319_084_138_000_000n, 'ns'), 1_795_319_084_138);
  t.equal(at(-1n, 'ns'), -1);
  t.equal(at(-1_000_000n, 'ns'), -1);
  t.equal(at(-1_000_001n, 'ns'), -2);
  const ms = fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 });
  fc.assert(
    fc.property(ms, fc.integer({ min: 0, max: 999_999 }), (whole, below) => {
      const ns = BigInt(whole) * 1_000_000n + BigInt(below);
      const us = BigInt(whole) * 1_000n + BigInt(below % 1_000);
      const s = BigInt(Math.trunc(whole / 1_000));
      return (
        at(BigInt(whole) * 1_000_000n, 'ns') === whole &&
        at(ns, 'ns') === whole &&
        at(us, 'us') === whole &&
        at(BigInt(whole), 'ms') === whole &&
        at(s, 's') === Number(s) * 1_000
      );
    }),
    { numRuns: 3_000 },
  );
  const { bad } = parseLines(`m f=1 ${'9'.repeat(100_000)}\nm f=1 9223372036854775807`, 's', 7);
  t.match(bad, [{ reason: /^time 9{40} is no time in s$/ }, { reason: 'time 9223372036854775807 is no time in s' }]);
});

t.test('line protocol: bad lines are named one by one, the good ones between them are kept', async (t) => {
  const text = [
    '# a comment',
    'm f=1 1',
    'm',
    'm f= 1',
    '',
    'm f="open 1',
    'm,tag f=1',
    'm f=12x',
    'm f=1 soon',
    ',a=b f=1',
    'm f=99999999999999999999i',
    'm g=2 1',
  ].join('\n');
  const { points, bad } = parseLines(text, 'ns', 0);

  t.same(
    points.map(({ line, fields }) => [line, fields]),
    [
      [2, { f: 1 }],
      [12, { g: 2 }],
    ],
  );
  t.same(
    bad.map(({ line, reason }) => `${line}: ${reason}`),
    [
      '3: no fields',
      '4: field f: "" is neither a number, a quoted text, true nor false',
      '6: a text without its closing quote',
      '7: tag "tag": KEY=VALUE is needed',
      '8: field f: "12x" is neither a number, a quoted text, true nor false',
      '9: time "soon": a whole number of ns is needed',
      '10: no measurement',
      '11: field f: 99999999999999999999i is beyond what is kept exactly (2^53)',
    ],
  );
});

t.test('line protocol: reads what the client library writes, and what we write', async (t) => {
  const name = fc.stringMatching(/^[a-zA-Z][a-z ,=A-Z0-9_"-]{0,12}[a-z0-9]$/);
  const text = fc.string({ maxLength: 20 }).filter((value) => !/[\r\n]/.test(value));
  fc.assert(
    fc.property(name, name, name, name, text, fc.integer(), (measurement, tag, value, field, words, whole) => {
      const client = new ClientPoint(measurement)
        .tag(tag, value)
        .stringField(field, words)
        .intField(`${field}2`, whole)
        .timestamp('1000000');
      const [read] = parseLines(client.toLineProtocol() ?? '', 'ns', 0).points;
      t.same([read?.measurement, read?.tags, read?.fields], [measurement, { [tag]: value }, { [field]: words, [`${field}2`]: whole }]);
      const encoded = openEncoder(openFieldTypes()).encode({ measurement, tags: { [tag]: value }, at: 1, fields: { [field]: words } });
      const [ours] = parseLines('line' in encoded ? encoded.line : '', 'us', 0).points;
      t.same([ours?.measurement, ours?.tags, ours?.fields, ours?.at], [measurement, { [tag]: value }, { [field]: words }, 1]);
    }),
    { numRuns: 200 },
  );
});
