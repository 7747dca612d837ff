import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openAlerts } from '../../../../controller/alerts/alerts.ts';
import { builtInRules } from '../../../../controller/alerts/built-in/index.ts';
import { observeForeign } from '../../../../controller/alerts/points.ts';
import { openState } from '../../../../controller/state/database.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { Rule } from '../../../../protocol/rule.ts';
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
/** Which series fire when all of them are told every minute, and only the first is over the threshold of 1; then when a target is added. */
const firingOf = async (measurement: string, series: readonly Readonly<Record<string, string>>[]) => {
  const state = openState(new DatabaseSync(':memory:'));
  const clock = makeManualClock(START);
  await state.insertInto('settings').values({ key: 'alerts.built-in-rules', value: '1' }).execute();
  const rule = Rule.parse({ id: 'r', name: 'R', measurement, field: 'v', threshold: 1, forMs: MINUTE });
  await state
    .insertInto('rules')
    .values({ id: 'r', document: JSON.stringify(rule), enabled: 1, updated_at: 1 })
    .execute();
  const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
  for (let minute = 0; minute < 8; minute += 1) {
    await clock.advance(MINUTE);
    const at = Math.floor(clock.now());
    await alerts.look(series.map((tags, i) => ({ measurement, tags, at, fields: { v: i === 0 ? 5 : 0 } })));
    // A change of the rules must not drop what is not ours.
    if (minute === 5)
      await state
        .updateTable('rules')
        .set({ document: JSON.stringify({ ...rule, name: 'R2' }), updated_at: 2 })
        .execute();
  }
  const rows = await state.selectFrom('incidents').select(['cause', 'state', 'title']).execute();
  await state.destroy();
  return rows;
};

t.test('points: series from elsewhere are kept apart by every tag that they have', async (t) => {
  const pairs: readonly (readonly [string, Record<string, string>, Record<string, string>, string])[] = [
    ['ping', { host: 'tg', url: 'http://a/x', origin: 'o' }, { url: 'http://b/x' }, 'tg/:ping{origin=o,url=http://a/x}'],
    ['ping', { host: 'tg', url: 'a', origin: 'o1' }, { origin: 'o2' }, 'tg/:ping{origin=o1,url=a}'],
    [
      'interface',
      { host: 'tg', agent_host: 'sw1', source: 'sw1', sysName: 'sw', port: '1', origin: 'o' },
      { agent_host: 'sw2', source: 'sw2' },
      'tg/:interface{agent_host=sw1,origin=o,port=1,source=sw1,sysName=sw}',
    ],
    ['net_response', { host: 'tg', server: 'a', port: '80' }, { server: 'b' }, 'tg/:net_response{port=80,server=a}'],
    ['m', { host: 'a/b' }, { host: 'a-b' }, 'a-b/:m{host=a/b}'],
    ['m', { origin: 'o', x: '1,y=2' }, { x: '1', y: '2' }, 'o/:m{x="1,y=2"}'],
  ];
  for (const [measurement, first, change, name] of pairs) {
    const rows = await firingOf(measurement, [first, { ...first, ...change }]);
    t.match(rows, [{ cause: `series:${name}`, state: 'firing' }], name);
    t.equal(rows.length, 1, name);
  }
  const [a, b] = [observeForeign, observeForeign].map((read, i) =>
    read({ measurement: 'm', tags: i === 0 ? { a: '1', b: '2' } : { b: '2', a: '1' }, at: 0, fields: { v: 1 } }),
  );
  t.equal(a?.observation.task, b?.observation.task, 'in whatever order the tags come');
});

t.test('points: two series of one host are two causes, and what is late judges nothing', async (t) => {
  t.strictSame(await incidentsOf('memory-high', steps([50, 10])), []);
  const state = openState(new DatabaseSync(':memory:'));
  const clock = makeManualClock(START);
  const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
  await alerts.look([{ measurement: 'mem', tags: { host: 'a' }, at: START - 10 * MINUTE, fields: { used_percent: 99 } }]);
  t.strictSame(await state.selectFrom('incidents').select('id').execute(), []);
});
