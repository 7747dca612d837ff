import t from 'tap';
import * as z from 'zod';
import { AgentView } from '../../protocol/api.ts';
import { WatchdogView } from '../../protocol/watchdog.ts';
import { whyNoNamespace } from '../netns/namespace.ts';
import { type Part, until } from './part.ts';
import { Stage } from './stage.ts';

const AGENT = 'edge-1';
const PORT = 9099;
const SILENT_MS = 60_000;
/** It looks every five seconds, and a busy machine is late. */
const SLACK_MS = 30_000;

/** An address outside: takes whatever is posted, and prints it, a line each. */
const RECEIVER = `
  require('node:http').createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      console.log(JSON.stringify({ path: request.url, key: request.headers['idempotency-key'] ?? '', body }));
      response.writeHead(204).end();
    });
  }).listen(${PORT}, '127.0.0.1', () => console.log('listens'));`;

const Got = z.object({ path: z.string(), key: z.string(), body: z.string() });
const gotBy = (receiver: Part, path: string) =>
  receiver.lines
    .filter((line) => line.startsWith('{'))
    .map((line) => Got.parse(JSON.parse(line)))
    .filter((one) => one.path === path);

t.setTimeout(240_000);

t.test(
  'the controller is killed: its heartbeat stops, and an agent pages by itself, once, and again when it is back',
  {
    skip: whyNoNamespace() ?? false,
  },
  async (t) => {
    await using stage = new Stage();
    const receiver = stage.run([process.execPath, '-e', RECEIVER]);
    await receiver.heard('listens');
    const controller = await stage.startController();
    await stage.enrol(AGENT);
    const agent = stage.startAgent(AGENT);
    await agent.heard('"event":"link-up"', 45_000);
    await until(
      async () => ['online', 'degraded'].includes((await stage.call('GET', `/agents/${AGENT}`, AgentView)).state),
      30_000,
      () => agent.tail(),
    );
    await stage.ask('POST', '/api/v1/notifiers', { id: 'hook', kind: 'webhook', url: `http://127.0.0.1:${PORT}/page`, allowPrivate: true });
    const applied = agent.said('config-applied').length;
    await stage.call('PUT', '/watchdog', WatchdogView, {
      heartbeatUrl: `http://127.0.0.1:${PORT}/beat`,
      heartbeatEveryMs: 10_000,
      allowPrivate: true,
      agents: [AGENT],
      notifiers: ['hook'],
      silentAfterMs: SILENT_MS,
    });
    await until(
      () => agent.said('config-applied').length > applied,
      30_000,
      () => agent.tail(),
    );
    await until(() => gotBy(receiver, '/beat').length >= 2, 30_000);
    t.same(gotBy(receiver, '/page'), [], 'nobody is paged while all is well');

    await controller.end('SIGKILL');
    const killedMs = performance.now();
    const beats = gotBy(receiver, '/beat').length;
    await until(
      () => gotBy(receiver, '/page').length > 0,
      SILENT_MS + SLACK_MS,
      () => agent.tail(),
    );
    const afterMs = performance.now() - killedMs;
    t.ok(afterMs > SILENT_MS / 2, `not before it was silent for long: ${Math.round(afterMs)} ms`);
    t.ok(gotBy(receiver, '/beat').length <= beats + 1, 'the heartbeat has stopped');
    const [gone] = gotBy(receiver, '/page');
    t.match(gone?.body, /"status":"firing"/);
    t.match(gone?.body, new RegExp(`Agent ${AGENT} has not heard the controller`));

    await stage.startController();
    await until(
      () => gotBy(receiver, '/page').length > 1,
      90_000,
      () => agent.tail(),
    );
    const pages = gotBy(receiver, '/page');
    t.match(pages[1]?.body, /"status":"resolved"/);
    t.equal(pages.length, 2);
    t.equal(new Set(pages.map(({ key }) => key)).size, 2, 'each with a key of its own');
    await until(() => gotBy(receiver, '/beat').length > beats + 1, 30_000);
  },
);
