import t from 'tap';
import { whyNotReadOnly } from '../../../../../controller/series/influx/read-only.ts';

t.test('InfluxQL: what only reads is asked', async (t) => {
  for (const text of [
    'SELECT mean("percentile50_ms") FROM "ping" WHERE time > now() - 1h GROUP BY time(1m), *',
    '  select * from cpu limit 1;',
    'SHOW TAG VALUES WITH KEY = "host"',
    'EXPLAIN SELECT count(x) FROM ping',
    'SELECT "pinto" FROM ping',
  ])
    t.equal(whyNotReadOnly(text), null, text);
});

t.test('InfluxQL: what changes something is refused, however it is hidden', async (t) => {
  for (const [text, why] of [
    ['DROP MEASUREMENT ping', /SELECT, SHOW or EXPLAIN/],
    ['selectx', /SELECT, SHOW or EXPLAIN/],
    ['SELECT 1; DROP DATABASE telegraf', /semicolon/],
    [`SELECT x FROM ping WHERE a =~ /'/; DROP DATABASE telegraf -- '`, /semicolon/],
    ['SELECT x INTO y FROM ping', /INTO/],
    ['SELECT x\ninto\ny FROM ping', /INTO/],
    ['SELECT x/**/INTO/**/y FROM ping', /INTO/],
  ] as const)
    t.match(whyNotReadOnly(text), why, text);
});
