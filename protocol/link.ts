/** One message as it arrives: the whole topic and the bytes as sent. */
export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export interface PublishOptions {
  readonly retain?: boolean;
  /** 1 unless said; clock exchanges use 0, because a resend would falsify them. */
  readonly qos?: 0 | 1;
}

/** One connection of an agent to a broker: clean session, QoS 1, gone when `closed` resolves. Never reconnects by itself. */
export interface Session {
  /** Resolves when the broker has taken the message (PUBACK), which says nothing of delivery. Rejects when the session closes before. */
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<void>;
  /** Resolves, never rejects, with why the session ended. */
  readonly closed: Promise<string>;
  /** A graceful end (DISCONNECT, no last will). */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Published by the broker, retained, when the line breaks without a DISCONNECT. */
  readonly will: LinkMessage;
  readonly subscriptions: readonly string[];
  readonly onMessage: (message: LinkMessage) => void;
}

/** How an agent gets a session: TLS and MQTT in the product, a model in the simulation. Rejects with what failed and where. */
export interface Transport {
  connect(options: SessionOptions, signal: AbortSignal): Promise<Session>;
}

/** The broker as the controller sees it: embedded, external by URL, or the simulation's model. Transport only; it may forget everything. */
export interface Broker extends AsyncDisposable {
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<void>;
  /** Every message on the filter, from now on. Handlers must not wait: they hand over and answer later. */
  subscribe(filter: string, handler: (message: LinkMessage) => void): Promise<void>;
  /** Called each time the broker (again) holds no retained state of ours, so that it can be published anew; at least once after opening. */
  onFresh(handler: () => void): void;
}
