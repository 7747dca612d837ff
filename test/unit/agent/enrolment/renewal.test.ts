import t from 'tap';
import { isDue, renewalAt, retryMs } from '../../../../agent/enrolment/renewal.ts';

const WEEK = { fromMs: 0, toMs: 1_000_000 };

t.test('renewal: at half life, spread over a tenth of the life', async (t) => {
  t.equal(renewalAt(WEEK, 0), 500_000);
  t.equal(renewalAt(WEEK, 1), 600_000);
});

t.test('renewal: an expired certificate is due; so is any where the agent is shut out, whatever its clock says', async (t) => {
  t.equal(isDue(WEEK, 400_000, 0.5, false), false);
  t.equal(isDue(WEEK, 2_000_000, 0.5, false), true);
  t.equal(isDue(WEEK, -5_000_000, 0.5, true), true, 'a clock that stands in 1970');
});

t.test('renewal: tries come less and less often, and at least once an hour', async (t) => {
  t.same(
    [1, 2, 3, 20].map((failures) => retryMs(failures, 1)),
    [60_000, 120_000, 240_000, 3_600_000],
  );
});
