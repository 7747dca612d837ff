import t from 'tap';
import { LiveEvent } from '../../../../protocol/api.ts';
import { onlineStatus, openTestApi, type TestApi, target } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

/** A tab of its own: what it has heard so far, and what to say. */
const openTab = async (api: TestApi, cookie: string) => {
  const heard: LiveEvent[] = [];
  const socket = await api.app.injectWS(
    '/api/v1/live',
    { headers: { host: 'localhost', cookie } },
    {
      onInit: (opening) => {
        opening.on('message', (data: Buffer) => heard.push(LiveEvent.parse(JSON.parse(data.toString('utf8')))));
      },
    },
  );
  const subscribe = async (...topics: string[]): Promise<void> => {
    socket.send(JSON.stringify({ subscribe: topics }));
    await api.test.clock.advance(0);
  };
  const typed = <K extends LiveEvent['type']>(type: K) =>
    heard.filter((event): event is Extract<LiveEvent, { type: K }> => event.type === type);
  return { heard, socket, subscribe, typed };
};

t.test('live: greets, then tells each tab its own topics, in sequence', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  const tab = await openTab(api, cookie);
  await tab.subscribe('pairs', 'agents', 'pair:ams1:gw/icmp');
  await api.test.clock.advance(1_000);
  t.match(tab.typed('pairs'), [{ pairs: [{ agent: 'ams1', target: 'gw', state: 'waiting' }] }]);

  api.test.send('ams1', 'status', onlineStatus());
  const at = Math.floor(api.test.clock.now()) - 10_000;
  await api.test.batch('ams1', makeBatch([makeRound(1, at)]));
  await api.test.clock.advance(2_000);

  t.equal(tab.heard[0]?.type, 'hello');
  t.match(tab.typed('rounds'), [{ agent: 'ams1', task: 'gw/icmp', columns: [{ at, sent: 10 }] }]);
  t.match(tab.typed('agents').at(-1), { agents: [{ id: 'ams1', state: 'online' }] });
  t.match(tab.typed('pairs').at(-1), { pairs: [{ state: 'ok' }] });
  t.same(tab.typed('overview'), []);
  t.same(
    tab.heard.map(({ seq }) => seq),
    tab.heard.map((_, i) => i + 1),
  );
  tab.socket.terminate();
  await api.stop();
});

t.test('live: many changes in one second are one message', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('viewer');
  const tab = await openTab(api, cookie);
  await tab.subscribe('agents');
  await api.test.clock.advance(1_000);
  const before = tab.typed('agents').length;

  for (let i = 0; i < 50; i++) api.test.send('ams1', 'status', onlineStatus({ packetsPerSecond: i }));
  await api.test.clock.advance(1_000);

  t.equal(tab.typed('agents').length - before, 1);
  t.match(tab.typed('agents').at(-1), { agents: [{ status: { packetsPerSecond: 49 } }] });
  tab.socket.terminate();
  await api.stop();
});

t.test('live: tells of changed targets and of incidents', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('operator');
  const tab = await openTab(api, cookie);
  await tab.subscribe('targets', 'overview');
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  await api.test.clock.advance(1_000);
  t.equal(tab.typed('targets').length, 1);
  t.match(tab.typed('overview').at(-1), { overview: { targets: { total: 1 } } });
  tab.socket.terminate();
  await api.stop();
});

t.test('live: without a session, or from another page, there is none', async (t) => {
  const api = await openTestApi();
  const cookie = await api.signInAs('viewer');
  const dial = (headers: Record<string, string>) => api.app.injectWS('/api/v1/live', { headers });
  await t.rejects(dial({ host: 'localhost' }), /401/);
  await t.rejects(dial({ host: 'localhost', cookie, origin: 'http://evil.example' }), /403/);
  await t.rejects(dial({ host: 'evil.example', cookie }), /421/);
  await api.stop();
});
