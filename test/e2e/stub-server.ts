import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import { bundleWeb } from '../../controller/web/build.ts';
import { deliveries, maintenance, notifiers, preview, routes, silences, watchdog } from './stub-notify.ts';
import { agents, hints, history, incidents, overview, pairs, targets } from './stub-data.ts';
import { deviceEvents, devices, portHistory, ports } from './stub-devices.ts';

// Serves the web admin with a made-up fleet, for looking at pages: sh packaging/node.sh test/e2e/stub-server.ts [port]

const port = Number(process.argv[2] ?? 0);
const files = await bundleWeb();
const session = { user: { login: 'ines', name: 'Ines Lund', role: 'admin' }, site: 'halden-noc', version: '0.1.0' };
let signedIn = process.argv[3] !== 'setup';

const setup = (now: number): unknown => ({
  needed: !signedIn,
  hostname: 'noc1',
  listening: 'http://127.0.0.1:8080',
  tokenExpiresAt: now + 3_600_000,
  packetsBeyondLoopback: 0,
  found: [
    { address: '10.20.0.1', kind: 'gateway', source: 'default route of eth0', ownNetwork: true },
    { address: '10.20.0.53', kind: 'resolver', source: 'first in resolv.conf', ownNetwork: true },
    { address: '203.0.113.53', kind: 'resolver', source: 'second', ownNetwork: false },
  ],
  loopback: [
    { task: 'loopback-v4/icmp', intervalMs: 20_000, columns: history('noc1', 'loopback-v4/icmp', now - 240_000, now, 100, now).columns },
  ],
});

