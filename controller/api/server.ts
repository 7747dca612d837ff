import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Server as TlsServer } from 'node:tls';
import type { ApiDeps, Context } from './context.ts';
import { openFleetView } from './fleet-view.ts';
import { type App, makeInstance } from './instance.ts';
import { addLive } from './live.ts';
import { openPasswords } from './passwords.ts';
import { addRoutes } from './routes/index.ts';

export interface ApiServer extends AsyncDisposable {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly port: number;
  /** A renewed certificate, for every connection from now on. Nothing happens on plain HTTP. */
  useIdentity(identity: { readonly key: string; readonly cert: string }): void;
}

const LOOPBACK = /^(127(\.\d+){3}|::1|localhost)$/;

/** The API without its listeners: for `inject()` in tests, and for openApiServer. */
export const makeApi = async (deps: ApiDeps, signal: AbortSignal, trusted = new WeakSet<IncomingMessage>()): Promise<App> => {
  const context: Context = { ...deps, fleetView: openFleetView(deps.state, deps.controller), passwords: openPasswords(deps.random) };
  const app = await makeInstance(context, trusted);
  addRoutes(app, context);
  addLive(app, context, signal);
  await app.ready();
  return app;
};

/**
 * Serves pages, REST and live events on HTTP and, for the command line, on a Unix socket. Ends with the signal; dispose waits for it.
 * Rejects when it may not listen, and for plain HTTP beyond loopback.
 */
export const openApiServer = async (deps: ApiDeps, signal: AbortSignal): Promise<ApiServer> => {
  const { settings } = deps;
  if (settings.tls === null && !LOOPBACK.test(settings.host))
    throw new Error(`plain HTTP is for loopback only: ${settings.host} needs a certificate`);
  const trusted = new WeakSet<IncomingMessage>();
  const app = await makeApi(deps, signal, trusted);
  await app.listen({ host: settings.host, port: settings.port, exclusive: true });
  const socket = settings.socketPath === null ? null : await listenOnSocket(app, settings.socketPath, trusted);
  const close = onlyOnce(async () => {
    socket?.closeAllConnections();
    socket?.close();
    await app.close();
  });
  signal.addEventListener('abort', () => void close(), { once: true });
  const useIdentity: ApiServer['useIdentity'] = (identity) => {
    if (app.server instanceof TlsServer) app.server.setSecureContext(identity);
  };
  const address = app.server.address();
  const port = isAddress(address) ? address.port : settings.port;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return { origin: `${settings.tls === null ? 'http' : 'https'}://${host}:${port}`, port, useIdentity, [Symbol.asyncDispose]: close };
};

const isAddress = (address: AddressInfo | string | null): address is AddressInfo => typeof address === 'object' && address !== null;

const onlyOnce = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | null = null;
  return () => (running ??= work());
};

/** Who may open the file is an admin, so nobody else ever may: the mask holds from its first moment. A file left by a crash is replaced. */
const listenOnSocket = async (app: App, path: string, trusted: WeakSet<IncomingMessage>): Promise<Server> => {
  const server = createServer((request, response) => {
    trusted.add(request);
    app.routing(request, response);
  });
  rmSync(path, { force: true });
  const mask = process.umask(0o177);
  try {
    server.listen(path); // binds in this very call
  } finally {
    process.umask(mask);
  }
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return server;
};
