import t from 'tap';
import { PairHistory } from '../../../../protocol/api.ts';
import { NOW, onlineStatus, openTestApi, type TestApi, target } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

const START = NOW - 600_000;

/** An hour of nothing, then 60 rounds, the 31st without a reply. */
const openWithRounds = async (): Promise<{ readonly api: TestApi; readonly cookie: string }> => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  const rounds = Array.from({ length: 60 }, (_, i) =>
    makeRound(i + 1, START + i * 10_000, {}, i === 30 ? [] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  );
  await api.test.batch('ams1', makeBatch(rounds, { lane: 'backlog' }));
  return { api, cookie };
};
const path = (query: string): string => `/api/v1/pairs/ams1/gw/icmp/history?${query}`;

t.test('history: every round is a column while they fit', async (t) => {
  const { api, cookie } = await openWithRounds();
  const history = PairHistory.parse((await api.ask('GET', path(`from=${START}&to=${NOW}&columns=60`), undefined, cookie)).json);

  t.match(history, { agent: 'ams1', target: 'gw', task: 'gw/icmp', intervalMs: 10_000, bucketMs: 0, measuredSince: START, off: [] });
  t.equal(history.columns.length, 60);
  t.match(history.columns[0], {
    at: START,
    endAt: START + 10_000,
    rounds: 1,
    sent: 10,
    lossRatio: 0,
    rtt: { minMs: 1, medianMs: 5, maxMs: 10 },
  });
  t.match(history.columns[30], { received: 0, lossRatio: 1, rtt: null });
  await api.stop();
});

t.test('history: what others write under the same names is not in it', async (t) => {
  const { api, cookie } = await openWithRounds();
  const read = async () => (await api.ask('GET', path(`from=${START}&to=${NOW}&columns=10`), undefined, cookie)).json;
  const before = await read();
  const spoof = 'ping,agent=ams1,target=gw,task=gw/icmp result_code=0i,interval_ms=1000';
  await api.deps.origins.write('stranger', `${spoof} ${START - 9_000_000}\n${spoof} ${NOW}`, 'ms');
  t.same(await read(), before, 'measuredSince neither');
  await api.ask('DELETE', '/api/v1/targets/gw', undefined, cookie);
  t.match(await read(), { intervalMs: 10_000 });
  await api.stop();
});

t.test('history: more rounds than columns are merged, the worst loss stays seen', async (t) => {
  const { api, cookie } = await openWithRounds();
  const history = PairHistory.parse((await api.ask('GET', path(`from=${START}&to=${NOW}&columns=10`), undefined, cookie)).json);

  t.ok(history.bucketMs >= 60_000);
  t.ok(history.columns.length <= 10);
  t.equal(
    history.columns.reduce((sum, { sent }) => sum + sent, 0),
    600,
  );
  const worst = history.columns.filter(({ worstLossRatio }) => worstLossRatio === 1);
  t.equal(worst.length, 1);
  t.ok((worst[0]?.lossRatio ?? 1) < 0.5);
  await api.stop();
});

t.test('history: the spans of the agent being off, incidents and changes stand beside the columns', async (t) => {
  const { api, cookie } = await openWithRounds();
  api.test.send('ams1', 'status', onlineStatus());
  await api.test.clock.advance(20_000);
  const offAt = Math.floor(api.test.clock.now());
  api.test.send('ams1', 'status', { v: 1, state: 'offline', reason: 'stopped' });
  await api.test.clock.advance(20_000);
  const members = JSON.stringify([{ series: 'ams1 gw/icmp', agent: 'ams1', target: 'gw', value: 1, since: START }]);
  const incident = {
    rule_id: 'high-loss',
    cause: 'target:gw',
    title: 'High loss',
    severity: 'critical',
    state: 'firing',
    opened_at: START,
    members,
  } as const;
  await api.test.state
    .insertInto('incidents')
    .values({ ...incident, resolved_at: null, acknowledged_at: null, acknowledged_by: null })
    .execute();
  await api.test.state
    .insertInto('incidents')
    .values({ ...incident, cause: 'target:x', members: '[]', resolved_at: null, acknowledged_at: null, acknowledged_by: null })
    .execute();

  const history = PairHistory.parse((await api.ask('GET', path(`from=${START}&to=${NOW + 60_000}`), undefined, cookie)).json);
  t.same(history.off, [{ from: offAt, to: NOW + 60_000 }]);
  t.match(history.annotations, [
    { kind: 'incident', from: START, to: null, incident: 1 },
    { kind: 'change', title: 'revision 1: target gw added (operator)' },
  ]);
  t.equal(history.annotations.length, 2);
  await api.stop();
});

t.test('history: what was measured is still told when its target is gone', async (t) => {
  const { api, cookie } = await openWithRounds();
  await api.ask('DELETE', '/api/v1/targets/gw', undefined, cookie);
  const answer = await api.ask('GET', path(`from=${START}&to=${NOW}`), undefined, cookie);
  t.match(answer, { status: 200, json: { intervalMs: 10_000 } });
  t.equal(answer.json.columns.length, 60);
  await api.stop();
});

t.test('history: as a spreadsheet, nothing measured is an empty field', async (t) => {
  const { api, cookie } = await openWithRounds();
  const csv = await api.ask('GET', path(`from=${START}&to=${NOW}&format=csv`), undefined, cookie);
  const lines = csv.text.split('\r\n');
  t.match(csv.headers, { 'content-type': /^text\/csv/, 'content-disposition': /ams1_gw_icmp\.csv/ });
  t.match(lines[0], /^at,end_at,rounds,sent,received,lost,.*rtt_median_ms/);
  t.match(lines[31], /^2027-01-15T07:55:00\.000Z,2027-01-15T07:55:10\.000Z,1,10,0,10,0,0,0,0,1,1,0,,,,,,/);
  t.equal(lines.length, 62);
  await api.stop();
});

t.test('history: a range that is none, or a pair that is none, is refused', async (t) => {
  const { api, cookie } = await openWithRounds();
  t.match(await api.ask('GET', path(`from=${NOW}&to=${START}`), undefined, cookie), {
    status: 400,
    json: { detail: 'from: must be before to' },
  });
  t.equal((await api.ask('GET', path('columns=0'), undefined, cookie)).status, 400);
  t.equal((await api.ask('GET', path('from=yesterday'), undefined, cookie)).status, 400);
  t.equal((await api.ask('GET', path('from=0'), undefined, cookie)).status, 400);
  t.equal((await api.ask('GET', '/api/v1/pairs/none/gw/icmp/history', undefined, cookie)).status, 404);
  await api.stop();
});
