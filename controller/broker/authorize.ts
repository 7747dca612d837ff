import { mayPublish, maySubscribe } from '../../protocol/topics.ts';

/** What a client says in its CONNECT, as far as the broker's rules look at it. */
export interface ConnectWords {
  readonly clientId: string;
  readonly clean: boolean;
  readonly keepaliveS: number;
  readonly will: { readonly topic: string; readonly retain: boolean; readonly qos: number } | null;
}

/** An agent that says nothing for longer than this must not count as connected, s. */
export const KEEPALIVE_MAX_S = 120;

/** null when this agent may connect so; otherwise why not. Pure. */
export const refuseConnect = (agentId: string, words: ConnectWords): string | null => {
  if (words.clientId !== agentId) return `client id "${words.clientId}", but the certificate is of "${agentId}"`;
  if (!words.clean) return 'a lasting session: only clean sessions are offered, the spool is on the agent';
  if (words.keepaliveS === 0 || words.keepaliveS > KEEPALIVE_MAX_S) return `keepalive of ${words.keepaliveS} s: 1 to ${KEEPALIVE_MAX_S}`;
  if (words.will !== null && (words.will.qos > 1 || !mayPublish(agentId, words.will.topic, words.will.retain)))
    return `last will on "${words.will.topic}", which is not the agent's to publish`;
  return null;
};

/** null when the agent may publish so; otherwise why not. */
export const refusePublish = (agentId: string, topic: string, retain: boolean): string | null =>
  mayPublish(agentId, topic, retain) ? null : `publish ${retain ? 'retained ' : ''}to "${topic}"`;

/** null when the agent may subscribe so; otherwise why not. */
export const refuseSubscribe = (agentId: string, filter: string): string | null =>
  maySubscribe(agentId, filter) ? null : `subscribe to "${filter}"`;