const answers: readonly (readonly [RegExp, (parts: readonly string[], query: URLSearchParams, now: number) => unknown])[] = [
  [/^setup$/, (_, __, now) => setup(now)],
  [/^overview$/, (_, __, now) => overview(now)],
  [/^agents$/, (_, __, now) => ({ agents: agents(now) })],
  [/^agents\/([^/]+)$/, ([id], _, now) => agents(now).find((agent) => agent.id === id)],
  [
    /^agents\/[^/]+\/events$/,
    (_, __, now) => ({
      events: [
        { at: now - 60_000, level: 'info', event: 'config-applied', message: 'revision 482: 2 started, 0 stopped' },
        { at: now - 900_000, level: 'warn', event: 'icmp-restarted', message: 'the ICMP child ended by SIGKILL; 1 round is no data' },
      ],
    }),
  ],
  [
    /^agents\/[^/]+\/presence$/,
    (_, __, now) => ({
      spans: [
        { from: now - 3_600_000, to: now - 1_800_000, state: 'online' },
        { from: now - 1_800_000, to: now - 1_200_000, state: 'off' },
        { from: now - 1_200_000, to: null, state: 'online' },
      ],
    }),
  ],
  [
    /^pairs$/,
    (_, query, now) => ({
      pairs: pairs(now).filter(
        (pair) => (query.get('agent') ?? pair.agent) === pair.agent && (query.get('target') ?? pair.target) === pair.target,
      ),
    }),
  ],
  [
    /^pairs\/([^/]+)\/([^/]+\/[^/]+)\/history$/,
    ([agent = '', task = ''], query, now) =>
      history(agent, task, Number(query.get('from')), Number(query.get('to')), Number(query.get('columns')), now),
  ],
  [/^pairs\/([^/]+)\/([^/]+\/[^/]+)$/, ([agent, task], _, now) => pairs(now).find((pair) => pair.agent === agent && pair.task === task)],
  [/^targets$/, (_, __, now) => ({ targets: targets(now) })],
  [
    /^targets\/dry-run$/,
    (_, __, now) => ({
      ok: true,
      agents: agents(now)
        .slice(0, 14)
        .map(({ id, state }) => ({ id, online: state !== 'off', packetsPerSecondNow: 120.6, packetsPerSecondAdded: 3.1 })),
      tasks: 14,
      packetsPerSecondPerAgent: 3.1,
      packetsPerSecondAtTarget: 8.4,
      packetsPerSecondAtTargetLimit: 50,
      newSeries: 126,
      bytesPerDay: 9e6,
      problems: [],
    }),
  ],
  [/^targets\/([^/]+)$/, ([id], _, now) => targets(now).find((target) => target.id === id)],
  [/^devices$/, (_, __, now) => ({ devices: devices(now) })],
  [/^devices\/([^/]+)$/, ([id], _, now) => devices(now).find((device) => device.id === id)],
  [/^devices\/([^/]+)\/ports$/, ([id = ''], _, now) => ({ ports: ports(id, now) })],
  [/^devices\/([^/]+)\/ports\/([^/]+)$/, ([id = '', port], _, now) => ports(id, now).find((one) => one.id === port)],
  [/^devices\/([^/]+)\/events$/, ([id = ''], _, now) => ({ events: deviceEvents(id, now) })],
  [
    /^devices\/([^/]+)\/ports\/([^/]+)\/history$/,
    ([id = '', port = ''], query, now) => portHistory(id, port, Number(query.get('from')), Number(query.get('to')), now),
  ],
  [/^incidents$/, (_, __, now) => ({ incidents: incidents(now) })],
  [/^incidents\/(\d+)(?:\/acknowledge)?$/, ([id], _, now) => incidents(now).find((incident) => incident.id === Number(id))],
  [/^incidents\/\d+\/hints$/, () => ({ hints })],
  [
    /^rules$/,
    () => ({
      rules: [
        {
          id: 'loss-to-partners',
          name: 'Loss to partners',
          enabled: true,
          kind: 'threshold',
          field: 'loss_ratio',
          comparison: 'above',
          threshold: 0.02,
          forMs: 120_000,
          keepMs: 60_000,
          severity: 'critical',
          targets: { labels: { in: {}, notIn: {} } },
          notifiers: ['noc'],
        },
      ],
    }),
  ],
  [/^notifiers$/, (_, __, now) => ({ notifiers: notifiers(now) })],
  [/^notifiers\/.*test$/, () => ({ ok: false, said: 'the receiver answered 404: no_service', ms: 212 })],
  [/^notifiers\/[^/]+\/deliveries$/, (_, __, now) => ({ deliveries: deliveries(now) })],
  [/^routes$/, () => routes],
  [/^watchdog$/, (_, __, now) => watchdog(now)],
  [/^silences$/, (_, __, now) => ({ silences: silences(now) })],
  [/^silences\/preview$/, () => preview],
  [/^maintenance$/, (_, __, now) => ({ maintenance: [maintenance(now)] })],
  [/^maintenance\/preview$/, (_, __, now) => ({ maintenance: maintenance(now), mutes: preview })],
  [
    /^tokens$/,
    (_, query, now) => {
      const token = {
        id: '7qm4x2',
        labels: { country: 'at', tier: 'edge' },
        uses: 3,
        usesLeft: 3,
        createdAt: now,
        createdBy: 'ines',
        expiresAt: now + 3_600_000,
        revokedAt: null,
        agents: [],
      };
      return query.has('made')
        ? {
            ...token,
            token: 'sonde_7qm4x2_x_y',
            command: 'npm run agent -- register https://noc1.halden.example:8883 --token sonde_7qm4x2_4f1a9c_9f2c41d07be8',
          }
        : { tokens: [token, { ...token, id: 'pl0c77', usesLeft: 0, agents: ['ber-edge-02'] }] };
    },
  ],
];

const handle = (request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url ?? '/', 'http://stub');
  const now = Date.now();
  const path = url.pathname.replace('/api/v1/', '');
  if (path === 'session' || (path === 'setup' && request.method === 'POST')) {
    signedIn = request.method !== 'DELETE' && (signedIn || request.method === 'POST');
    send(response, signedIn ? 200 : 401, signedIn ? session : { title: 'sign in first', status: 401 });
    return;
  }
  if (url.pathname.startsWith('/api/')) {
    if (path === 'tokens' && request.method === 'POST') url.searchParams.set('made', 'yes');
    const [pattern, answer] = answers.find(([one]) => one.test(path)) ?? [];
    const body = pattern && answer ? answer((pattern.exec(path) ?? []).slice(1).map(decodeURIComponent), url.searchParams, now) : undefined;
    send(response, body === undefined ? 404 : 200, body ?? { title: `${path} is not there`, status: 404 });
    return;
  }
  const file = files.get(url.pathname) ?? files.get('/index.html');
  response.writeHead(200, { 'content-type': file?.type ?? 'text/plain', 'content-security-policy': "default-src 'self'" }).end(file?.body);
};

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const server = createServer(handle);
const live = new WebSocketServer({ server, path: '/api/v1/live' });
live.on('connection', (socket) => socket.send(JSON.stringify({ type: 'hello', seq: 1, now: Date.now() })));
server.listen(port, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
