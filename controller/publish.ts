import type { Broker, PublishOptions } from '../protocol/link.ts';
import type { Troubles } from './troubles.ts';

export type Publish = (topic: string, payload: Uint8Array, options?: PublishOptions) => void;

/** Publishing that nobody waits for: whatever is lost is sent again by its own rules (the agent's resend, the next date, the next boot). */
export const makePublish =
  (broker: Broker, troubles: Troubles, signal: AbortSignal): Publish =>
  (topic, payload, options) => {
    if (signal.aborted) return;
    broker.publish(topic, payload, options).then(
      () => troubles.set('broker', null),
      (error: unknown) => {
        if (!signal.aborted) troubles.set('broker', `cannot publish: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  };
