import t from 'tap';
import { AgentList, DryRun, PairList, PairView, TargetList } from '../../../../protocol/api.ts';
import { NOW, onlineStatus, openTestApi, type TestApi, target } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

const stateOf = async (api: TestApi, cookie: string): Promise<string> => {
  const { pairs } = PairList.parse((await api.ask('GET', '/api/v1/pairs', undefined, cookie)).json);
  return pairs[0]?.state ?? 'none';
};

t.test('targets: added, shown, replaced and removed, each change pushed and audited', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');

  t.match(await api.ask('POST', '/api/v1/targets', target(), cookie), { status: 201, json: { revision: 1, agents: ['ams1'] } });
  t.match(await api.ask('POST', '/api/v1/targets', target(), cookie), { status: 409, json: { errors: [{ path: 'id' }] } });
  t.match(TargetList.parse((await api.ask('GET', '/api/v1/targets', undefined, cookie)).json).targets, [
    { id: 'gw', agentCount: 1, answered: false },
  ]);
  t.match(await api.ask('PUT', '/api/v1/targets/gw', target({ address: '192.0.2.9' }), cookie), { status: 200, json: { revision: 2 } });
  t.equal((await api.ask('PUT', '/api/v1/targets/other', target(), cookie)).status, 422);
  t.equal((await api.ask('PUT', '/api/v1/targets/other', target({ id: 'other' }), cookie)).status, 404);
  t.match((await api.ask('GET', '/api/v1/targets/gw', undefined, cookie)).json, { address: '192.0.2.9' });
  t.equal(api.test.configs('ams1').at(-1)?.tasks[0]?.target.address, '192.0.2.9');
  t.equal((await api.ask('DELETE', '/api/v1/targets/gw', undefined, cookie)).status, 200);
  t.equal((await api.ask('GET', '/api/v1/targets/gw', undefined, cookie)).status, 404);
  const { entries } = (await api.ask('GET', '/api/v1/audit', undefined, cookie)).json;
  t.match(
    entries.map(({ actor }: { actor: string }) => actor),
    ['admin', 'admin', 'admin', 'admin'],
  );
  await api.stop();
});

t.test('targets: a refusal names the field, with the arithmetic, and changes nothing', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const send = async (change: object) => (await api.ask('POST', '/api/v1/targets', target(change), cookie)).json;

  t.match(await send({ tasks: [{ intervalMs: 5_000, options: { kind: 'icmp' } }] }), {
    status: 422,
    errors: [{ path: 'tasks[0].intervalMs', message: 'a round needs 10 s: 9 s to send, 1 s to wait; 5 s is too short' }],
  });
  t.match(await send({ address: 'not an address' }), { errors: [{ path: 'address', message: /^an IPv4 or IPv6 address/ }] });
  t.match(await send({ adress: '192.0.2.1' }), {
    status: 422,
    errors: [{ path: 'adress', message: 'there is no such field; did you mean address?' }],
  });
  t.match(await send({ tasks: [{ options: { kind: 'icmp', colour: 1 } }] }), {
    errors: [{ path: 'tasks[0].options.colour', message: 'there is no such field' }],
  });
  t.match(await send({ id: 'Gateway!' }), { errors: [{ path: 'id', message: /lower-case/ }] });
  t.same((await api.ask('GET', '/api/v1/targets', undefined, cookie)).json, { targets: [] });
  await api.stop();
});

t.test('targets: a dry run counts and changes nothing', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const run = DryRun.parse((await api.ask('POST', '/api/v1/targets/dry-run', target(), cookie)).json);

  t.match(run, { ok: true, tasks: 1, packetsPerSecondPerAgent: 1, newSeries: 1, problems: [] });
  t.same((await api.ask('GET', '/api/v1/targets', undefined, cookie)).json, { targets: [] });
  await api.stop();
});

t.test('agents: state, reason, revision and events are what the agent told', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  const agent = async () => AgentList.parse((await api.ask('GET', '/api/v1/agents', undefined, cookie)).json).agents[0];

  t.match(await agent(), { id: 'ams1', state: 'waiting', status: null });
  api.test.send('ams1', 'status', onlineStatus());
  await api.test.clock.advance(1_500);
  t.match(await agent(), { state: 'online', appliedRevision: 1, status: { hostname: 'ams1' } });
  t.equal((await agent())?.reason, undefined);
  api.test.send('ams1', 'status', onlineStatus({ health: { icmp: 'no-limits', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 } }));
  t.match(await agent(), { state: 'degraded', reason: /limits file/ });
  api.test.send('ams1', 'event', { v: 1, at: NOW, level: 'warning', event: 'guard-rail', message: 'held back' });
  api.test.send('ams1', 'status', { v: 1, state: 'offline', reason: 'line-cut' });
  await api.test.clock.advance(1_500);
  t.match(await agent(), { state: 'off', reason: 'its line was cut' });
  t.match((await api.ask('GET', '/api/v1/agents/ams1/events', undefined, cookie)).json, { events: [{ event: 'guard-rail' }] });
  const { spans } = (await api.ask('GET', '/api/v1/agents/ams1/presence', undefined, cookie)).json;
  t.match(spans, [
    { state: 'online', to: Number },
    { state: 'off', to: null },
  ]);
  await api.stop();
});

