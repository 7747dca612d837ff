import type { Broker, LinkMessage, PublishOptions } from '../../protocol/link.ts';

export interface Sent extends LinkMessage {
  readonly options: PublishOptions;
}
/** A broker in memory for one controller: what an agent would send is `deliver`ed, what the controller sent is in `sent`. */
export interface MemoryBroker extends Broker {
  readonly sent: Sent[];
  deliver(topic: string, payload: Uint8Array): void;
  /** The broker has forgotten everything. */
  forget(): void;
}

export const makeMemoryBroker = (): MemoryBroker => {
  const subscriptions: { readonly filter: RegExp; readonly handler: (message: LinkMessage) => void }[] = [];
  const fresh: (() => void)[] = [];
  const sent: Sent[] = [];
  return {
    sent,
    deliver(topic, payload) {
      for (const { filter, handler } of subscriptions) if (filter.test(topic)) handler({ topic, payload });
    },
    forget: () => fresh.forEach((handler) => handler()),
    async publish(topic, payload, options = {}) {
      sent.push({ topic, payload, options });
    },
    async subscribe(filter, handler) {
      subscriptions.push({ filter: new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`), handler });
    },
    onFresh(handler) {
      fresh.push(handler);
      queueMicrotask(handler);
    },
    async [Symbol.asyncDispose]() {},
  };
};
