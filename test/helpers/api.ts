import type { InjectOptions } from 'fastify';
import type { ApiDeps, ApiSettings } from '../../controller/api/context.ts';
import type { App } from '../../controller/api/instance.ts';
import { openPasswords } from '../../controller/api/passwords.ts';
import { makeApi } from '../../controller/api/server.ts';
import { makeSetupLink } from '../../controller/api/setup-link.ts';
import { openOrigins } from '../../controller/origins/origins.ts';
import { openStorage } from '../../controller/storage/storage.ts';
import { DEFAULT_TUNING } from '../../controller/tuning.ts';
import type { SetupState } from '../../protocol/api.ts';
import { silentLog } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import type { OnlineStatus } from '../../protocol/status.ts';
import { openTestController, type TestController, type TestControllerOptions } from './controller.ts';

export const PASSWORD = 'a good long one';
export const NOW = 1_800_000_000_000;

export const makeSettings = (change: Partial<ApiSettings> = {}): ApiSettings => ({
  site: 'Test site',
  version: '0.1.0',
  hostname: 'ctl1',
  dataDirectory: '/var/lib/sonde',
  host: '127.0.0.1',
  port: 0,
  tls: null,
  publicHosts: ['sonde.example.net'],
  socketPath: null,
  pin: 'ab'.repeat(32),
  retention: DEFAULT_TUNING.retention,
  localAgent: 'ams1',
  retentionDays: 90,
  ...change,
});

export const FOUND: SetupState['found'] = [
  { address: '192.0.2.1', kind: 'gateway', source: '/proc/net/route', ownNetwork: true },
  { address: '198.51.100.53', kind: 'resolver', source: '/etc/resolv.conf', ownNetwork: false },
];

export interface TestApi {
  readonly app: App;
  readonly test: TestController;
  readonly deps: ApiDeps;
  /** A request as the user of the cookie; no cookie, nobody. */
  ask(method: NonNullable<InjectOptions['method']>, path: string, body?: object, cookie?: string): Promise<Answer>;
  /** Makes a user and signs in: the cookie. */
  signInAs(role: 'viewer' | 'operator' | 'admin'): Promise<string>;
  stop(): Promise<void>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** A test looks at whatever came. */
  readonly json: ReturnType<typeof JSON.parse>;
}

export const openTestApi = async (options: TestControllerOptions = {}, change: Partial<ApiDeps> = {}): Promise<TestApi> => {
  const test = await openTestController(options);
  const aborting = new AbortController();
  const storage = await openStorage({
    embedded: test.store,
    state: test.state,
    clock: test.clock,
    log: silentLog,
    influx: null,
    kept: null,
  });
  const deps: ApiDeps = {
    controller: test.controller,
    state: test.state,
    store: test.store,
    storage,
    origins: openOrigins({ store: storage.store, state: test.state, clock: test.clock, seriesBudget: 100 }),
    random: systemRandom,
    log: silentLog,
    settings: makeSettings(),
    found: async () => FOUND,
    dataBytes: async () => 12_345,
    freeBytes: async () => 1e12,
    registerCommand: (token) => `agent register https://ctl1:8883 --token ${token}`,
    pages: new Map([['index.html', { body: Buffer.from('<!doctype html>'), type: 'text/html; charset=utf-8' }]]),
    ...change,
  };
  const app = await makeApi(deps, aborting.signal);
  const ask: TestApi['ask'] = async (method, path, body, cookie) => {
    const headers = { host: 'localhost', ...(cookie === undefined ? {} : { cookie }) };
    const answer = await app.inject({ method, url: path, headers, ...(body === undefined ? {} : { payload: body }) });
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: isJson ? answer.json() : undefined };
  };
  const password_hash = await makeHash(deps);
  return {
    app,
    test,
    deps,
    ask,
    async signInAs(role) {
      await test.state
        .insertInto('users')
        .values({ id: `u-${role}`, login: role, name: `The ${role}`, role, password_hash, created_at: NOW })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return cookieOf(await ask('POST', '/api/v1/session', { login: role, password: PASSWORD }));
    },
    async stop() {
      aborting.abort(new Error('stop'));
      await app.close();
      await test.stop();
    },
  };
};

const makeHash = ({ random }: ApiDeps): Promise<string> => openPasswords(random).hash(PASSWORD);

export const cookieOf = (answer: Answer): string => String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';

export const setupToken = async ({ test }: TestApi): Promise<string> => {
  const link = await makeSetupLink(test.state, { clock: test.clock, random: systemRandom, origin: 'http://127.0.0.1:8080' });
  if (link === null) throw new Error('an admin exists');
  return link.token;
};

export const target = (change: object = {}): object => ({
  id: 'gw',
  name: 'Gateway',
  address: '192.0.2.1',
  tasks: [{ options: { kind: 'icmp' } }],
  ...change,
});

export const onlineStatus = (change: Partial<OnlineStatus> = {}): OnlineStatus => ({
  v: 1,
  state: 'online',
  epoch: '00112233aabbccdd',
  version: '0.1.0',
  hostname: 'ams1',
  capabilities: ['icmp'],
  applied: { generation: 1, revision: 1 },
  mayBeStale: false,
  clock: { offsetMs: 0.2, boundMs: 0.4, ageS: 3 },
  spool: { rounds: 3, bytes: 900, capBytes: 1_000_000, dropped: 0 },
  packetsPerSecond: 1,
  metricsAddress: 'ams1:9469',
  health: { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 },
  ...change,
});
