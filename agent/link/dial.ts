import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { Endpoint } from './endpoint.ts';
import { type Anchor, verifyServer } from './trust.ts';

const CONNECT_WITHIN_MS = 10_000;

/** Why there is no trusted connection: nothing answered there, or what answered is not the controller. */
export class DialError extends Error {
  readonly step: 'reach' | 'trust';
  constructor(step: 'reach' | 'trust', message: string) {
    super(message);
    this.name = 'DialError';
    this.step = step;
  }
}

export interface DialOptions {
  readonly anchor: Anchor;
  /** The agent's certificate and key, PEM; absent before enrolment. */
  readonly credentials?: { readonly certificate: string; readonly key: string };
  /** Wall clock for the certificates' dates; null when the host's clock is not synchronised. */
  readonly nowMs: () => number | null;
}

export interface Dialled {
  readonly socket: TLSSocket;
  /** The authority's certificate, PEM. */
  readonly authority: string;
}

/** A TLS connection to what is proved to be the controller. Nothing is sent before that proof. Rejects with DialError. */
export const dial = async ({ host, port }: Endpoint, options: DialOptions, signal: AbortSignal): Promise<Dialled> => {
  const where = `${host}:${port}`;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_WITHIN_MS)]);
  const socket = connect({
    host,
    port,
    servername: CONTROLLER_SERVER_NAME,
    rejectUnauthorized: false, // verifyServer decides, before a byte of ours leaves: it can leave the dates out
    minVersion: 'TLSv1.3',
    // Else Node loads the world's 150 authorities, which have no say here: megabytes, and a tenth of a second.
    ca: 'authority' in options.anchor ? options.anchor.authority : [],
    ...(options.credentials === undefined ? {} : { cert: options.credentials.certificate, key: options.credentials.key }),
  });
  try {
    await once(socket, 'secureConnect', { signal: deadline });
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw new DialError('reach', `${where}: ${deadline.aborted ? `no answer within ${CONNECT_WITHIN_MS / 1000} s` : textOf(error)}`);
  }
  const trusted = verifyServer(socket.getPeerX509Certificate(), options.anchor, options.nowMs());
  if (!trusted.ok) {
    socket.destroy();
    throw new DialError('trust', `${where}: ${trusted.reason}`);
  }
  socket.setNoDelay(true);
  return { socket, authority: trusted.value };
};

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'connection refused: nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'this name is not known to the resolver';
  return code !== '' && !error.message.includes(code) ? `${error.message} (${code})` : error.message;
};
