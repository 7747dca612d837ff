import type { LinkMessage, PublishOptions, Session, SessionOptions } from '../../protocol/link.ts';
import type { Host } from './host.ts';
import { type Life, never } from './life.ts';
import type { Line } from './line.ts';
import type { Timeline } from './timeline.ts';

/** What a connection asks of the broker that it ends in. */
export interface Receiver {
  /** A PUBLISH has come in. The PUBACK is on its way before anything is delivered. */
  received(connection: Connection, message: LinkMessage, retain: boolean): void;
  ended(connection: Connection, withWill: boolean): void;
}

/** Who connects, from where, over what. */
export interface Client {
  readonly id: string;
  readonly life: Life;
  readonly host: Host;
  readonly line: Line;
}

/** One MQTT connection with its two ends, which may differ in their opinion of whether it lives. */
export class Connection implements Session {
  readonly client: Client;
  readonly options: SessionOptions;
  readonly #timeline: Timeline;
  readonly #receiver: Receiver;
  readonly #closed = Promise.withResolvers<string>();
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #topics: ReadonlySet<string>;
  #endedAtClient: string | null = null;
  #endedAtBroker = false;
  #severed = false;
  #upAt = 0;
  #downAt = 0;

  constructor(timeline: Timeline, receiver: Receiver, client: Client, options: SessionOptions) {
    this.#timeline = timeline;
    this.#receiver = receiver;
    this.client = client;
    this.options = options;
    this.#topics = new Set(options.subscriptions);
  }

  get closed(): Promise<string> {
    return this.#closed.promise;
  }

  get openAtBroker(): boolean {
    return !this.#endedAtBroker;
  }

  listensTo(topic: string): boolean {
    return this.#topics.has(topic);
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    if (!this.client.life.step()) return never();
    if (this.#endedAtClient !== null)
      return Promise.reject(new Error(`publish to ${topic}: the session has ended: ${this.#endedAtClient}`));
    const message = { topic, payload: payload.slice() };
    const retain = options.retain === true;
    if (options.qos === 0) {
      if (!this.client.line.loses()) this.#up(() => this.#receiver.received(this, message, retain));
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#up(() => {
        this.#down(() => {
          this.#waiting.delete(reject);
          resolve();
        });
        this.#receiver.received(this, message, retain);
        const again = this.client.line.doubles();
        if (again !== null) this.#timeline.after(again, () => this.openAtBroker && this.#receiver.received(this, message, retain));
      });
    });
  }

  close(): Promise<void> {
    if (!this.client.life.step()) return never();
    this.#up(() => this.endAtBroker(false));
    this.endAtClient('closed by the client');
    return Promise.resolve();
  }

  /** The broker delivers one message to this client: at QoS 1 perhaps twice; perhaps never, as PUBACKs promise nothing. */
  deliver(message: LinkMessage, qos: 0 | 1): void {
    if (this.client.line.loses()) return;
    const hand = (): void => this.options.onMessage(message); // throws when the agent dies in it: the time line knows
    this.#down(hand);
    const again = qos === 1 ? this.client.line.doubles() : null;
    if (again !== null) this.#timeline.after(again, () => this.#down(hand));
  }

  /** Runs at the client when the packet is there: the SUBACK. */
  accepted(run: () => void): void {
    this.#down(run);
  }

  endAtClient(reason: string): void {
    if (this.#endedAtClient !== null) return;
    this.#endedAtClient = reason;
    if (this.client.life.dead) return;
    this.#closed.resolve(reason);
    for (const reject of this.#waiting) reject(new Error(`the session has ended: ${reason}`));
    this.#waiting.clear();
  }

  /** Nothing more passes; neither end knows yet. */
  sever(): void {
    this.#severed = true;
  }

  endAtBroker(withWill: boolean): void {
    if (this.#endedAtBroker) return;
    this.#endedAtBroker = true;
    this.#receiver.ended(this, withWill);
  }

  #up(run: () => void): void {
    const at = this.client.line.arrival(this.#upAt);
    if (at === null || this.#severed) return;
    this.#upAt = at;
    this.#timeline.at(at, () => {
      if (this.openAtBroker && !this.#severed && this.client.line.passes) run();
    });
  }

  #down(run: () => void): void {
    const at = this.openAtBroker ? this.client.line.arrival(this.#downAt) : null;
    if (at === null || this.#severed) return;
    this.#downAt = at;
    const arrive = (): void => {
      if (this.client.host.suspended) return this.client.host.onResume(arrive);
      if (this.#endedAtClient === null && !this.#severed && !this.client.life.dead && this.client.line.passes) run();
    };
    this.#timeline.at(at, arrive);
  }
}
