import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Broker, LinkMessage } from '../../protocol/link.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';

export interface ExternalOptions {
  /** mqtt://, mqtts://, ws:// or wss://, with user and password in it where the broker asks for them. */
  readonly url: string;
  /** PEM files for mqtts and wss, as `broker mosquitto-config` writes them; absent ones are not used. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string; readonly servername: string } | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** 15 unless said. */
  readonly keepaliveS?: number;
}

const CLIENT_ID = 'Sonde-controller'; // upper case: no agent can have it
const KEEPALIVE_S = 15;
const MESSAGES_A_TURN = 50;
const CONNECT_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 1_000;
/** Full jitter over a doubling span: mqtt.js has none, and a fleet would come back all at once. */
const BACK_OFF_MS = { first: 1_000, most: 30_000 } as const;

interface Subscription {
  readonly filter: string;
  readonly matches: (topic: string) => boolean;
  readonly handler: (message: LinkMessage) => void;
}

/** Any MQTT 3.1.1 broker. It may forget everything at any time, so every new connection counts as a fresh broker. Publishing while it is away rejects. */
export const openExternalBroker = (options: ExternalOptions): Broker => {
  const { clock, random, log } = options;
  const closing = new AbortController();
  const subscriptions: Subscription[] = [];
  const fresh: (() => void)[] = [];
  let client: MqttClient | null = null;

  const onMessage = (topic: string, payload: Uint8Array): void => {
    for (const { matches, handler } of subscriptions) if (matches(topic)) handOver(handler, { topic, payload }, log);
  };
  const live = async (): Promise<string> => {
    const next = connect(options.url, clientOptions(options));
    const over = Promise.withResolvers<string>();
    let why = 'connection closed';
    next.on('message', onMessage);
    keepAlive(next, options);
    takeTurns(next);
    next.on('error', (error) => (why = error.message));
    next.on('close', () => over.resolve(why));
    next.on('connect', () => {
      welcome(next).catch((error: unknown) => {
        why = error instanceof Error ? error.message : String(error);
        next.end(true);
      });
    });
    const reason = await over.promise;
    client = null;
    next.end(true);
    next.removeAllListeners('message');
    return reason;
  };
  const welcome = async (next: MqttClient): Promise<void> => {
    if (subscriptions.length > 0)
      await subscribeOn(
        next,
        subscriptions.map(({ filter }) => filter),
      );
    client = next;
    log.info('broker-connected', `connected to the broker ${withoutSecrets(options.url)}`);
    for (const handler of fresh) handler();
  };
  const loop = async (): Promise<void> => {
    let spanMs: number = BACK_OFF_MS.first;
    while (!closing.signal.aborted) {
      const startedAt = clock.monotonic();
      const reason = await live();
      if (closing.signal.aborted) return;
      if (clock.monotonic() - startedAt > BACK_OFF_MS.most) spanMs = BACK_OFF_MS.first;
      const waitMs = spanMs * random.fraction();
      log.warn(
        'broker-away',
        `no connection to the broker ${withoutSecrets(options.url)} (${reason}); next try in ${(waitMs / 1000).toFixed(1)} s`,
      );
      spanMs = Math.min(BACK_OFF_MS.most, spanMs * 2);
      if (!(await slept(clock, waitMs, closing.signal))) return;
    }
  };
  const running = loop().catch((error: unknown) => log.error('broker-failed', String(error)));

  return {
    publish: async (topic, payload, { qos = 1, retain = false } = {}) => {
      if (client === null) throw new Error('the broker is away');
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      if (qos > 0) await client.publishAsync(topic, bytes, { qos, retain });
      else client.publish(topic, bytes, { qos, retain }); // nobody confirms it, and a callback would wait for the socket, one listener each
    },
    subscribe: async (filter, handler) => {
      subscriptions.push({ filter, matches: matcher(filter), handler });
      if (client !== null) await subscribeOn(client, [filter]);
    },
    onFresh: (handler) => {
      fresh.push(handler);
      if (client !== null) queueMicrotask(handler);
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      const open = client;
      client = null;
      if (open !== null) await Promise.race([open.endAsync(), slept(clock, CLOSE_WITHIN_MS, AbortSignal.timeout(2 * CLOSE_WITHIN_MS))]);
      open?.end(true);
      await Promise.race([running, slept(clock, CLOSE_WITHIN_MS, AbortSignal.timeout(2 * CLOSE_WITHIN_MS))]);
    },
  };
};

