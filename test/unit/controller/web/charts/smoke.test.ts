import t from 'tap';
import {
  axisOf,
  distanceOf,
  layout,
  lossClass,
  nearest,
  type SmokeInput,
  withColumns,
} from '../../../../../controller/web/charts/smoke.ts';
import type { SmokeColumn } from '../../../../../protocol/api.ts';

const second = 1000;

/** A round of ten packets; `lost` of them did not come back. */
const round = (
  at: number,
  { lost = 0, medianMs = 10, unknown = 0, sent = 10 }: { lost?: number; medianMs?: number; unknown?: number; sent?: number } = {},
): SmokeColumn => {
  const counted = sent - unknown;
  const lossRatio = counted > 0 ? lost / counted : null;
  const rtt =
    lost >= counted
      ? null
      : {
          minMs: medianMs - 3,
          p5Ms: medianMs - 2,
          p10Ms: medianMs - 1.5,
          p25Ms: medianMs - 1,
          medianMs,
          p75Ms: medianMs + 1,
          p90Ms: medianMs + 1.5,
          p95Ms: medianMs + 2,
          maxMs: medianMs + 3,
        };
  return {
    at,
    endAt: at + 10 * second,
    rounds: 1,
    sent,
    received: counted - lost,
    lost,
    unknown,
    late: 0,
    duplicates: 0,
    reordered: 0,
    lossRatio,
    worstLossRatio: lossRatio,
    failed: 0,
    rtt,
    ipdvMeanAbsMs: null,
    pdvP95Ms: null,
    jitterRfc3550Ms: null,
    errorBoundMs: 0.1,
  };
};

/** One character a round of ten seconds: `.` nothing lost, `1` to `9` lost packets, `X` all lost, space missing, `?` not measured. */
const drawn = (line: string): SmokeColumn[] =>
  line.split('').flatMap((mark, index) => {
    const at = index * 10 * second;
    if (mark === ' ') return [];
    if (mark === '?') return [round(at, { sent: 0 })];
    return [round(at, { lost: mark === 'X' ? 10 : mark === '.' ? 0 : Number(mark) })];
  });

const view = (line: string, more: Partial<SmokeInput> = {}) =>
  layout({
    columns: drawn(line),
    off: [],
    from: 0,
    to: line.length * 10 * second,
    intervalMs: 10 * second,
    bucketMs: 0,
    now: line.length * 10 * second,
    measuredSince: 0,
    width: line.length * 10,
    ...more,
  });

const words = (line: string, more?: Partial<SmokeInput>): string[] =>
  view(line, more).absences.map(({ kind, x0, x1 }) => `${kind} ${x0}-${x1}`);

t.test('loss falls into six classes, and what is not all is never the last', async (t) => {
  t.same([0, 0.001, 0.01, 0.011, 0.05, 0.2, 0.21, 0.999, 1].map(lossClass), [0, 1, 1, 2, 2, 3, 4, 4, 5]);
});

t.test('the distance is how wide a round is: far under 1 px, near over 6', async (t) => {
  t.equal(distanceOf(10 * second, 86_400 * second, 1000), 'far');
  t.equal(distanceOf(20 * second, 4 * 3600 * second, 1000), 'middle');
  t.equal(distanceOf(10 * second, 600 * second, 1000), 'near');
});

t.test('rounds that follow each other leave no gap between them', async (t) => {
  const { cells, runs, absences } = view('....');
  t.same(
    cells.map(({ x0, x1 }) => [x0, x1]),
    [
      [0, 10],
      [10, 20],
      [20, 30],
      [30, 40],
    ],
  );
  t.equal(runs.length, 1);
  t.same(absences, []);
});

t.test('a missing round is no data, and the median is not joined across it', async (t) => {
  t.same(words('.. ..'), ['no-data 20-30']);
  t.same(
    view('.. ..').runs.map((run) => run.length),
    [2, 2],
  );
});

t.test('a round that could not be measured is no data, never loss', async (t) => {
  t.same(words('..?..'), ['no-data 20-30']);
  t.equal(view('..?..').cells.length, 4);
});

t.test('100 % loss is one block of its own, beside the rounds around it', async (t) => {
  t.same(words('..XX.'), ['no-reply 20-40']);
  t.same(
    view('..XX.').cells.map(({ noReply }) => noReply),
    [false, false, true, true, false],
  );
});

t.test('a gap is off where the agent was off, and no data in the rest', async (t) => {
  t.same(words('..    ..', { off: [{ from: 30 * second, to: 50 * second }] }), ['no-data 20-30', 'off 30-50', 'no-data 50-60']);
});

t.test('rounds that came later, measured while the agent was off, are shown instead of off', async (t) => {
  t.same(words('........', { off: [{ from: 30 * second, to: 50 * second }] }), []);
});

t.test('nothing is missing before the first round of the pair', async (t) => {
  t.same(words('    ....', { measuredSince: 40 * second }), []);
  t.same(words('    ....', { measuredSince: null }), []);
  t.same(words('        ', { measuredSince: null }), []);
  t.same(words('    ....', { measuredSince: -100 * second }), ['no-data 0-40']);
});

t.test('the round in progress is pending, not missing', async (t) => {
  const { pending, absences } = view('....    ', { now: 45 * second });
  t.same(pending, { x0: 40, x1: 50 });
  t.same(absences, []);
});

t.test('what should have come is missing once its round is over', async (t) => {
  t.same(words('....      ', { now: 100 * second }), ['no-data 40-90']);
});

t.test('the future is never missing', async (t) => {
  t.same(words('....      ', { now: 42 * second }), []);
});

t.test('a round whose only fault is that the left edge cuts it is not missing', async (t) => {
  t.same(words('....', { from: -8 * second }), []);
});

t.test('a bucket with fewer than half of its rounds is absent, with fewer than all it is marked', async (t) => {
  const bucket = (at: number, rounds: number): SmokeColumn => ({ ...round(at), endAt: at + 60 * second, rounds });
  const columns = [bucket(0, 6), bucket(60 * second, 4), bucket(120 * second, 2), bucket(180 * second, 6)];
  const { cells, absences } = layout({
    columns,
    off: [],
    from: 0,
    to: 240 * second,
    intervalMs: 10 * second,
    bucketMs: 60 * second,
    now: 1000 * second,
    measuredSince: 0,
    width: 4,
  });
  t.same(
    cells.map(({ partial }) => partial),
    [false, true, false],
  );
  t.same(
    absences.map(({ kind, x0, x1 }) => [kind, x0, x1]),
    [['no-data', 2, 3]],
  );
});

t.test('the axis holds 99.5 % of p95 in round steps; the rest is clipped', async (t) => {
  const calm = Array.from({ length: 999 }, (_, index) => round(index * 10 * second, { medianMs: 11 }));
  t.same(axisOf([...calm, round(9990 * second, { medianMs: 900 })]), { max: 15, step: 5 });
  t.same(axisOf([]), { max: 0.01, step: 0.0025 });
});

t.test('a reading snaps to the nearest column', async (t) => {
  t.equal(nearest(drawn('.. .'), 16 * second), 1);
  t.equal(nearest([], 0), null);
});

t.test('a round that comes late is sorted in, one that comes again replaces itself, old ones leave', async (t) => {
  const old = [round(0), round(10 * second), round(30 * second)];
  const merged = withColumns(old, [round(20 * second), round(30 * second, { lost: 1 })], 12 * second);
  t.same(
    merged.map(({ at, lost }) => [at / second, lost]),
    [
      [10, 0],
      [20, 0],
      [30, 1],
    ],
  );
});
