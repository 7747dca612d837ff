import t, { type Test } from 'tap';
import type { Round } from '../../../protocol/round.ts';
import { openTestApi } from '../../helpers/api.ts';
import { hostRound, interfaceSample, makeLink, netRound, noSockets } from '../../helpers/machine-rounds.ts';
import { settle } from '../../helpers/manual-clock.ts';
import { makeBatch } from '../../helpers/rounds.ts';

// From an agent's rounds about its own machine to what the pages ask for, through the running controller.

const online = (capabilities: readonly string[]): object => ({
  v: 1,
  state: 'online',
  epoch: '00112233aabbccdd',
  version: '0.1.0',
  hostname: 'host-1',
  capabilities,
  applied: null,
  mayBeStale: false,
  clock: null,
  spool: { rounds: 0, bytes: 0, capBytes: 1_000, dropped: 0 },
  packetsPerSecond: 0,
  health: { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 },
});

const open = async (t: Test) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  t.teardown(() => api.stop());
  const tasks = () =>
    api.test
      .configs('ams1')
      .at(-1)
      ?.tasks.map(({ id, intervalMs }) => [id, intervalMs]);
  let seq = 0;
  return {
    api,
    tasks,
    ask: (method: 'GET' | 'PUT' | 'POST', path: string, body?: object) => api.ask(method, `/api/v1${path}`, body, cookie),
    /** Rounds of the last minutes: `agoS` seconds before now. */
    at: (agoS: number) => Math.floor(api.test.clock.now()) - agoS * 1_000,
    async tell(...rounds: readonly Round[]) {
      await api.test.batch('ams1', makeBatch(rounds.map((round) => ({ ...round, seq: (seq += 1) }))));
      await api.test.clock.advance(1_000);
    },
  };
};

t.test(
  'machine: an agent that can is asked to look at itself, one that does not say so is not, and the fleet says how often',
  async (t) => {
    const { api, ask, tasks } = await open(t);
    api.test.send('ams1', 'status', online(['icmp']));
    await settle();
    t.notOk(tasks()?.some(([id]) => String(id).startsWith('self/')));

    api.test.send('ams1', 'status', online(['icmp', 'net', 'host']));
    await settle();
    t.same(tasks(), [
      ['self/host', 30_000],
      ['self/net', 10_000],
    ]);

    const settings = { net: { intervalMs: 60_000, notNames: ['veth*'] }, host: { enabled: false } };
    t.match(await ask('PUT', '/machine-settings', settings), { status: 200, json: { agents: ['ams1'] } });
    t.same(tasks(), [['self/net', 60_000]]);
    t.match(await ask('GET', '/machine-settings'), {
      json: { net: { notNames: ['veth*'] }, host: { enabled: false, intervalMs: 30_000 } },
    });
    t.match(await ask('PUT', '/machine-settings', { net: { intervalMs: 5 } }), {
      status: 422,
      json: { errors: [{ path: 'net.intervalMs' }] },
    });
  },
);

t.test('machine: interfaces with what they are, carry and lose; their history; what changed', async (t) => {
  const { ask, at, tell } = await open(t);
  const name = 'we"ird, ß';
  const carries = (bytes: number) => ({ interfaces: [interfaceSample(name, bytes, { speedBps: 1e9 })] });
  await tell(netRound(at(90), { ...carries(1e6), links: [makeLink(name)] }), netRound(at(80), carries(2e6)));
  await tell(netRound(at(20), { ...carries(1.25e8), links: [makeLink(name, { operState: 'lowerlayerdown' })] }));

  t.match(await ask('GET', '/agents/ams1/interfaces'), {
    status: 200,
    json: {
      intervalMs: 10_000,
      failure: null,
      total: { counters: { bytesIn: 3_000, dropsOut: 4 }, traffic: { inBps: 800 } },
      interfaces: [{ name, up: false, inUtilization: 0.1, traffic: { inBps: 1e8, inErrorPercent: 100 / 101 }, link: { kind: 'physical' } }],
    },
  });
  const history = await ask('GET', `/agents/ams1/interfaces/history?name=${encodeURIComponent(name)}`);
  t.same(
    history.json.columns.map(({ inBps }: { inBps: number }) => inBps),
    [8e5, 1.6e6, 1e8],
  );
  t.match(history.json, { totals: { inOctets: 1.28e8 }, speedBps: 1e9 });
  t.match((await ask('GET', '/agents/ams1/interfaces/history')).json, { name: null, columns: [{ inBps: 800 }, {}, {}] });
  t.match((await ask('GET', '/agents/ams1/events')).json.events, [{ event: 'interface-down', message: '"we\\"ird, ß" is lowerlayerdown' }]);
  t.match(await ask('GET', '/agents/nobody/interfaces'), { status: 404 });
});

t.test('machine: listeners against what a person expects, connections and the host', async (t) => {
  const { ask, at, tell } = await open(t);
  const sshd = { protocol: 'tcp' as const, address: '0.0.0.0', port: 22, uid: 0, process: { pid: 8, name: 'sshd' } };
  const nc = { protocol: 'tcp' as const, address: '127.0.0.1', port: 4_444, uid: 1_000, process: null };
  await tell(hostRound(at(120), { sockets: { ...noSockets, listeners: [sshd] } }));
  await tell(hostRound(at(60), { sockets: { ...noSockets, listeners: [sshd, nc] } }));

  const sockets = await ask('GET', '/agents/ams1/sockets');
  t.match(sockets.json, {
    tcp: { established: 3 },
    listeners: [
      { port: 22, flags: ['every-address'] },
      { port: 4_444, flags: ['unexpected'] },
    ],
    changes: [{ event: 'listener-new', message: /user 1000 listens on tcp 127.0.0.1 4444/ }],
    expectedBy: null,
  });
  const expected = [{ protocol: 'tcp', address: '127.0.0.1', port: 4_444 }];
  t.match(await ask('PUT', '/agents/ams1/sockets/expected', { listeners: expected }), {
    status: 200,
    json: { listeners: [{ flags: ['every-address', 'unexpected'] }, { flags: [] }], expectedBy: 'operator', missing: [] },
  });
  t.match((await ask('GET', '/agents/ams1/host')).json, { figures: { cpus: 2, load: { one: 0.5 } }, failure: null });
  t.match((await ask('GET', '/agents/ams1/host/history')).json.columns, [{ cpuPercent: 20, memoryPercent: 25, established: 3 }, {}]);
});

t.test("machine: what was measured while the agent's own line was full says so on the pair's chart", async (t) => {
  const { api, ask, at, tell } = await open(t);
  const carries = (bytes: number) => ({ interfaces: [interfaceSample('eth0', bytes, { speedBps: 1e9 })] });
  const target = { id: 'gw', name: 'Gateway', address: '192.0.2.1', tasks: [{ options: { kind: 'icmp' } }] };
  t.match(await ask('POST', '/targets', target), { status: 201 });
  await tell(
    netRound(at(90), carries(1e6)),
    netRound(at(80), carries(1.2e9)),
    netRound(at(50), carries(1.23e9)),
    netRound(at(40), carries(1e6)),
  );
  await tell(netRound(at(20), carries(1.2e9)));

  const now = Math.floor(api.test.clock.now());
  const { annotations } = (await ask('GET', `/pairs/ams1/gw/icmp/history?from=${now - 120_000}&to=${now}`)).json;
  const loads = annotations.filter(({ title }: { title: string }) => title.includes('own load'));
  t.match(loads, [{ title: "under the agent's own load: eth0 is full" }, { to: now }]);
  t.equal(loads[0].to - loads[0].from, 40_000);
});
