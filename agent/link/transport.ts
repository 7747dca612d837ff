import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { MqttClient } from 'mqtt';
import type { Session, SessionOptions, Transport } from '../../protocol/link.ts';
import { dial, type DialOptions } from './dial.ts';
import type { Endpoint } from './endpoint.ts';

const KEEPALIVE_S = 15;
const CONNACK_WITHIN_MS = 10_000;

export interface TransportOptions {
  readonly agentId: string;
  readonly endpoint: () => Endpoint;
  /** Read at each connection: certificates are renewed. */
  readonly dialOptions: () => DialOptions;
}

/** MQTT 3.1.1 over mutual TLS, right or through a WebSocket. One connection per call; whoever calls decides when to come back. */
export const makeTransport = ({ agentId, endpoint, dialOptions }: TransportOptions): Transport => ({
  connect: async (options, signal) => {
    const to = endpoint();
    const MqttClient = await loadClient();
    const { socket } = await dial(to, dialOptions(), signal);
    const stream = to.webSocketPath === null ? socket : await webSocket(socket, to.webSocketPath);
    const client = new MqttClient(() => stream, {
      clientId: agentId,
      protocolVersion: 4,
      clean: true,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: 0,
      connectTimeout: CONNACK_WITHIN_MS,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: options.will.topic, payload: Buffer.from(options.will.payload), qos: 1, retain: true },
    });
    return open(client, socket, options, signal);
  },
});

/** The client alone: the rest of mqtt.js is for other transports. Its encoder would keep a buffer for each of 65,536 numbers: eight megabytes. */
const loadClient = async (): Promise<typeof MqttClient> => {
  const [{ default: client }, { default: packet }] = await Promise.all([import('mqtt/lib/client'), import('mqtt-packet')]);
  packet.writeToStream.cacheNumbers = false;
  return client.default;
};

const open = async (client: MqttClient, socket: TLSSocket, options: SessionOptions, signal: AbortSignal): Promise<Session> => {
  const closed = Promise.withResolvers<string>();
  let why = 'connection closed by the broker';
  client.on('error', (error) => {
    why = error.message;
    socket.destroy();
  });
  socket.on('error', (error) => (why = error.message));
  client.on('close', () => closed.resolve(why));
  client.on('message', (topic, payload) => options.onMessage({ topic, payload }));
  const abort = (): void => void client.end(true);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([
      connected(client),
      closed.promise.then((reason) => Promise.reject(new Error(`the broker refuses the session: ${reason}`))),
    ]);
    const granted = await Promise.race([
      client.subscribeAsync([...options.subscriptions], { qos: 1 }),
      closed.promise.then((reason) => Promise.reject(new Error(reason))),
    ]);
    const refused = granted.find(({ qos }) => qos === 128);
    if (refused !== undefined) throw new Error(`the broker refuses the subscription to ${refused.topic}`);
  } catch (error) {
    client.end(true);
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return {
    closed: closed.promise,
    publish: makePublish(client, closed.promise),
    close: async () => {
      why = 'closed by the agent';
      await Promise.race([client.endAsync(), closed.promise]);
      socket.destroy();
    },
  };
};

const connected = (client: MqttClient): Promise<void> => new Promise((resolve) => client.once('connect', () => resolve()));

/** Publishing that fails when the session closes; mqtt.js leaves such callbacks waiting. */
const makePublish = (client: MqttClient, closed: Promise<string>): Session['publish'] => {
  const waiting = new Set<(error: Error) => void>();
  void closed.then((reason) => waiting.forEach((reject) => reject(new Error(reason))));
  return (topic, payload, options = {}) =>
    new Promise((resolve, reject) => {
      waiting.add(reject);
      client.publish(
        topic,
        Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
        { qos: options.qos ?? 1, retain: options.retain ?? false },
        (error) => {
          waiting.delete(reject);
          if (error == null) resolve();
          else reject(error);
        },
      );
    });
};

/** MQTT over a WebSocket, on a TLS connection that is trusted already. */
const webSocket = async (socket: TLSSocket, path: string): Promise<Duplex> => {
  const { createWebSocketStream, WebSocket } = await import('ws');
  const ws = new WebSocket(`ws://controller${path}`, ['mqtt'], { createConnection: () => socket });
  const stream = createWebSocketStream(ws);
  ws.once('close', () => stream.destroy()); // else mqtt.js notices a closed line only at its next ping
  return stream;
};
