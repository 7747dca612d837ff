import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { BATCH_MAX_BYTES } from '../../protocol/batch.ts';
import { MQTT_WEBSOCKET_PATH } from '../../protocol/enrolment.ts';
import type { Log } from '../../protocol/log.ts';
import type { Parsed } from '../../protocol/labels.ts';
import type { Caller, EmbeddedBroker } from './embedded.ts';

export interface ListenerDeps {
  readonly log: Log;
  /** null when the broker is an external one: then MQTT is not spoken here. */
  readonly broker: EmbeddedBroker | null;
  /** Enrolment: everything that is neither MQTT nor its WebSocket. */
  readonly http: RequestListener;
  /** The holder of the connection's client certificate, or why there is none. */
  readonly callerOf: (socket: TLSSocket) => Parsed<Caller>;
  /** The authority's certificate, PEM. */
  readonly authority: string;
}

export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** From now on new connections get this certificate. */
  renew(identity: ServerIdentity): void;
}

const MQTT_CONNECT = 0x10;
const FIRST_BYTE_WITHIN_MS = 5_000;
const HTTP_WITHIN_MS = 10_000;

/**
 * The agents' one TLS port. The first byte tells: 0x10 is an MQTT CONNECT, everything else HTTP, with MQTT over WebSocket on /mqtt.
 * A client certificate is asked for, not demanded: who enrols has none yet.
 */
export const openListener = async (
  deps: ListenerDeps,
  identity: ServerIdentity,
  address: { readonly host: string; readonly port: number },
): Promise<Listener> => {
  const http = openHttp(deps);
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    ...identity,
    ca: deps.authority,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    handshakeTimeout: FIRST_BYTE_WITHIN_MS,
    noDelay: true,
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    peekFirstByte(socket, (first) => {
      if (first !== MQTT_CONNECT) return void http.emit('connection', socket);
      acceptMqtt(deps, socket);
    });
  });
  server.on('tlsClientError', (error, socket) => {
    deps.log.warn('tls-refused', `${socket.remoteAddress ?? 'unknown'}: no TLS handshake: ${error.message}`);
    socket.destroy();
  });
  const port = await listen(server, address);
  return {
    port,
    renew: ({ cert, key }) => server.setSecureContext({ cert, key, ca: deps.authority, minVersion: 'TLSv1.3' }),
    [Symbol.asyncDispose]: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      http.close();
      await promise;
    },
  };
};

/** Gives the first byte and leaves all of them in the socket. Who says nothing is closed. */
const peekFirstByte = (socket: TLSSocket, tell: (first: number) => void): void => {
  const tooLate = AbortSignal.timeout(FIRST_BYTE_WITHIN_MS);
  const close = (): void => void socket.destroy();
  tooLate.addEventListener('abort', close, { once: true });
  socket.once('close', () => tooLate.removeEventListener('abort', close));
  const look = (): void => {
    const chunk: unknown = socket.read();
    if (!(chunk instanceof Uint8Array)) return void socket.once('readable', look);
    tooLate.removeEventListener('abort', close);
    socket.unshift(chunk);
    tell(chunk[0] ?? 0);
  };
  socket.once('readable', look);
};

const acceptMqtt = (deps: ListenerDeps, socket: TLSSocket): void => {
  const caller = deps.callerOf(socket);
  if (deps.broker !== null && caller.ok) return deps.broker.accept(socket, caller.value);
  const reason = caller.ok ? 'this controller uses an external broker' : caller.reason;
  deps.log.warn('mqtt-refused', `${socket.remoteAddress ?? 'unknown'}: ${reason}`);
  socket.end(new Uint8Array([0x20, 2, 0, 5]), () => socket.destroy()); // CONNACK: not authorized
};

const openHttp = (deps: ListenerDeps): HttpServer => {
  const http = createHttpServer(
    { headersTimeout: HTTP_WITHIN_MS, requestTimeout: HTTP_WITHIN_MS, keepAliveTimeout: HTTP_WITHIN_MS, maxHeaderSize: 8 * 1024 },
    deps.http,
  );
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: BATCH_MAX_BYTES + 16 * 1024,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
  });
  http.on('upgrade', (request, socket, head) => {
    const caller = deps.callerOf(request.socket as TLSSocket); // Border: Node types every socket of an HTTP server as plain.
    const found = request.url?.split('?')[0] === MQTT_WEBSOCKET_PATH;
    if (deps.broker === null || !found || !caller.ok) {
      if (found)
        deps.log.warn('mqtt-refused', `${request.socket.remoteAddress ?? 'unknown'}: ${caller.ok ? 'external broker' : caller.reason}`);
      socket.end(`HTTP/1.1 ${found ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { broker } = deps;
    webSockets.handleUpgrade(request, socket, head, (webSocket) => broker.accept(createWebSocketStream(webSocket), caller.value));
  });
  http.on('clientError', (error, socket) => {
    const from = socket instanceof Socket ? socket.remoteAddress : undefined;
    deps.log.warn('http-refused', `${from ?? 'unknown'}: no HTTP request on the agents' port: ${error.message}`);
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
  });
  return http;
};

const listen = async (server: Server, address: { readonly host: string; readonly port: number }): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(address.port, address.host, resolve);
  await promise;
  server.removeListener('error', reject);
  return (server.address() as AddressInfo).port; // Border: a listening TCP server has one.
};
