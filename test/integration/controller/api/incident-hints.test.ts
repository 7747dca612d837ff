import t, { type Test } from 'tap';
import { HintList } from '../../../../protocol/api.ts';
import type { FieldValue, Point } from '../../../../controller/series/store.ts';
import { NOW, openTestApi, target, type TestApi } from '../../../helpers/api.ts';

const MINUTE = 60_000;
const open = async (t: Test, points: readonly Point[]): Promise<{ readonly api: TestApi; readonly hints: () => Promise<string[]> }> => {
  const api = await openTestApi();
  t.teardown(api.stop);
  const cookie = await api.signInAs('admin');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  await api.test.store.write(points);
  const members = JSON.stringify([{ series: 'ams1 gw/icmp', agent: 'ams1', target: 'gw', value: 0.5, since: NOW }]);
  const row = { rule_id: 'high-loss', cause: 'target:gw', title: 'High loss at gw', severity: 'critical', state: 'resolved' } as const;
  const times = { opened_at: NOW, resolved_at: NOW + 20 * MINUTE, acknowledged_at: null, acknowledged_by: null };
  await api.test.state
    .insertInto('incidents')
    .values({ ...row, members, ...times })
    .execute();
  return {
    api,
    async hints() {
      const { json } = await api.ask('GET', '/api/v1/incidents/1/hints', undefined, cookie);
      return HintList.parse(json).hints.map(({ id, title, why }) => `${id}: ${title}, ${why}`);
    },
  };
};
const minutes = (measurement: string, tags: Record<string, string>, fields: (minute: number) => Record<string, FieldValue>): Point[] =>
  Array.from({ length: 25 }, (_, i) => ({ measurement, tags: { host: 'ams1', ...tags }, at: NOW + (i - 5) * MINUTE, fields: fields(i) }));

t.test('hints of an incident: with nothing measured around it the plain advice', async (t) => {
  const { hints } = await open(t, []);
  t.match(await hints(), [/^baseline: Nothing near it stands out/]);
});

t.test('hints of an incident: errors and drops of its agent’s own interface, by name', async (t) => {
  const { hints } = await open(
    t,
    minutes('net', { agent: 'ams1', interface: 'eth0', task: 'self/net' }, () => ({ in_error_percent: 3, out_drop_percent: 0.5 })),
  );
  t.match(await hints(), [/^errors: Errors on ams1 eth0, up to 3 %/, /^drops: ams1 eth0 drops packets/]);
});

t.test('hints of an incident: loss that follows the load of a line', async (t) => {
  const ping = { agent: 'ams1', target: 'gw', task: 'gw/icmp' };
  const { hints } = await open(t, [
    ...minutes('ping', ping, (minute) => ({ percent_packet_loss: minute / 2 })),
    ...minutes('net', { agent: 'ams1', interface: 'eth0', task: 'self/net' }, (minute) => ({ out_utilization_ratio: 0.2 + minute / 50 })),
  ]);
  t.match(await hints(), [/^loss-follows-load: Loss to gw from ams1 follows the load of ams1 eth0, rank correlation 1.00/]);
});

t.test('hints of an incident: another agent’s line, and another time, are not its', async (t) => {
  const far = minutes('net', { agent: 'ams1', interface: 'eth0', task: 'self/net' }, () => ({ in_utilization_ratio: 0.99 }));
  const { hints } = await open(t, [
    ...minutes('net', { agent: 'ber1', interface: 'eth0', task: 'self/net' }, () => ({ in_error_percent: 50 })),
    ...far.map((point) => ({ ...point, at: point.at - 3_600_000 })),
  ]);
  t.match(await hints(), [/^baseline/]);
});

t.test('hints of an incident: there must be one', async (t) => {
  const { api } = await open(t, []);
  t.equal((await api.ask('GET', '/api/v1/incidents/7/hints', undefined, await api.signInAs('viewer'))).status, 404);
});
