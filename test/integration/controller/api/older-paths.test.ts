import t from 'tap';
import { openTestApi } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

// As the document of that platform shows it, letter by letter.
const NODE = {
  id: 'router-main',
  name: 'Main Router',
  ip_address: '192.168.1.1',
  type: 'router',
  location: 'Main Office',
  model: 'Cisco 4321',
  manufacturer: 'Cisco',
  mac_address: '00:11:22:33:44:55',
  is_active: true,
  snmp_community: 'public',
  snmp_version: '2c',
};

t.test('network nodes: made, listed, replaced and removed by their paths, as a target and a device', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');

  const made = await api.ask('POST', '/monitoring/network-nodes/', NODE, cookie);

  t.equal(made.status, 201, made.text);
  const { snmp_community: _, ...shown } = NODE;
  t.same(made.json, shown, 'the community is not given out again');
  t.match((await api.ask('GET', '/api/v1/targets/router-main', undefined, cookie)).json, {
    address: '192.168.1.1',
    labels: { location: 'Main Office' },
  });
  t.match((await api.ask('GET', '/api/v1/devices/router-main', undefined, cookie)).status, 200);
  t.same((await api.ask('GET', '/monitoring/network-nodes/', undefined, cookie)).json, [shown]);
  t.equal((await api.ask('POST', '/monitoring/network-nodes/', NODE, cookie)).status, 409);

  const { snmp_community: _c, snmp_version: _v, location: _l, ...plain } = NODE;
  const off = await api.ask('PUT', '/monitoring/network-nodes/router-main', { ...plain, is_active: false }, cookie);
  t.match(off.json, { is_active: false });
  t.notOk('location' in off.json);
  t.match((await api.ask('GET', '/api/v1/targets/router-main', undefined, cookie)).json, { agentCount: 0 });
  t.match((await api.ask('PUT', '/monitoring/network-nodes/router-main', plain, cookie)).json, { is_active: true });
  t.match((await api.ask('GET', '/api/v1/targets/router-main', undefined, cookie)).json, { agentCount: 1 });

  t.equal((await api.ask('DELETE', '/monitoring/network-nodes/router-main', undefined, cookie)).status, 204);
  t.equal((await api.ask('GET', '/monitoring/network-nodes/router-main', undefined, cookie)).status, 404);
  t.equal((await api.ask('GET', '/api/v1/devices/router-main', undefined, cookie)).status, 404);
  t.match((await api.ask('POST', '/monitoring/network-nodes/', { ...NODE, ip_address: 'no address' }, cookie)).json, { status: 422 });
  await api.stop();
});

t.test('network nodes: what is switched off is not polled either, and comes back as it was', async (t) => {
  const api = await openTestApi({ agents: ['ams1', 'fra1'] });
  const cookie = await api.signInAs('operator');
  const get = async (path: string) => (await api.ask('GET', path, undefined, cookie)).json;
  const put = (change: object) => api.ask('PUT', '/monitoring/network-nodes/router-main', { ...plain, ...change }, cookie);
  const { snmp_community: _c, snmp_version: _v, ...plain } = NODE;
  t.equal((await api.ask('POST', '/monitoring/network-nodes', NODE, cookie)).status, 201);
  const target = { ...(await get('/api/v1/targets/router-main')), agents: { in: { agent: ['fra1'] }, notIn: { site: ['lab'] } } };
  const { answered: _a, agentCount: _n, updatedAt: _u, ...document } = target;
  t.equal((await api.ask('PUT', '/api/v1/targets/router-main', document, cookie)).status, 200);

  const tasks = async () =>
    (await api.test.state.selectFrom('pushes').selectAll().execute()).filter((row) => JSON.stringify(row).includes('router-main/')).length;
  t.ok((await tasks()) > 0);
  t.match((await put({ is_active: false })).json, { is_active: false });
  t.match(await get('/api/v1/targets/router-main'), { agentCount: 0 });
  t.match(await get('/api/v1/devices/router-main'), { enabled: false, state: 'waiting', has: { community: true } });
  t.equal(await tasks(), 0, 'no agent has a task of it');
  t.match((await put({ is_active: false, name: 'Renamed' })).json, { is_active: false, name: 'Renamed' });

  t.match((await put({ is_active: true })).json, { is_active: true, snmp_version: '2c' });
  t.match(await get('/api/v1/targets/router-main'), { agentCount: 1 });
  t.same((await get('/api/v1/targets/router-main')).agents, document.agents, 'the selector is what it was');
  t.match(await get('/api/v1/devices/router-main'), { enabled: true, access: { version: '2c' } });
  await api.stop();
});

