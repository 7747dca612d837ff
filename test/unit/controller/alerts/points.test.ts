import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openAlerts } from '../../../../controller/alerts/alerts.ts';
import { builtInRules } from '../../../../controller/alerts/built-in/index.ts';
import { openState } from '../../../../controller/state/database.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';

const START = 1_800_000_000_000;
const MINUTE = 60_000;

/** A rule of the first start, switched on, over series that are handed in a point a minute; what incidents there were. */
const incidentsOf = async (rule: string, values: readonly number[], tags: Readonly<Record<string, string>> = { host: 'web1' }) => {
  const written = builtInRules.find(({ id }) => id === rule);
  if (written === undefined) throw new Error(`no rule ${rule}`);
  const state = openState(new DatabaseSync(':memory:'));
  const clock = makeManualClock(START);
  await state.insertInto('settings').values({ key: 'alerts.built-in-rules', value: '1' }).execute();
  const document = JSON.stringify({ ...written, enabled: true, needsTargets: false });
  await state.insertInto('rules').values({ id: rule, document, enabled: 1, updated_at: 1 }).execute();
  const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
  for (const value of values) {
    await clock.advance(MINUTE);
    const at = Math.floor(clock.now());
    await alerts.look([{ measurement: written.measurement, tags, at, fields: { [written.field]: value } }]);
  }
  const rows = await state.selectFrom('incidents').select(['cause', 'state', 'title', 'opened_at', 'resolved_at']).execute();
  await state.destroy();
  return rows.map(({ opened_at, resolved_at, ...row }) => ({
    ...row,
    from: (opened_at - START) / MINUTE,
    to: resolved_at === null ? null : (resolved_at - START) / MINUTE,
  }));
};
const steps = (...runs: readonly (readonly [value: number, times: number])[]): number[] =>
  runs.flatMap(([value, times]) => Array.from({ length: times }, () => value));

t.test('built-in rules over series of probes that are not there yet fire on injected series', async (t) => {
  t.match(await incidentsOf('certificate-expiry', steps([3_000_000, 3], [1_000_000, 3], [9_000_000, 3])), [
    { state: 'resolved', from: 4, to: 7 },
  ]);
  t.match(await incidentsOf('path-change', steps([0, 3], [1, 10], [0, 10])), [{ state: 'resolved', from: 9 }]);
  t.match(await incidentsOf('quota', steps([0.8, 3], [0.95, 3]), { host: 'billing', customer: 'acme' }), [
    {
      cause: 'series:billing/:customer{customer=acme}',
      title: 'Quota nearly used: customer{customer=acme} of billing',
      state: 'firing',
      from: 4,
    },
  ]);
  t.match(await incidentsOf('interface-down', steps([1, 3], [2, 5])), [{ from: 5 }]);
  t.match(await incidentsOf('connection-spike', steps([100, 3], [5_100, 3], [4_600, 3], [100, 4])), [{ from: 5, to: 11 }]);
  t.match(await incidentsOf('ephemeral-ports', steps([0.1, 3], [0.9, 5], [0.2, 4])), [{ state: 'resolved', from: 6 }]);
  t.match(await incidentsOf('cpu-high', steps([80, 6], [5, 15]), { host: 'web1', cpu: 'cpu-total' }), [{ state: 'firing' }]);
  t.match(await incidentsOf('memory-high', steps([50, 3], [95, 8])), [{ from: 9 }]);
  t.match(await incidentsOf('interface-errors', steps([0, 6], [5, 10])), [{ state: 'firing' }]);
  t.match(await incidentsOf('bandwidth-saturation', steps([0.2, 6], [0.95, 15])), [{ state: 'firing' }]);
  t.match(await incidentsOf('bandwidth-low', steps([9e6, 3], [2e6, 8])), [{ from: 9 }]);
});
t.test('points: two series of one host are two causes, and what is late judges nothing', async (t) => {
  t.strictSame(await incidentsOf('memory-high', steps([50, 10])), []);
  const state = openState(new DatabaseSync(':memory:'));
  const clock = makeManualClock(START);
  const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
  await alerts.look([{ measurement: 'mem', tags: { host: 'a' }, at: START - 10 * MINUTE, fields: { used_percent: 99 } }]);
  t.strictSame(await state.selectFrom('incidents').select('id').execute(), []);
});
