import t from 'tap';
import { endOf, patternProblem, windowAt, windowsAfter } from '../../../../../controller/alerts/telling/windows.ts';
import type { Schedule } from '../../../../../protocol/mute.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const berlin = (pattern: string, lengthMinutes: number): Schedule => ({ kind: 'cron', pattern, timeZone: 'Europe/Berlin', lengthMinutes });
const spans = (schedule: Schedule, from: string, count = 3): string[] =>
  windowsAfter(schedule, at(from), count).map((span) => `${iso(span.from)} ${iso(span.to)}`);

t.test('windows: a night in local time stays the same on the wall, so it is shorter or longer when the clocks change', async (t) => {
  const night = berlin('0 22 * * *', 8 * 60);

  t.same(spans(night, '2026-03-27T12:00Z'), [
    '2026-03-27T21:00 2026-03-28T05:00',
    '2026-03-28T21:00 2026-03-29T04:00', // the hour from 2 to 3 does not come: 7 hours
    '2026-03-29T20:00 2026-03-30T04:00',
  ]);
  t.same(spans(night, '2026-10-23T12:00Z'), [
    '2026-10-23T20:00 2026-10-24T04:00',
    '2026-10-24T20:00 2026-10-25T05:00', // the hour from 2 to 3 comes twice: 9 hours
    '2026-10-25T21:00 2026-10-26T05:00',
  ]);
});

t.test('windows: one that begins in the hour that does not come begins when the clocks have changed', async (t) => {
  t.same(spans(berlin('30 2 * * *', 60), '2026-03-28T12:00Z', 1), ['2026-03-29T01:00 2026-03-29T02:00']);
});

t.test('windows: one in the hour that comes twice is there once', async (t) => {
  const short = berlin('30 2 * * *', 15);

  t.same(spans(short, '2026-10-24T12:00Z', 2), ['2026-10-25T00:30 2026-10-25T00:45', '2026-10-26T01:30 2026-10-26T01:45']);
  t.ok(windowAt(short, at('2026-10-25T00:40Z')));
  t.equal(windowAt(short, at('2026-10-25T01:40Z')), null, 'not the second time');
});

t.test('windows: an end in the hour that does not come is as much later', async (t) => {
  t.equal(iso(endOf(at('2026-03-29T00:30Z'), 60, 'Europe/Berlin')), '2026-03-29T01:30'); // from 01:30 to 02:30, which is 03:30
});

t.test('windows: the zone is theirs, not the host’s', async (t) => {
  const schedule: Schedule = { kind: 'cron', pattern: '0 2 * * 1', timeZone: 'Pacific/Auckland', lengthMinutes: 60 };

  t.same(spans(schedule, '2026-01-01T00:00Z', 1), ['2026-01-04T13:00 2026-01-04T14:00']);
});

t.test('windows: on from its first moment until just before its last', async (t) => {
  const window = berlin('0 12 * * *', 30);
  const on = (when: string): boolean => windowAt(window, at(when)) !== null;

  t.equal(on('2026-07-01T09:59:59.999Z'), false);
  t.equal(on('2026-07-01T10:00:00.000Z'), true);
  t.equal(on('2026-07-01T10:29:59.999Z'), true);
  t.equal(on('2026-07-01T10:30:00.000Z'), false);
});

t.test('windows: one that is longer than its period is always on', async (t) => {
  const window = berlin('0 * * * *', 120);

  for (let minute = 0; minute < 300; minute += 7) t.ok(windowAt(window, at('2026-07-01T00:00Z') + minute * 60_000), `minute ${minute}`);
});

t.test('windows: once is from its start to its end', async (t) => {
  const once: Schedule = { kind: 'once', startsAt: 1_000, endsAt: 2_000 };

  t.same(windowAt(once, 1_500), { from: 1_000, to: 2_000 });
  t.equal(windowAt(once, 2_000), null);
  t.same(windowsAfter(once, 0, 3), [{ from: 1_000, to: 2_000 }]);
  t.same(windowsAfter(once, 1_000, 3), []);
});

t.test('windows: what can never be is said', async (t) => {
  t.equal(patternProblem({ kind: 'once', startsAt: 2, endsAt: 1 }), 'endsAt: must be after startsAt');
  t.match(patternProblem(berlin('61 2 * * *', 60)), /^pattern: /);
  t.match(patternProblem(berlin('0 0 31 2 *', 60)), /^pattern: there is no such day/);
  t.equal(patternProblem(berlin('0 2 * * *', 60)), null);
});