t.test('network nodes: another SNMP version needs the community, and what is refused changes nothing', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const { snmp_community: _c, ...open } = NODE;
  const refused = { status: 422, errors: [{ path: 'snmp_version' }] };
  t.match((await api.ask('POST', '/monitoring/network-nodes', open, cookie)).json, refused);
  t.same((await api.ask('GET', '/monitoring/network-nodes', undefined, cookie)).json, []);
  t.equal((await api.ask('POST', '/monitoring/network-nodes', NODE, cookie)).status, 201);

  const put = (body: object) => api.ask('PUT', '/monitoring/network-nodes/router-main', body, cookie);
  const answer = await put({ ...open, snmp_version: '1', name: 'Other' });
  t.match(answer.json, { ...refused, detail: /the node is spoken to by 2c; give snmp_community as well to have version 1/ });
  t.match((await api.ask('GET', '/monitoring/network-nodes/router-main', undefined, cookie)).json, {
    name: 'Main Router',
    snmp_version: '2c',
  });
  t.match(
    await put({ ...open, name: 'Other' }),
    { status: 200, json: { name: 'Other', snmp_version: '2c' } },
    'what was given out can be given back',
  );
  t.match(await put({ ...NODE, snmp_version: '1' }), { status: 200, json: { snmp_version: '1' } });
  await api.stop();
});

