// The bare fastify: schemas, problems, OpenAPI and the guards that stand before every route.
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { commandLine, mayAct } from './actor.ts';
import { findByApiToken, tokenIn, tokenInQuery } from './api-tokens.ts';
import type { ApiSettings, Context } from './context.ts';
import { isForged, isKnownHost, makeNames } from './origin.ts';
import { makeProblem, problemOf, refuse, sendProblem } from './problem.ts';
import { findSession } from './sessions.ts';
import { validatorCompiler } from './validation.ts';

/** One name for each controller: cookies know no ports, and a second controller on this host must not sign people out of the first. */
export const cookieName = ({ pin, tls }: ApiSettings): string => `${tls === null ? '' : '__Host-'}sonde_${pin.slice(0, 8)}`;
const BODY_MAX_BYTES = 256 * 1024;
const MESSAGE_MAX_BYTES = 32 * 1024;

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export type App = Awaited<ReturnType<typeof makeInstance>>;

/** `trusted` holds the requests that came over the Unix socket. */
export const makeInstance = async (context: Context, trusted: WeakSet<IncomingMessage>) => {
  const { settings } = context;
  const app = Fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    clientErrorHandler: (error, socket) => {
      context.log.warn('http-refused', `${socket.remoteAddress ?? 'unknown'}: no HTTP request: ${error.message}`);
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    serverFactory: (handler) => (settings.tls === null ? createServer(handler) : createTlsServer({ ...settings.tls }, handler)),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: MESSAGE_MAX_BYTES, perMessageDeflate: false } });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sonde',
        description: 'Fleet, measurements and incidents. Errors are problem+json (RFC 9457).',
        version: settings.version,
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: cookieName(settings) },
          token: { type: 'http', scheme: 'bearer', description: 'An API token: POST /api/v1/api-tokens makes one' },
          influxToken: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'Token TOKEN, as InfluxDB 2.x takes it' },
          influxLogin: { type: 'http', scheme: 'basic', description: 'The token is the password; the user is not looked at' },
          influxPassword: {
            type: 'apiKey',
            in: 'query',
            name: 'p',
            description: 'The token, as InfluxDB 1.x takes it on /write and /query',
          },
        },
      },
      security: [{ session: [] }, { token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.decorateRequest('actor', null);
  app.addHook('onRoute', refuseUnknownParameters);
  addGuards(app, context, trusted);
  app.setErrorHandler((error: Error, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error, request.routeOptions.bodyLimit);
    if (problem !== null) return sendProblem(reply, problem);
    context.log.error('request-failed', `${request.method} ${request.routeOptions.url ?? '?'}: ${error.message}`, { stack: error.stack });
    return sendProblem(reply, makeProblem(500, 'an error of ours; the log of the controller has more'));
  });
  return app;
};

/**
 * A misspelt parameter is refused and not passed over. The paths that other programs were made for keep what they send beside: /write, /query,
 * those of older platforms.
 */
const refuseUnknownParameters = (route: RouteOptions): void => {
  const { schema = {}, url } = route;
  if (!url.startsWith('/api/v1/') || route.websocket === true || schema.tags?.includes('older paths')) return;
  const { querystring = z.object({}) } = schema;
  if (querystring instanceof z.ZodObject) route.schema = { ...schema, querystring: querystring.strict() };
};

type Guarded = Pick<ReturnType<typeof Fastify>, 'addHook'>;

const addGuards = (app: Guarded, context: Context, trusted: WeakSet<IncomingMessage>): void => {
  const { settings, state, controller } = context;
  const sessionCookie = cookieName(settings);
  const names = makeNames(settings.host, settings.publicHosts, settings.hostname);
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    setHeaders(reply, settings.tls !== null);
    if (trusted.has(request.raw)) {
      request.actor = commandLine;
      return;
    }
    if (!isLivenessProbe(request)) refuseTricked(request, names);
    const given = tokenIn(request.headers.authorization) ?? (request.routeOptions.config.influx ? tokenInQuery(request.query) : null);
    const token = request.cookies[sessionCookie];
    if (given !== null) request.actor = await findByApiToken(state, controller.clock, given);
    else request.actor = token === undefined ? null : await findSession(state, controller.clock, token);
  });
  app.addHook('onRequest', async (request: FastifyRequest) => {
    const access = request.routeOptions.config.access ?? 'admin';
    if (access === 'open' || request.is404) return;
    if (request.actor === null)
      throw refuse(401, 'sign in first (POST /api/v1/session), or send a good API token: Authorization: Bearer …');
    if (!mayAct(request.actor, access)) throw refuse(403, `this needs the role ${access}; you have ${request.actor.user.role}`);
  });
};

const setHeaders = (reply: FastifyReply, isTls: boolean): void => {
  reply.headers(HEADERS);
  if (isTls) reply.header('strict-transport-security', 'max-age=31536000');
  if (reply.request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
};

/** Load balancers ask these by address, and they tell nothing. */
const isLivenessProbe = (request: FastifyRequest): boolean => request.url === '/healthz' || request.url === '/readyz';

const refuseTricked = ({ method, headers, ws }: FastifyRequest, names: ReturnType<typeof makeNames>): void => {
  if (!isKnownHost(headers.host, names))
    throw refuse(421, `"${headers.host ?? ''}" is not a name of this controller: start it with --public-host, or use its address`);
  const site = headers['sec-fetch-site'];
  const fetched = { method, host: headers.host, origin: headers.origin, site: Array.isArray(site) ? site[0] : site, upgrade: ws };
  if (isForged(fetched)) throw refuse(403, 'this request comes from another page');
};