/** What has come from the broker shows that it lives: its answer to a ping may stand behind megabytes of rounds, and mqtt.js waits for that alone. */
const keepAlive = (client: MqttClient, { clock, keepaliveS = KEEPALIVE_S }: ExternalOptions): void => {
  let pingedAt = clock.monotonic();
  client.on('packetreceive', () => {
    const now = clock.monotonic();
    if (now - pingedAt < (keepaliveS * 1_000) / 2) return;
    pingedAt = now;
    client.reschedulePing(true);
    client.sendPing(); // the broker wants to hear from us, too
  });
};

/** Node reads a busy socket up to 32 times before it turns to anything else, and so our answers would stand still for half a second. */
const takeTurns = (client: MqttClient): void => {
  let messages = 0;
  client.handleMessage = (_packet, done) => {
    messages += 1;
    if (messages % MESSAGES_A_TURN > 0) done();
    else setImmediate(done);
  };
};

const clientOptions = ({ tls, keepaliveS = KEEPALIVE_S }: ExternalOptions): IClientOptions => ({
  clientId: CLIENT_ID,
  clean: true,
  protocolVersion: 4,
  keepalive: keepaliveS,
  connectTimeout: CONNECT_WITHIN_MS,
  reconnectPeriod: 0,
  resubscribe: false,
  queueQoSZero: false,
  log: () => {}, // told of each step of each packet: its own costs time even when it is silent
  ...tls,
});

/** All in one packet: between two, the answer to the second would stand behind what the first one brings. */
const subscribeOn = async (client: MqttClient, filters: string[]): Promise<void> => {
  const granted = await client.subscribeAsync(filters, { qos: 1 });
  const refused = granted.find(({ qos }) => qos > 1);
  if (refused !== undefined)
    throw new Error(`the broker refuses the subscription to ${refused.topic}: see "controller broker mosquitto-config"`);
};

/** One level for each `+`; `#` is never used by us. */
const matcher = (filter: string): ((topic: string) => boolean) => {
  const pattern = new RegExp(
    `^${filter
      .split('/')
      .map((level) => (level === '+' ? '[^/]*' : RegExp.escape(level)))
      .join('/')}$`,
  );
  return (topic) => pattern.test(topic);
};

const handOver = (handler: (message: LinkMessage) => void, message: LinkMessage, log: Log): void => {
  try {
    handler(message);
  } catch (error) {
    log.error('broker-handler-failed', `${message.topic}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const withoutSecrets = (url: string): string => {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
};

/** Ends the session of this client id by opening another one and closing it. Rejects when the broker does not let us. */
export const endSession = async (url: string, tls: ExternalOptions['tls'], clientId: string): Promise<void> => {
  const client = connect(url, { clientId, clean: true, protocolVersion: 4, connectTimeout: CONNECT_WITHIN_MS, reconnectPeriod: 0, ...tls });
  const over = Promise.withResolvers<void>();
  let why = 'connection closed';
  client.on('error', (error) => (why = error.message));
  client.on('close', () => over.reject(new Error(`the broker ${withoutSecrets(url)} did not end its session: ${why}`)));
  client.on('connect', () => over.resolve());
  try {
    await over.promise;
  } finally {
    client.end(true);
  }
};

/** The controller's side of a TLS connection to a broker that `mosquitto-config` has furnished; null when that directory is not there. */
export const readBrokerTls = (directory: string, servername: string): ExternalOptions['tls'] => {
  const path = (name: string): string => join(directory, name);
  if (!['ca.crt', 'controller.crt', 'controller.key'].every((name) => existsSync(path(name)))) return null;
  const [ca = '', cert = '', key = ''] = ['ca.crt', 'controller.crt', 'controller.key'].map((name) => readFileSync(path(name), 'utf8'));
  return { ca, cert, key, servername };
};
