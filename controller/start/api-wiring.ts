import { X509Certificate } from 'node:crypto';
import { globSync } from 'node:fs';
import { stop } from 'esbuild';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type ApiServer, openApiServer } from '../api/server.ts';
import { makeSetupLink } from '../api/setup-link.ts';
import type { ServerIdentity } from '../broker/listener.ts';
import { bytesBelow, freeBytesAt, pathsIn } from '../data.ts';
import { discover } from './discover.ts';
import type { Authority } from '../pki/authority.ts';
import type { Controller } from '../ports.ts';
import type { SeriesStore } from '../series/store.ts';
import { retentionOf, type Settings } from '../settings.ts';
import type { State } from '../state/database.ts';
import type { Storage } from '../storage/storage.ts';
import { openOrigins } from '../origins/origins.ts';
import { publicKeyPin } from '../install/handler.ts';
import { AGENT_PROGRAM } from '../program.ts';
import { VERSION } from '../version.ts';
import { bundleWeb } from '../web/build.ts';

/** The web admin and the API on their port, and the link that makes the first admin. */
export const openApi = async (
  parts: {
    readonly settings: Settings;
    readonly controller: Controller;
    readonly state: State;
    readonly store: SeriesStore;
    readonly storage: Storage;
    readonly random: Random;
    readonly log: Log;
    readonly authority: Authority;
    readonly identity: ServerIdentity;
    readonly localAgent: string | null;
    readonly agentsPort: number;
  },
  signal: AbortSignal,
): Promise<{ readonly server: ApiServer; readonly setupUrl: string | null }> => {
  const { settings, controller, state, store, storage, random, log, authority, identity, localAgent, agentsPort } = parts;
  const bundle = await bundleWeb();
  await stop(); // esbuild's own process would stay for nothing
  const publicHosts = settings['public-host'];
  const name = publicHosts[0] ?? settings.hostname;
  const server = await openApiServer(
    {
      controller,
      state,
      store,
      storage,
      origins: openOrigins({
        store,
        state,
        clock: controller.clock,
        seriesBudget: settings['origin-series'],
        onStored: (points) => void controller.judgePoints(points).catch((error: unknown) => log.error('points-unjudged', String(error))),
      }),
      random,
      log,
      settings: {
        site: settings.site,
        version: VERSION,
        hostname: settings.hostname,
        dataDirectory: settings.data,
        host: settings.listen,
        port: settings.http,
        tls: settings.tls ? identity : null,
        publicHosts,
        socketPath: pathsIn(settings.data).socket,
        pin: authority.pin,
        retention: retentionOf(settings),
        localAgent,
        retentionDays: settings['retention-days'],
      },
      found: async () => discover(),
      dataBytes: async () => bytesBelow(settings.data),
      freeBytes: () => freeBytesAt(settings.data),
      registerCommand: (token) => registerCommand(settings.packages, identity, `${name}:${agentsPort}`, token),
      pages: new Map([...bundle].map(([path, file]) => [path.replace(/^\//, ''), file])),
    },
    signal,
  );
  const link = await makeSetupLink(state, { clock: controller.clock, random, origin: browserOrigin(server, settings) });
  return { server, setupUrl: link?.url ?? null };
};

/** One line for a new host: it installs the agent from here where there are packages, and enrols it. */
const registerCommand = (packages: string, { cert }: ServerIdentity, controller: string, token: string): string => {
  if (globSync('sonde-agent_*.deb', { cwd: packages }).length === 0) return `${AGENT_PROGRAM} register ${controller} --token ${token}`;
  const pin = publicKeyPin(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }));
  return `curl -fsSLk --pinnedpubkey ${pin} https://${controller}/install.sh | sudo sh -s -- --token ${token}`;
};

/** 0.0.0.0 and :: are where one listens, not where one goes. */
const browserOrigin = (server: ApiServer, settings: Settings): string => {
  const host = settings['public-host'][0] ?? (/^(0\.0\.0\.0|::)$/.test(settings.listen) ? settings.hostname : null);
  return host === null ? server.origin : `${settings.tls ? 'https' : 'http'}://${host}:${server.port}`;
};
