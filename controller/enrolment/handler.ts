import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import * as z from 'zod';
import { describe } from '../../protocol/codec.ts';
import {
  ENROL_PATH,
  type EnrolmentRefusal,
  EnrolRequest,
  type EnrolResponse,
  RENEW_PATH,
  RenewRequest,
  type RenewResponse,
} from '../../protocol/enrolment.ts';
import type { Log } from '../../protocol/log.ts';
import type { FailureLimit } from './failure-limit.ts';

/** A refusal with its HTTP status: 400 what was sent, 401 the token, 403 the certificate, 429 too often. */
export interface Refused {
  readonly ok: false;
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 429 | 500;
  readonly refusal: z.infer<typeof EnrolmentRefusal>;
}
export type Answer<T> = { readonly ok: true; readonly value: T } | Refused;

export interface EnrolmentDeps {
  readonly log: Log;
  readonly failures: FailureLimit;
  enrol(request: EnrolRequest, from: string): Promise<Answer<EnrolResponse>>;
  /** The request tells who asks, by its connection's client certificate. */
  renew(request: z.infer<typeof RenewRequest>, message: IncomingMessage): Promise<Answer<RenewResponse>>;
}

const BODY_MAX_BYTES = 16 * 1024;

export const refuse = (status: Refused['status'], error: string, fix: string): Refused => ({ ok: false, status, refusal: { error, fix } });

/** The HTTP side of the agents' port: enrol and renew. Every refusal says what is wrong and what mends it. */
export const makeEnrolmentHandler =
  (deps: EnrolmentDeps): RequestListener =>
  (message, response) => {
    const from = message.socket.remoteAddress ?? 'unknown';
    answer(deps, message, from)
      .catch((error: unknown) => {
        deps.log.error('enrolment-failed', `${from}: ${error instanceof Error ? error.message : String(error)}`);
        return refuse(500, 'the controller could not do it', "try again; the controller's log says what happened");
      })
      .then((result) => {
        if (!result.ok && result.status < 500) deps.log.warn('enrolment-refused', `${from}: ${result.refusal.error}`);
        reply(response, result);
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };

const answer = async (deps: EnrolmentDeps, message: IncomingMessage, from: string): Promise<Answer<object>> => {
  const path = message.url?.split('?')[0];
  if (path !== ENROL_PATH && path !== RENEW_PATH)
    return refuse(404, 'nothing is here', 'this port is for agents; the web admin has a port of its own');
  if (message.method !== 'POST') return refuse(405, `${message.method ?? ''} is not spoken here`, 'send a POST');
  if (deps.failures.isBlocked(from)) return refuse(429, 'too many refused attempts from this address', 'wait a minute, then try again');
  const result = path === ENROL_PATH ? await enrol(deps, message, from) : await renew(deps, message);
  if (!result.ok && (result.status === 401 || result.status === 403)) deps.failures.count(from);
  return result;
};

const enrol = async (deps: EnrolmentDeps, message: IncomingMessage, from: string): Promise<Answer<object>> => {
  const request = await readJson(message, EnrolRequest);
  return request.ok ? deps.enrol(request.value, from) : request;
};

const renew = async (deps: EnrolmentDeps, message: IncomingMessage): Promise<Answer<object>> => {
  const request = await readJson(message, RenewRequest);
  return request.ok ? deps.renew(request.value, message) : request;
};

const readJson = async <T>(message: IncomingMessage, schema: z.ZodType<T>): Promise<Answer<T>> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > BODY_MAX_BYTES) return refuse(413, `more than ${BODY_MAX_BYTES} bytes`, 'update the agent: no request is that long');
    chunks.push(chunk);
  }
  const parsed = schema.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
  return parsed.success
    ? { ok: true, value: parsed.data }
    : refuse(400, describe(parsed.error), 'update the agent to the version of the controller');
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const reply = (response: ServerResponse, result: Answer<object>): void => {
  const body = JSON.stringify(result.ok ? result.value : result.refusal);
  response.writeHead(result.ok ? 200 : result.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(result.ok ? {} : { connection: 'close' }),
  });
  response.end(body);
};
