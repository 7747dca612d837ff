import t from 'tap';
import { failureOf } from '../../../../../controller/series/influx/failure.ts';
import { openFieldTypes } from '../../../../../controller/series/influx/field-types.ts';
import { refusalOf } from '../../../../../controller/series/influx/refusal.ts';
import type { Lined } from '../../../../../controller/series/influx/lines.ts';
import { settle } from '../../../../../controller/series/influx/settle.ts';

t.test('refusal: what 1.x, 2.x and 3.x say about lines', async (t) => {
  const conflict =
    'partial write: field type conflict: input field "ttl" on measurement "ping" is type string, already exists as type integer dropped=1';
  t.same(refusalOf(JSON.stringify({ error: conflict })), { kind: 'type-conflict', measurement: 'ping', field: 'ttl', type: 'integer' });
  t.same(
    refusalOf(JSON.stringify({ code: 'unprocessable entity', message: `failure writing points to database: ${conflict}` })).kind,
    'type-conflict',
  );
  t.same(refusalOf('{"error":"partial write: points beyond retention policy dropped=3"}'), { kind: 'beyond-retention' });
  const third = {
    error: 'partial write of line protocol occurred',
    data: [{ original_line: 'dquote', line_number: 2, error_message: 'No fields were provided' }],
  };
  t.same(refusalOf(JSON.stringify(third)), { kind: 'lines', lines: new Map([[1, 'No fields were provided']]) });
  t.same(refusalOf('{"error":"unable to parse"}'), { kind: 'unknown', reason: 'unable to parse' });
});

t.test('failure: who can mend it, by status and words', async (t) => {
  const kind = (status: number, body = ''): string => failureOf(status, body, 'write').kind;
  t.equal(kind(401), 'unauthorised');
  t.equal(kind(403, '{"error":"not authorized"}'), 'unauthorised');
  t.equal(kind(404, '{"error":"database not found: \\"x\\""}'), 'missing');
  t.equal(kind(500, '{"error":"write /d/wal/x: no space left on device"}'), 'disk-full');
  t.equal(kind(503), 'busy');
  t.equal(kind(429), 'busy');
  t.equal(kind(413), 'too-large');
  t.equal(kind(400), 'refused-lines');
  t.equal(kind(422), 'refused-lines');
  t.equal(kind(502), 'failing');
  t.match(
    failureOf(401, '{"type":"about:blank","status":401,"detail":"sign in first"}', 'write').message,
    /answered 401, sign in first: check/,
  );
  t.match(failureOf(401, '{"error":"authorization failed"}', 'write').message, /write: InfluxDB answered 401, authorization failed: check/);
});

const lined = (count: number): Lined[] =>
  Array.from({ length: count }, (_, i) => ({
    line: `ping n=${i}`,
    point: { measurement: 'ping', tags: {}, at: i, fields: { n: i } },
  }));

t.test('settle: one bad line among a thousand is found, and all others are in', async (t) => {
  const stored = new Set<string>();
  let requests = 0;
  const refused = await settle(lined(1_000), {
    types: openFieldTypes(),
    keptFrom: () => null,
    asFailure: () => failureOf(400, '{"error":"unable to parse"}', 'write'),
    async write(lines) {
      requests += 1;
      if (lines.includes('ping n=617')) throw new Error('400');
      for (const line of lines) stored.add(line);
    },
  });

  t.same(
    refused.map(({ point, reason }) => [point.at, reason]),
    [[617, 'unable to parse']],
  );
  t.equal(stored.size, 999);
  t.ok(requests < 25, `${requests} requests`);
});

t.test('settle: a body that is too large is halved, nothing is refused', async (t) => {
  const stored: string[] = [];
  const refused = await settle(lined(100), {
    types: openFieldTypes(),
    keptFrom: () => null,
    asFailure: () => failureOf(413, '', 'write'),
    async write(lines) {
      if (lines.length > 30) throw new Error('413');
      stored.push(...lines);
    },
  });
  t.same(refused, []);
  t.equal(stored.length, 100);
});

t.test('settle: a server that is away is not about the lines', async (t) => {
  await t.rejects(
    settle(lined(3), {
      types: openFieldTypes(),
      keptFrom: () => null,
      asFailure: () => failureOf(503, 'shutting down', 'write'),
      write: () => Promise.reject(new Error('503')),
    }),
    /503/,
  );
});
