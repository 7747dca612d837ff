// From settings to a running controller: opens everything from the keys up to the pages, and closes it in the opposite order.
import { existsSync } from 'node:fs';
import { CONTROLLER_SERVER_NAME } from '../protocol/enrolment.ts';
import type { Log } from '../protocol/log.ts';
import { type Random, systemRandom } from '../protocol/random.ts';
import { type Clock, systemClock } from '../protocol/time.ts';
import { openDoor } from './agents-door.ts';
import { openApi } from './api-wiring.ts';
import type { EmbeddedBroker } from './broker/embedded.ts';
import { openEmbeddedBroker } from './broker/embedded.ts';
import { openExternalBroker, readBrokerTls } from './broker/external.ts';
import { rawSocketProblem } from './capabilities.ts';
import { openController } from './controller.ts';
import { openDatabase, pathsIn, prepareDirectory } from './data.ts';
import { discover } from './discover.ts';
import { addFound, seedLoopback } from './first-targets.ts';
import { systemHost } from './host.ts';
import { type LocalAgentDeps, runLocalAgent } from './local-agent.ts';
import { enrolLocalAgent } from './local-enrolment.ts';
import { lockDirectory } from './lock.ts';
import { openAuthority } from './pki/authority.ts';
import { openSigningKeys } from './pki/signing.ts';
import type { Controller } from './ports.ts';
import { explainListen, PortTaken, tryPort } from './port-taken.ts';
import { send } from './send.ts';
import { SERIES_STORES } from './series/index.ts';
import { keepIdentity, makeServerIdentity } from './server-identity.ts';
import type { Settings } from './settings.ts';
import { openState, type State } from './state/database.ts';
import { writeNote } from './state-notes.ts';

export { PortTaken };
const DAY_MS = 86_400_000;
/** Agents come from everywhere, over IPv6 and IPv4; a host without IPv6 listens on IPv4 alone. */
const AGENTS_HOST = existsSync('/proc/net/if_inet6') ? '::' : '0.0.0.0';

export interface RunOptions {
  readonly settings: Settings;
  /** `start`: an agent on this host too. */
  readonly localAgent: boolean;
  readonly discover: boolean;
  readonly log: Log;
  /** Called once everything listens. */
  readonly onReady: (ready: Ready) => void;
}
export interface Ready {
  readonly origin: string;
  /** The one-time link; null when an admin exists. */
  readonly setupUrl: string | null;
  readonly agentsPort: number;
  readonly localAgent: string | null;
  /** What keeps the local agent from measuring, in words. */
  readonly problem: string | null;
}

/** Another process has the data directory. */
export class DirectoryInUse extends Error {}

/** Runs until the signal aborts. Rejects when something cannot be opened: DirectoryInUse and PortTaken say what to do. */
export const run = async (options: RunOptions, signal: AbortSignal): Promise<void> => {
  const { settings, log } = options;
  const clock: Clock = systemClock;
  const random: Random = systemRandom;
  const paths = pathsIn(settings.data);
  await using stack = new AsyncDisposableStack();
  prepareDirectory(settings.data);
  const lock = lockDirectory(settings.data);
  if (lock === null)
    throw new DirectoryInUse(
      `another controller runs on ${settings.data}: stop it, or give this one a directory of its own with --data DIR`,
    );
  stack.use(lock);
  await tryPort('http', settings.listen, settings.http);
  await tryPort('mqtt', AGENTS_HOST, settings.mqtt);

  const authority = await openAuthority(paths.keys, clock, random);
  const signer = openSigningKeys(paths.keys);
  const makeIdentity = () => makeServerIdentity(authority, [settings.hostname, ...settings['public-host']], clock, random);
  const identity = await makeIdentity();
  const state = openState(openDatabase(paths.control));
  stack.defer(() => state.destroy());
  const arrivalsDb = openDatabase(paths.arrivals);
  stack.defer(() => arrivalsDb.close());
  const store = stack.use(await SERIES_STORES.sqlite({ path: paths.series }));
  const embedded = settings.broker === undefined ? stack.use(await openEmbeddedBroker(log)) : null;
  const broker =
    embedded ??
    stack.use(
      openExternalBroker({ url: settings.broker ?? '', tls: readBrokerTls(paths.broker, CONTROLLER_SERVER_NAME), clock, random, log }),
    );

  // The core ends before what it stands on is closed; `stopping` ends it also when a later step of the start fails.
  const stopping = new AbortController();
  const until = AbortSignal.any([signal, stopping.signal]);
  const tuning = { retentionMs: settings['retention-days'] * DAY_MS };
  const controller = await openController(
    { clock, random, log, host: systemHost(), broker, state, arrivalsDb, store, signer, send, tuning },
    until,
  );
  stack.defer(async () => {
    stopping.abort();
    await controller.closed;
  });
  if (embedded !== null) cutRevoked(embedded, controller, state, log);

  const door = stack.use(
    await explainListen('mqtt', settings.mqtt, () =>
      openDoor(
        {
          clock,
          random,
          log,
          state,
          authority,
          rootKey: signer.rootKey,
          broker: embedded,
          brokerUrl: settings['agents-broker'] ?? settings.broker ?? '',
          onEnrolled: controller.agentsChanged,
        },
        identity,
        { host: AGENTS_HOST, port: settings.mqtt },
      ),
    ),
  );
  const agentDeps: LocalAgentDeps = { clock, random, log, directory: paths.agent };
  const enrolled = options.localAgent
    ? await enrolLocalAgent(agentDeps, { state, fleet: controller.fleet, pin: authority.pin, port: door.port, hostname: settings.hostname })
    : { agentId: null, problem: null };
  const { agentId } = enrolled;
  if (agentId !== null) await seedLoopback(controller.fleet, state, agentId, log);
  if (agentId !== null && options.discover) await addFound(controller.fleet, discover(), agentId, log);

  const api = await explainListen('http', settings.http, () =>
    openApi({ settings, controller, state, store, random, log, authority, identity, localAgent: agentId, agentsPort: door.port }, until),
  );
  stack.use(api.server);
  await writeNote(state, 'origin', api.server.origin);
  const agent = agentId === null ? Promise.resolve() : runLocalAgent(agentDeps, until);
  stack.defer(() => {
    stopping.abort();
    return agent;
  });
  options.onReady({
    origin: api.server.origin,
    setupUrl: api.setupUrl,
    agentsPort: door.port,
    localAgent: agentId,
    problem: enrolled.problem ?? (options.localAgent ? rawSocketProblem(`npm start`) : null),
  });
  await keepIdentity(identity, { clock, log, make: makeIdentity, use: door.renew }, until);
};

/** A revoked agent loses its open connections at once, not when it comes again. */
const cutRevoked = (broker: EmbeddedBroker, controller: Controller, state: State, log: Log): void => {
  const cut = async (ids: readonly string[]): Promise<void> => {
    const revoked = await state.selectFrom('agents').select('id').where('state', '=', 'revoked').where('id', 'in', ids).execute();
    for (const { id } of revoked) if (broker.cut(id) > 0) log.info('agent-cut', `agent ${id} is revoked: its connection is cut`);
  };
  controller.changes.listen((change) => {
    if (change.kind === 'agents' && change.ids.length > 0)
      cut(change.ids).catch((error: unknown) => log.error('agent-cut-failed', String(error)));
  });
};
