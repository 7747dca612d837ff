import { connectAsync } from 'mqtt';
import type { Answer, MqttParcel } from '../alerts/notifiers/notifier.ts';
import { addressOf, serverNameOf } from './address.ts';

const TIMEOUT_MS = 10_000;
/** MQTT 3.1.1, 3.2.2.3: what a broker says to our name and password will not get better by itself. */
const NOT_LET_IN = new Set([2, 4, 5]);

/** One message, QoS 1, in one connection: delivered when the broker has acknowledged it. */
export const publish = async (parcel: MqttParcel & { readonly allowPrivate: boolean; readonly signal: AbortSignal }): Promise<Answer> => {
  const { url, user, password, topic, payload, retain, allowPrivate, signal } = parcel;
  const to = new URL(url);
  const name = to.hostname;
  const address = await addressOf(name, allowPrivate);
  to.hostname = address.includes(':') ? `[${address}]` : address;
  signal.throwIfAborted();
  try {
    const client = await connectAsync(to.href, {
      ...(user ? { username: user } : {}),
      ...(password ? { password } : {}),
      clientId: '',
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: TIMEOUT_MS,
      ...serverNameOf(name), // we connect to the address that we looked at; the certificate is the name's
    });
    const stop = (): void => void client.end(true);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await client.publishAsync(topic, payload, { qos: 1, retain });
      return { status: 200 };
    } finally {
      signal.removeEventListener('abort', stop);
      await client.endAsync(true);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'number' && NOT_LET_IN.has(code)) return { status: 401, said: 'the broker refused our name or password' };
    throw error;
  }
};