t.test('older metric paths: what was measured comes by their parameters', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const admin = await api.signInAs('admin');
  const labels = { country: 'de', partner: 'Acme', dn_ext: 'sip.example' };
  const target = { id: 'gw', name: 'Gateway', address: '192.0.2.1', labels, tasks: [{ options: { kind: 'icmp' } }] };
  await api.ask('POST', '/api/v1/targets', target, cookie);
  const now = Math.floor(api.test.clock.now());
  const rtts = Array.from({ length: 8 }, (_, i) => 60 + i);
  await api.test.batch('ams1', makeBatch([makeRound(1, now - 40_000, {}, rtts), makeRound(2, now - 30_000, {}, rtts)]));
  api.test.send('ams1', 'event', { v: 1, at: now, level: 'warning', event: 'guard-rail-hit', message: 'held back' });
  await api.test.clock.advance(1_500);
  const get = async (path: string): Promise<ReturnType<typeof JSON.parse>> => {
    const answer = await api.ask('GET', path, undefined, cookie);
    t.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 200)}`);
    return answer.json ?? answer.text;
  };

  t.match(String(await get('/metrics/network')), /^network_latency_milliseconds\{.*\} 63\.5$/m);
  const iso = (at: number): string => new Date(at).toISOString().replace('Z', '');
  const window = `start_time=${iso(now - 86_400_000)}&end_time=${iso(now + 60_000)}&interval=5m`;
  const latency = await get(`/monitoring/metrics/?metric_type=NETWORK_LATENCY&node_id=gw&${window}`);
  t.match(latency[0], { node_id: 'gw', agent: 'ams1', metric_type: 'NETWORK_LATENCY', value: 63.5, unit: 'ms' });
  t.match((await get(`/monitoring/metrics/?metric_type=PACKET_LOSS&node_id=gw&${window}`))[0], { value: 20, unit: '%' });
  t.same(await get(`/monitoring/metrics/?metric_type=NETWORK_LATENCY&node_id=other&${window}`), []);
  t.equal((await api.ask('GET', '/monitoring/metrics/?metric_type=MOOD', undefined, cookie)).status, 400);

  // What does not fit says where it goes on, and the pages have everything once.
  const pagesOf = async (path: string): Promise<ReturnType<typeof JSON.parse>[]> => {
    const pages = [];
    for (let next: string | undefined = path; next !== undefined && pages.length < 9; ) {
      const { status, json, headers }: Awaited<ReturnType<typeof api.ask>> = await api.ask('GET', next, undefined, cookie);
      t.equal(status, 200, next);
      pages.push(json);
      next = /^<([^>]+)>; rel="next"$/.exec(String(headers['link'] ?? ''))?.[1];
    }
    return pages;
  };
  const fine = `start_time=${iso(now - 86_400_000)}&end_time=${iso(now + 60_000)}&interval=5s`;
  const pages = await pagesOf(`/monitoring/metrics/?${fine}&limit=1`);
  t.same(
    pages.map((page) => page.length),
    [1, 1],
  );
  t.same(pages.flat(), await get(`/monitoring/metrics/?${fine}`));
  t.equal((await pagesOf('/monitoring/metrics/?limit=2')).length, 1, 'nothing is left');
  const custom = `range=custom&start=${iso(now - 60_000)}&end=${iso(now + 60_000)}`;
  t.same(
    (await pagesOf(`/api/ping-data?${custom}&limit=1`)).map(([one]) => one.data.length),
    [1, 1],
  );
  t.match((await api.ask('GET', '/api/ping-data?after=x', undefined, cookie)).json, { status: 400, errors: [{ path: 'after' }] });

  const pings = await get('/api/ping-data?country=de&country=fr&range=24h');
  t.match(pings, [{ partner: 'Acme', country: 'de', ip: '192.0.2.1', dn_ext: 'sip.example', agent: 'ams1' }]);
  t.match(pings[0].data[0], { min: 60, max: 67, avg: 63.5, packet_loss: 20 });
  t.same(await get('/api/ping-data?country=fr'), []);
  t.same((await get(`/api/ping-data?range=custom&start=${iso(now - 7_200_000)}&end=${iso(now - 3_600_000)}`)).length, 0);
  t.equal((await api.ask('GET', '/api/ping-data?range=custom', undefined, cookie)).status, 400);
  t.match(await get('/api/servers/status'), [{ name: 'Gateway', status: 'up', class: 'good', latency_ms: 63, packet_loss: 20 }]);
  await api.test.clock.advance(120_000);
  t.match(await get('/api/servers/status'), [{ status: 'stale' }]);
  await api.test.clock.advance(1_000);
  for (const level of ['warning', 'WARNING', 'warn'])
    t.match(await get(`/api/logs?limit=1&level=${level}`), [{ level: 'warning', event: 'guard-rail-hit', source: 'ams1' }]);
  const told = await get('/api/logs?limit=50');
  const lineOf = (event: string) => told.find((one: { event: string }) => one.event === event);
  t.match(lineOf('configuration'), { level: 'info', message: /target gw added/ });
  t.match(lineOf('agent-enrolled'), { level: 'info', source: 'ams1' });
  t.match((await api.ask('GET', '/api/logs?level=loud', undefined, cookie)).json, { status: 400, errors: [{ path: 'level' }] });
  t.same(await get('/api/logs?level=DEBUG'), []);
  t.same(await get('/api/logs?level=error'), []);

  const table = await get('/api/metrics');
  t.match(table.metric['0'], /^rtt_mean_ms ams1 gw$/);
  t.equal(table.value['0'], 63.5);
  t.same(await get('/api/v1/interfaces/metrics'), { interfaces: [] });

  const questions = [
    `/monitoring/metrics/?metric_type=NETWORK_LATENCY&node_id=gw&${window}`,
    `/monitoring/metrics/?metric_type=NETWORK_LATENCY&${window}`,
    '/api/ping-data?country=de',
    '/api/metrics',
  ];
  const ask = async (): Promise<unknown[]> => Promise.all(questions.map(get));
  const before = await ask();
  const spoof = 'ping,agent=ams1,host=ams1,target=gw,url=gw,task=gw/icmp average_response_ms=999,result_code=0i';
  await api.deps.origins.write('stranger', `${spoof} ${now - 40_000}\n${spoof} ${now - 80_000_000}`, 'ms');
  t.same(await ask(), before, 'what others write under our names is not ours');
  t.ok(admin);
  await api.stop();
});
