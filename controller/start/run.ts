// From settings to a running controller: opens everything from the keys up to the pages, and closes it in the opposite order.
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Log } from '../../protocol/log.ts';
import { keepTelling } from '../../protocol/sd-notify.ts';
import { openDoor } from './agents-door.ts';
import { openApi } from './api-wiring.ts';
import type { Listener } from '../broker/listener.ts';
import { rawSocketProblem } from './capabilities.ts';
import { openController } from '../controller.ts';
import { pathsIn } from '../data.ts';
import { send } from '../delivery/index.ts';
import { discover } from './discover.ts';
import { addFound, seedLoopback } from './first-targets.ts';
import { type Foundation, openFoundation, takeDirectory } from './foundation.ts';
import { systemHost } from './host.ts';
import { runLocalAgent } from './local-agent.ts';
import { enrolLocalAgent, type LocalEnrolment } from './local-enrolment.ts';
import { explainListen, tryPort } from './port-taken.ts';
import type { Controller } from '../ports.ts';
import { makeQuietLog } from './quiet-log.ts';
import { cutElsewhere, cutHere, onRevoked } from './revoked.ts';
import { keepIdentity } from './server-identity.ts';
import { retentionOf, type Settings } from '../settings.ts';
import { writeNote } from './state-notes.ts';

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

/** Runs until the signal aborts. Rejects when something cannot be opened: CommandFailed says what to do. */
export const run = async (options: RunOptions, signal: AbortSignal): Promise<void> => {
  const { settings, log } = options;
  if (signal.aborted) return;
  await using stack = new AsyncDisposableStack();
  stack.use(takeDirectory(settings.data));
  await tryPort('http', settings.listen, settings.http);
  await tryPort('mqtt', AGENTS_HOST, settings.mqtt);
  const ground = await openFoundation(settings, log, stack);
  if (signal.aborted) return;

  // What runs ends before what it stands on is closed; `stopping` ends it also when a later step of the start fails.
  const stopping = new AbortController();
  const until = AbortSignal.any([signal, stopping.signal]);
  const controller = await openCore(ground, settings, until);
  stack.defer(async () => {
    stopping.abort();
    await controller.closed;
  });
  const enrolments = new EventEmitter();
  const door = stack.use(await openAgentsPort(ground, controller, settings, enrolments));
  const agent = options.localAgent ? await enrolLocal(ground, controller, settings, door, enrolments, until) : null;
  const localAgent = agent?.agentId ?? null;
  if (signal.aborted) return;
  if (localAgent !== null) await seedLoopback(controller.fleet, ground.state, localAgent, log);
  if (localAgent !== null && options.discover) await addFound(controller.fleet, discover(), localAgent, log);

  const api = await explainListen('http', settings.http, () =>
    openApi({ ...ground, log: makeQuietLog(ground.log, ground.clock), settings, controller, localAgent, agentsPort: door.port }, until),
  );
  stack.use(api.server);
  if (signal.aborted) return;
  await writeNote(ground.state, 'origin', api.server.origin);
  const agentRuns =
    localAgent === null ? null : agent?.settled.then(() => runLocalAgent({ ...ground, directory: pathsIn(settings.data).agent }, until));
  stack.defer(async () => {
    stopping.abort();
    await agentRuns;
  });
  const problem = agent === null ? null : (agent.problem ?? rawSocketProblem('npm start'));
  options.onReady({ origin: api.server.origin, setupUrl: api.setupUrl, agentsPort: door.port, localAgent, problem });
  const use: typeof door.renew = (identity) => {
    door.renew(identity);
    api.server.useIdentity(identity);
  };
  const { manager } = settings;
  const telling = manager === null ? undefined : keepTelling(manager, ground.clock, () => statusOf(controller), until);
  await Promise.all([keepIdentity(ground.identity, { ...ground, make: ground.makeIdentity, use }, until), telling]);
};

/** The line that `systemctl status` shows. */
const statusOf = (controller: Controller): string => {
  const { agentsOnline, agentsOffline } = controller.counters();
  const troubles = controller.troubles();
  return `${agentsOnline} agents online, ${agentsOffline} off${troubles.length === 0 ? '' : `; trouble in ${troubles.map(({ part }) => part).join(', ')}`}`;
};

const openCore = async (ground: Foundation, settings: Settings, until: AbortSignal): Promise<Controller> => {
  const retention = retentionOf(settings);
  const tuning = { retentionMs: retention.raw, retention, tagLabels: settings['tag-labels'] };
  const cut =
    ground.embedded === null
      ? cutElsewhere({ ...ground, url: settings.broker ?? '', directory: pathsIn(settings.data).broker }, until)
      : cutHere(ground.embedded, ground.log);
  const controller = await openController(
    { ...ground, host: systemHost(), send, site: settings.site, origin: pageOrigin(settings), tuning },
    until,
  );
  onRevoked({ ...ground, changes: controller.changes }, cut);
  return controller;
};

/** Where people open links: only a name that they were told of is one. */
const pageOrigin = (settings: Settings): string => {
  const [host] = settings['public-host'];
  return host === undefined || settings.http === 0 ? '' : `${settings.tls ? 'https' : 'http'}://${host}:${settings.http}`;
};

const openAgentsPort = (ground: Foundation, controller: Controller, settings: Settings, enrolments: EventEmitter): Promise<Listener> => {
  const deps = {
    ...ground,
    log: makeQuietLog(ground.log, ground.clock),
    broker: ground.embedded,
    rootKey: ground.signer.rootKey,
    brokerUrl: settings.agentsBroker,
    packages: settings.packages,
    onEnrolled: async () => {
      await controller.agentsChanged();
      enrolments.emit('enrolled');
    },
  };
  return explainListen('mqtt', settings.mqtt, () => openDoor(deps, ground.identity, { host: AGENTS_HOST, port: settings.mqtt }));
};

const enrolLocal = (
  ground: Foundation,
  controller: Controller,
  settings: Settings,
  door: Listener,
  enrolments: EventEmitter,
  until: AbortSignal,
): Promise<LocalEnrolment> =>
  enrolLocalAgent(
    { ...ground, directory: pathsIn(settings.data).agent },
    {
      state: ground.state,
      fleet: controller.fleet,
      pin: ground.authority.pin,
      port: door.port,
      hostname: settings.hostname,
      nextEnrolment: async () => void (await once(enrolments, 'enrolled')),
    },
    until,
  );
