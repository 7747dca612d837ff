import type { Broker, LinkMessage, PublishOptions, SessionOptions, Transport } from '../../protocol/link.ts';
import { type Client, Connection, type Receiver } from './connection.ts';
import { type Life, never, sleepersOf } from './life.ts';
import type { Timeline } from './timeline.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** Sees every message that the broker has taken, before it is delivered. `from` null: the controller. */
export type Tap = (message: LinkMessage, from: string | null) => void;

interface Subscription {
  readonly life: Life;
  readonly matches: (topic: string) => boolean;
  readonly handler: (message: LinkMessage) => void;
}

/** An MQTT 3.1.1 broker as aedes and Mosquitto behave: PUBACK before delivery, clean sessions, retained messages, last wills,
 * a second connection of a client ends its first, and after a kill it has forgotten everything. */
export class BrokerModel implements Receiver {
  readonly #timeline: Timeline;
  readonly #tap: Tap;
  readonly #connections = new Map<string, Connection>();
  readonly #retained = new Map<string, LinkMessage>();
  #subscriptions: Subscription[] = [];
  #fresh: { readonly life: Life; readonly handler: () => void }[] = [];
  #up = true;
  /** False while the controller of an external broker cannot reach it: its subscriptions lapse, as clean sessions do. */
  #controllerLinked = true;

  constructor(timeline: Timeline, tap: Tap = () => {}) {
    this.#timeline = timeline;
    this.#tap = tap;
  }

  connectionOf(client: string): Connection | undefined {
    return this.#connections.get(client);
  }

  /** kill -9: every line breaks, nothing is remembered, no will is sent. */
  kill(): void {
    this.#up = false;
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    this.#retained.clear();
    for (const connection of connections) {
      connection.endAtBroker(false);
      this.#endClientLater(connection, 'connection reset by the broker');
    }
  }

  /** Up again, empty. The controllers that are still there hear of it. */
  start(): void {
    this.#up = true;
    this.#tellFresh();
  }

  get up(): boolean {
    return this.#up;
  }

  /** The controller's own line to an external broker breaks or comes back. */
  linkController(linked: boolean): void {
    this.#controllerLinked = linked;
    if (linked) this.#tellFresh();
  }

  /** A line breaks and both ends notice soon; or, `silent`, only by their keepalives. */
  cut(client: string, silent: boolean): void {
    const connection = this.#connections.get(client);
    if (connection === undefined) return;
    connection.sever();
    this.#timeline.after(connection.client.line.noticeMs(silent), () => connection.endAtBroker(true));
    this.#endClientLater(connection, silent ? 'keepalive timeout' : 'connection reset', silent);
  }

