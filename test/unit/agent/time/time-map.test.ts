import fc from 'fast-check';
import t from 'tap';
import { bestOf, DRIFT, offsetSample, withSample } from '../../../../agent/time/offset.ts';
import { extend, needed, type TimeNode, toController } from '../../../../agent/time/time-map.ts';

const node = (steadyMs: number, controllerMs: number, boundMs = 1): TimeNode => ({ steadyMs, controllerMs, boundMs });

t.test('without an exchange there is no controller time', async (t) => {
  t.equal(toController([], 5), null);
});

t.test('between two exchanges time is interpolated, so that an outage with a drifting clock is dated right', async (t) => {
  const nodes = [node(0, 1_000), node(3_600_000, 3_601_360)]; // 100 ppm in an hour

  t.equal(toController(nodes, 1_800_000)?.atMs, 1_801_180);
});

t.test('beyond the ends time runs at the pace of the host, and the bound grows with the distance', async (t) => {
  const nodes = [node(1_000, 51_000)];

  t.same(toController(nodes, 0), { atMs: 50_000, boundMs: 1 + 1_000 * DRIFT });
  t.equal(toController(nodes, 101_000)?.atMs, 151_000);
  t.ok((toController(nodes, 101_000)?.boundMs ?? 0) > (toController(nodes, 1_500)?.boundMs ?? 0));
});

t.test('an exchange changes nothing that was stamped before it', async (t) => {
  const nodes = [node(0, 0)];
  const stamped = toController(nodes, 500)?.atMs;

  const after = [...nodes, ...extend(nodes, 500, node(1_000, 1_300))];

  t.equal(toController(after, 500)?.atMs, stamped);
  t.equal(toController(after, 1_000)?.atMs, 1_300);
});

t.test('a controller that is an hour behind is caught slowly: time goes on, and the bound says by how much it is off', async (t) => {
  const nodes = [node(0, 3_600_000)];

  const [added] = extend(nodes, null, node(1_000, 1_000));

  t.equal(added?.controllerMs, 3_600_050);
  t.ok((added?.boundMs ?? 0) > 3_590_000);
});

t.test('an exchange that is older than what was stamped is not taken', async (t) => {
  t.same(extend([node(0, 0)], 2_000, node(1_000, 1_000)), []);
});

t.test('whatever is measured, stamps rise strictly and never move', async () => {
  const step = fc.record({
    passMs: fc.integer({ min: 1, max: 60_000 }),
    offMs: fc.integer({ min: -4_000_000, max: 4_000_000 }),
    stamp: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 40 }), (steps) => {
      let nodes: readonly TimeNode[] = [node(0, 10_000_000)];
      let frontier: number | null = null;
      let steadyMs = 0;
      const stamps = new Map<number, number>();
      for (const { passMs, offMs, stamp } of steps) {
        steadyMs += passMs;
        if (stamp) {
          stamps.set(steadyMs, toController(nodes, steadyMs)?.atMs ?? Number.NaN);
          frontier = steadyMs;
        } else nodes = [...nodes, ...extend(nodes, frontier, node(steadyMs, 10_000_000 + steadyMs + offMs))];
        let last = Number.NEGATIVE_INFINITY;
        for (const [at, given] of stamps) {
          const now = toController(nodes, at)?.atMs ?? Number.NaN;
          if (Math.abs(now - given) > 1e-3 || given <= last) return false;
          last = given;
        }
      }
      return true;
    }),
  );
});

t.test('only the nodes before the oldest moment that still needs them may go', async (t) => {
  const nodes = [node(0, 0), node(10, 10), node(20, 20)];

  t.same(needed(nodes, 15), [node(10, 10), node(20, 20)]);
  t.same(needed(nodes, -5), nodes);
  t.same(needed(nodes, 99), [node(20, 20)]);
});

t.test('four timestamps give the offset and the delay', async (t) => {
  t.same(offsetSample(100, 5_110, 5_112, 122), { steadyMs: 122, offsetMs: 5_000, delayMs: 20 });
  t.equal(offsetSample(100, 5_110, 5_200, 122), null, 'the controller cannot take longer than the whole exchange');
  t.equal(offsetSample(100, 5_112, 5_110, 122), null, 'nor answer before it was asked');
});

t.test('the sample with the smallest bound wins, out of the last eight', async (t) => {
  const good = { steadyMs: 0, offsetMs: 1, delayMs: 10 };
  const worse = { steadyMs: 1_000, offsetMs: 2, delayMs: 20 };
  const samples = withSample([good], worse);

  t.equal(bestOf(samples, 1_000), good);
  let many = samples;
  for (let i = 2; i < 10; i += 1) many = withSample(many, { ...worse, steadyMs: i * 1_000 });
  t.equal(many.length, 8);
  t.notOk(many.includes(good));
});

t.test('drift makes an old sample worse than a new one with a little more delay', async (t) => {
  const old = { steadyMs: 0, offsetMs: 1, delayMs: 10 };
  const young = { steadyMs: 100_000, offsetMs: 2, delayMs: 12 };

  t.equal(bestOf([old, young], 100_000), young);
});