t.test('agents: labels decide what is measured; a revoked one measures nothing', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('admin');
  await api.ask('POST', '/api/v1/targets', target({ agents: { in: { site: ['fra'] } } }), cookie);

  t.match(await api.ask('PATCH', '/api/v1/agents/ams1', { labels: { site: 'fra' } }, cookie), { status: 200, json: { agents: ['ams1'] } });
  t.match((await api.ask('GET', '/api/v1/agents/ams1', undefined, cookie)).json, {
    labels: { site: 'fra' },
    tasks: 1,
    packetsPerSecond: 1,
  });
  t.equal((await api.ask('PATCH', '/api/v1/agents/ams1', { labels: { Site: 'fra' } }, cookie)).status, 422);
  t.equal((await api.ask('PATCH', '/api/v1/agents/none', { labels: {} }, cookie)).status, 404);
  t.equal((await api.ask('POST', '/api/v1/agents/ams1/revoke', undefined, cookie)).status, 200);
  t.match((await api.ask('GET', '/api/v1/agents/ams1', undefined, cookie)).json, { state: 'revoked', tasks: 0 });
  await api.stop();
});

t.test('pairs: waiting, grey, ok, lossy, no reply, no data and agent off are told apart', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('viewer');
  const operator = await api.signInAs('operator');
  await api.ask('POST', '/api/v1/targets', target(), operator);
  api.test.send('ams1', 'status', onlineStatus());
  await api.test.clock.advance(1_500);
  let seq = 0;
  const round = async (received: number): Promise<void> => {
    seq += 1;
    const at = Math.floor(api.test.clock.now()) - 10_000;
    await api.test.batch('ams1', makeBatch([makeRound(seq, at, {}, Array(received).fill(1.5))], { lowest: seq }));
    await api.test.clock.advance(10_000);
  };

  t.equal(await stateOf(api, cookie), 'waiting');
  await round(0);
  t.equal(await stateOf(api, cookie), 'grey');
  await api.test.state
    .insertInto('answers')
    .values({ target_id: 'gw', first_at: NOW })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await round(10);
  t.equal(await stateOf(api, cookie), 'ok');
  await round(7);
  t.equal(await stateOf(api, cookie), 'lossy');
  await round(0);
  t.equal(await stateOf(api, cookie), 'no-reply');
  await api.test.clock.advance(15_000);
  t.equal(await stateOf(api, cookie), 'no-data');
  api.test.send('ams1', 'status', { v: 1, state: 'offline', reason: 'stopped' });
  t.equal(await stateOf(api, cookie), 'off');
  const one = PairView.parse((await api.ask('GET', '/api/v1/pairs/ams1/gw/icmp', undefined, cookie)).json);
  t.match(one, { state: 'off', reason: 'the agent is off: it was stopped', lossRatio: 1, medianMs: null });
  t.equal((await api.ask('GET', '/api/v1/pairs/ams1/none/icmp', undefined, cookie)).status, 404);
  await api.stop();
});

t.test('lists: as CSV by ?format=csv or Accept, and as JSON where that is said', async (t) => {
  const api = await openTestApi({ agents: ['ams1'] });
  const cookie = await api.signInAs('operator');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  const heads = {
    targets: /^id,name,address,family,labels[^,]*,.*answered,agentCount,updatedAt$/,
    agents: /^id,hostname,labels[^,]*,state,/,
    incidents: /^id,rule,cause,title,severity,state,openedAt,/,
    pairs: /^agent,target,targetName,address,probe,task,state,/,
    devices: /^id,name,address,/,
  };
  for (const [name, head] of Object.entries(heads)) {
    const { status, text, headers } = await api.ask('GET', `/api/v1/${name}?format=csv`, undefined, cookie);
    t.equal(status, 200, name);
    t.match(headers['content-type'], /^text\/csv/);
    t.match(headers['content-disposition'], `filename="${name}.csv"`);
    t.match(text.split('\r\n')[0], head, name);
    t.match((await api.ask('GET', `/api/v1/${name}?format=xml`, undefined, cookie)).json, { status: 400 });
    t.type((await api.ask('GET', `/api/v1/${name}?format=json`, undefined, cookie)).json[name], Array);
  }
  const accept = { host: 'localhost', cookie, accept: 'text/csv, */*' };
  const negotiated = async (url: string) => (await api.app.inject({ method: 'GET', url, headers: accept })).headers['content-type'];
  t.match(await negotiated('/api/v1/pairs'), /^text\/csv/);
  t.match(await negotiated('/api/v1/pairs?format=json'), /^application\/json/);
  const rows = (await api.ask('GET', '/api/v1/pairs?format=csv&target=gw', undefined, cookie)).text.split('\r\n');
  t.match(rows[1], /^ams1,gw,/);
  t.equal(rows.length, 3);
  await api.stop();
});
