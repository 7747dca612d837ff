import { createTransport } from 'nodemailer';
import type { Answer, MailParcel } from '../alerts/notifiers/notifier.ts';
import { addressOf, serverNameOf } from './address.ts';

const TIMEOUT_MS = 10_000;
const SAID_MAX = 200;

type Mail = MailParcel & { readonly allowPrivate: boolean; readonly signal: AbortSignal };

/** One mail in one connection. What the server answers is told in HTTP's words: 4yz is "later", 5yz is "never" (RFC 5321, 4.2.1). */
export const mail = async (parcel: Mail): Promise<Answer> => {
  const { host, port, security, user, password, allowPrivate, signal } = parcel;
  const transport = createTransport({
    host: await addressOf(host, allowPrivate),
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: serverNameOf(host), // we connect to the address that we looked at; the certificate is the name's
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(user ? { auth: { user, pass: password ?? '' } } : {}),
    // Nothing of the text may make nodemailer read a file or fetch a page.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = (): void => transport.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const sent = await transport.sendMail(messageOf(parcel));
    if (sent.accepted.length === 0) return { status: 400, said: 'no recipient was taken' };
    return { status: 200, said: short(sent.response) };
  } catch (error) {
    return answerTo(error);
  } finally {
    signal.removeEventListener('abort', stop);
    transport.close();
  }
};

const messageOf = ({ from, to, subject, text, messageId, inReplyTo, headers }: Mail) => ({
  from,
  to: [...to],
  subject,
  text,
  messageId,
  inReplyTo,
  references: inReplyTo,
  headers: { ...headers },
});

/** Rejects with what is no answer of a server. */
const answerTo = (error: unknown): Answer => {
  const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : Number.NaN;
  if (!(code >= 400 && code < 600) || !(error instanceof Error)) throw error;
  return { status: code < 500 ? 503 : 400, said: short(error.message) };
};

const short = (text: string): string =>
  text
    .replaceAll(/\s*\p{Cc}+\s*/gu, ' ')
    .trim()
    .slice(0, SAID_MAX);
