import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { Aedes, type AuthenticateError, type Client, type ConnectPacket } from 'aedes';
import { BATCH_MAX_BYTES } from '../../protocol/batch.ts';
import type { Broker, LinkMessage } from '../../protocol/link.ts';
import type { Log } from '../../protocol/log.ts';
import { type ConnectWords, refuseConnect, refusePublish, refuseSubscribe } from './authorize.ts';
import { type GuardLimits, makeGuard } from './guard.ts';
import { guardStream } from './guarded-stream.ts';

/** Who is on the other end, as its certificate says. */
export interface Caller {
  readonly agentId: string;
  /** Address and port, for the log. */
  readonly from: string;
  /** Resolves with why the agent is not let in (revoked, unknown, expired), or null. */
  refusal(): Promise<string | null>;
}

export interface EmbeddedBroker extends Broker {
  /** Takes over a connection on which MQTT is about to be spoken. */
  accept(stream: Duplex, caller: Caller): void;
  /** Ends every connection of the agent at once; how many. */
  cut(agentId: string): number;
}

const GUARD_LIMITS: GuardLimits = { beforeConnectBytes: 8 * 1024, publishBytes: BATCH_MAX_BYTES + 4 * 1024 };
const STREAM_LIMITS = { queueBytes: 4 * 1024 * 1024 };
/** From the first byte until the whole CONNECT is there. */
const CONNECT_WITHIN_MS = 5_000;
/** The guarded stream never makes the broker wait; this is the rope under it. */
const DRAIN_WITHIN_MS = 1_000;
const NOT_AUTHORIZED = 5;

/** aedes behind the guard. It keeps retained messages in memory only, so a new one is always fresh. */
export const openEmbeddedBroker = async (log: Log): Promise<EmbeddedBroker> => {
  const callers = new WeakMap<object, Caller>();
  const words = new WeakMap<Client, ConnectWords>();
  const streams = new Map<string, Set<Duplex>>();
  const callerOf = (client: Client | null): Caller | undefined => (client === null ? undefined : callers.get(client.conn));
  const refused = (caller: Caller | undefined, reason: string): void =>
    log.warn('mqtt-refused', `${caller?.agentId ?? 'unknown'} (${caller?.from ?? 'unknown'}): ${reason}`);

  const aedes = await Aedes.createBroker({
    connectTimeout: CONNECT_WITHIN_MS,
    drainTimeout: DRAIN_WITHIN_MS,
    maxClientsIdLength: 63,
    preConnect: (client, packet, done) => {
      words.set(client, wordsOf(packet));
      done(null, true);
    },
    authenticate: (client, _username, _password, done) => {
      const caller = callerOf(client);
      void judge(caller, words.get(client)).then((reason) => {
        if (reason === null) return done(null, true);
        refused(caller, reason);
        return done(notAuthorized(reason), false);
      });
    },
    authorizePublish: (client, packet, done) => {
      const caller = callerOf(client);
      const reason = caller === undefined ? 'publish by nobody' : refusePublish(caller.agentId, packet.topic, packet.retain);
      if (reason !== null) refused(caller, reason);
      done(reason === null ? null : new Error(reason)); // an error closes the connection
    },
    authorizeSubscribe: (client, subscription, done) => {
      const caller = callerOf(client);
      const reason = caller === undefined ? 'subscribe by nobody' : refuseSubscribe(caller.agentId, subscription.topic);
      if (reason !== null) refused(caller, reason);
      done(null, reason === null ? subscription : null); // null is answered by a SUBACK of 0x80
    },
  });
  const events: EventEmitter = aedes; // its own types lack the event
  events.on('error', (error: Error) => log.error('broker-failed', error.message));

  return {
    accept: (socket, caller) => {
      const stream = guardStream(socket, makeGuard(GUARD_LIMITS), STREAM_LIMITS, (why, reason) =>
        log.warn(why === 'guard' ? 'mqtt-guard' : 'mqtt-slow', `${caller.agentId} (${caller.from}) is cut: ${reason}`),
      );
      callers.set(stream, caller);
      const mine = streams.get(caller.agentId) ?? new Set();
      streams.set(caller.agentId, mine.add(stream));
      stream.once('close', () => {
        mine.delete(stream);
        if (mine.size === 0 && streams.get(caller.agentId) === mine) streams.delete(caller.agentId);
      });
      aedes.handle(stream);
    },
    cut: (agentId) => {
      const mine = [...(streams.get(agentId) ?? [])];
      for (const stream of mine) stream.destroy(new Error('cut'));
      return mine.length;
    },
    publish: (topic, payload, options = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const { qos = 1, retain = false } = options;
      aedes.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
      return promise;
    },
    subscribe: (filter, handler) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      aedes.subscribe(
        filter,
        ({ topic, payload }, done) => {
          deliver(handler, { topic, payload: Buffer.from(payload) }, log);
          done();
        },
        resolve,
      );
      return promise;
    },
    onFresh: (handler) => queueMicrotask(handler),
    [Symbol.asyncDispose]: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      aedes.close(resolve);
      return promise;
    },
  };
};

const deliver = (handler: (message: LinkMessage) => void, message: LinkMessage, log: Log): void => {
  try {
    handler(message);
  } catch (error) {
    log.error('broker-handler-failed', `${message.topic}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const judge = async (caller: Caller | undefined, words: ConnectWords | undefined): Promise<string | null> => {
  if (caller === undefined || words === undefined) return 'no caller';
  try {
    return refuseConnect(caller.agentId, words) ?? (await caller.refusal());
  } catch (error) {
    return `cannot be looked up: ${error instanceof Error ? error.message : String(error)}`;
  }
};

const wordsOf = (packet: ConnectPacket): ConnectWords => ({
  clientId: packet.clientId,
  clean: packet.clean ?? false,
  keepaliveS: packet.keepalive ?? 0,
  will: packet.will === undefined ? null : { topic: packet.will.topic, retain: packet.will.retain ?? false, qos: packet.will.qos ?? 0 },
});

const notAuthorized = (reason: string): AuthenticateError => Object.assign(new Error(reason), { returnCode: NOT_AUTHORIZED });
