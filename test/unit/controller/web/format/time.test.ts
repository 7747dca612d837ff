import t from 'tap';
import { ago, clockSeconds, duration, iso, parseDuration, when, writeDuration } from '../../../../../controller/web/format/time.ts';

const at = Date.parse('2026-11-19T03:24:10Z');

t.test('times are 24 h and ISO', async (t) => {
  t.equal(clockSeconds(at, 'utc'), '03:24:10');
  t.equal(iso(at, 'utc'), '2026-11-19 03:24:10Z');
});

t.test('another day says which', async (t) => {
  t.equal(when(at, at + 3_600_000, 'utc'), '03:24');
  t.equal(when(at, at + 86_400_000, 'utc'), 'Thu 19 Nov 03:24');
});

t.test('a length of time has two units at most', async (t) => {
  t.same([400, 40_000, 99_000, 100_000, 43 * 60_000, 132 * 60_000, 7_200_000, 76 * 3_600_000].map(duration), [
    '400 ms',
    '40 s',
    '99 s',
    '2 min',
    '43 min',
    '2 h 12 min',
    '2 h',
    '3 d 4 h',
  ]);
});

t.test('seen a moment ago is now', async (t) => {
  t.same([ago(at, at + 2000, 'utc'), ago(at, at + 40_000, 'utc'), ago(at, at + 7_200_000, 'utc')], ['now', '40 s ago', '03:24']);
});

t.test('what people type is read, what is read is written back the same', async (t) => {
  t.same(['10 s', '10', '500ms', '1,5 s', '2 min', '1h', 'soon', ''].map(parseDuration), [
    10_000,
    10_000,
    500,
    1500,
    120_000,
    3_600_000,
    null,
    null,
  ]);
  for (const ms of [200, 1500, 10_000, 60_000, 120_000, 3_600_000]) t.equal(parseDuration(writeDuration(ms)), ms);
});
