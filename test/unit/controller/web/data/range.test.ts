import t from 'tap';
import { parseRange, shift, spanOf, writeRange, zoomIn, zoomOut, zoomTo } from '../../../../../controller/web/data/range.ts';

const hour = 3_600_000;
const now = Date.parse('2026-11-19T03:24:00Z');
const parse = (query: string) => parseRange(new URLSearchParams(query), hour);

t.test('a range that runs with the time is written now-4h', async (t) => {
  t.same(parse('from=now-4h'), { kind: 'last', ms: 4 * hour });
  t.same(writeRange({ kind: 'last', ms: 4 * hour }), { from: 'now-4h', to: null });
  t.same(writeRange({ kind: 'last', ms: 7 * 24 * hour }), { from: 'now-7d', to: null });
  t.same(writeRange({ kind: 'last', ms: 90_000 }), { from: 'now-90s', to: null });
});

t.test('a fixed range is two ISO times, and reads back as written', async (t) => {
  const range = zoomTo({ from: now - hour, to: now });
  const { from, to } = writeRange(range);
  t.same([from, to], ['2026-11-19T02:24:00.000Z', '2026-11-19T03:24:00.000Z']);
  t.same(parse(new URLSearchParams({ from, to: to ?? '' }).toString()), range);
});

t.test('what cannot be read is the usual range', async (t) => {
  for (const query of ['', 'from=yesterday', 'from=now-4y', 'from=2026-11-19&to=2026-11-18', 'from=now-9999999h'])
    t.same(parse(query), { kind: 'last', ms: hour }, query);
});

t.test('no range is shorter than a minute or longer than a year', async (t) => {
  t.same(parse('from=now-1s'), { kind: 'last', ms: 60_000 });
  t.same(zoomTo({ from: now, to: now + 10 }), { kind: 'fixed', from: now - 29_995, to: now + 30_005 });
  t.same(parse('from=now-9999d'), { kind: 'last', ms: 366 * 24 * hour });
});

t.test('zooming out doubles, and never shows the future', async (t) => {
  t.same(zoomOut({ kind: 'last', ms: hour }, now), { kind: 'last', ms: 2 * hour });
  t.same(zoomOut({ kind: 'fixed', from: now - hour, to: now }, now), { kind: 'fixed', from: now - 2 * hour, to: now });
});

t.test('zooming in halves around the middle and stands still', async (t) => {
  t.same(zoomIn({ kind: 'last', ms: 4 * hour }, now), { kind: 'fixed', from: now - 3 * hour, to: now - hour });
});

t.test('a shift back stands still; a shift that reaches the present is live again', async (t) => {
  const back = shift({ kind: 'last', ms: 2 * hour }, -1, now);
  t.same(back, { kind: 'fixed', from: now - 3 * hour, to: now - hour });
  t.same(shift(back, 1, now), { kind: 'last', ms: 2 * hour });
});

t.test('the span of a live range ends now', async (t) => {
  t.same(spanOf({ kind: 'last', ms: hour }, now), { from: now - hour, to: now });
});