  transport(client: Client): Transport {
    return { connect: (options, signal) => this.#connect(client, options, signal) };
  }

  /** The broker as one life of the controller holds it. */
  side(life: Life): Broker {
    const closed = { yes: false };
    return {
      publish: async (topic, payload, options: PublishOptions = {}) => {
        if (!life.step()) return never();
        if (!this.#linked || closed.yes) throw new Error(`publish to ${topic}: the broker cannot be reached`);
        this.#take({ topic, payload: payload.slice() }, options.retain === true, options.qos ?? 1, null);
      },
      subscribe: async (filter, handler) => {
        if (!life.step()) return never();
        this.#subscriptions.push({ life, matches: matcher(filter), handler });
      },
      onFresh: (handler) => {
        this.#fresh.push({ life, handler });
        if (this.#linked) this.#timeline.after(1, () => !life.dead && handler());
      },
      [Symbol.asyncDispose]: async () => {
        closed.yes = true;
        this.forget(life);
      },
    };
  }

  received(connection: Connection, message: LinkMessage, retain: boolean): void {
    this.#take(message, retain, 1, connection);
  }

  ended(connection: Connection, withWill: boolean): void {
    if (this.#connections.get(connection.client.id) === connection) this.#connections.delete(connection.client.id);
    if (withWill && this.#up) this.#take(connection.options.will, true, 1, connection);
  }

  get #linked(): boolean {
    return this.#up && this.#controllerLinked;
  }

  #tellFresh(): void {
    for (const { life, handler } of this.#fresh) this.#timeline.after(1, () => !life.dead && handler());
  }

  /** A controller's life is over: its subscriptions are gone. */
  forget(life: Life): void {
    this.#subscriptions = this.#subscriptions.filter((subscription) => subscription.life !== life);
    this.#fresh = this.#fresh.filter((listener) => listener.life !== life);
  }

  #connect(client: Client, options: SessionOptions, signal: AbortSignal): Promise<Connection> {
    if (!client.life.step()) return never();
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const onAbort = (): void => end(() => reject(signal.reason));
    let timeout: { cancel(): void } | null = null;
    const end = (settle: () => void): void => {
      timeout?.cancel();
      sleepersOf(signal).delete(onAbort);
      settle();
    };
    const fail = (reason: string): void => end(() => reject(new Error(`connect to the broker: ${reason}`)));
    const timeOutIn = (ms: number): void => void (timeout = client.life.later(ms, () => fail('timed out')));
    sleepersOf(signal).add(onAbort);
    const arrival = client.line.arrival(0);
    const takesMs = arrival === null ? Number.POSITIVE_INFINITY : 3 * (arrival - this.#timeline.now());
    // Most attempts are refused long before their time is over: no timer is set for those.
    const isQuick = takesMs < CONNECT_TIMEOUT_MS / 2;
    if (!isQuick) timeOutIn(CONNECT_TIMEOUT_MS);
    if (arrival === null) return promise;
    this.#timeline.after(takesMs, () => {
      if (client.life.dead || signal.aborted) return;
      const isHeard = !client.host.suspended && client.line.passes;
      if (isHeard && !this.#up) return void client.life.later(5, () => fail('connection refused'));
      if (isQuick) timeOutIn(CONNECT_TIMEOUT_MS - takesMs);
      if (!isHeard) return;
      const connection = this.#accept(client, options);
      connection.accepted(() => end(() => resolve(connection)));
      for (const message of this.#retained.values()) if (connection.listensTo(message.topic)) connection.deliver(message, 1);
    });
    return promise;
  }

  #accept(client: Client, options: SessionOptions): Connection {
    const before = this.#connections.get(client.id);
    if (before !== undefined) {
      before.endAtBroker(true);
      this.#endClientLater(before, 'taken over by a newer session');
    }
    const connection = new Connection(this.#timeline, this, client, options);
    this.#connections.set(client.id, connection);
    return connection;
  }

  #endClientLater(connection: Connection, reason: string, silent = false): void {
    const { host, line } = connection.client;
    const end = (): void => (host.suspended ? host.onResume(end) : connection.endAtClient(reason));
    this.#timeline.after(line.noticeMs(silent), end);
  }

  #take(message: LinkMessage, retain: boolean, qos: 0 | 1, from: Connection | null): void {
    this.#tap(message, from?.client.id ?? null);
    if (retain && message.payload.length === 0) this.#retained.delete(message.topic);
    else if (retain) this.#retained.set(message.topic, message);
    if (message.payload.length === 0 && retain) return;
    for (const connection of this.#connections.values()) if (connection.listensTo(message.topic)) connection.deliver(message, qos);
    if (!this.#linked || (from?.client.line.loses() ?? false)) return;
    for (const subscription of this.#subscriptions)
      if (subscription.matches(message.topic)) this.#timeline.after(0.05, () => this.#hand(subscription, message));
  }

  /** The real ones log what a handler throws, and go on. */
  #hand({ life, handler }: Subscription, message: LinkMessage): void {
    if (!this.#linked || !life.step()) return;
    try {
      handler(message);
    } catch {
      // a test's handler, or a program that died in it
    }
  }
}

/** `+` stands for one level; `#` is never used by Sonde. Agents subscribe to whole names only. */
const matcher = (filter: string): ((topic: string) => boolean) => {
  const pattern = new RegExp(
    `^${filter
      .split('+')
      .map((part) => RegExp.escape(part))
      .join('[^/]+')}$`,
  );
  const known = new Map<string, boolean>(); // an agent has a dozen topics
  return (topic) => {
    const before = known.get(topic);
    if (before !== undefined) return before;
    const matches = pattern.test(topic);
    known.set(topic, matches);
    return matches;
  };
};
