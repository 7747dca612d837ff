import type { FastifyReply } from 'fastify';
import { Session, SignIn } from '../../../protocol/api.ts';
import { openAttempts } from '../attempts.ts';
import { audit } from '../audit.ts';
import type { ApiSettings, Context } from '../context.ts';
import { type App, cookieName } from '../instance.ts';
import { refuse } from '../problem.ts';
import { Nothing, problems } from '../schemas.ts';
import { endSession, openSession, SESSION_MS } from '../sessions.ts';

export const addSessionRoutes = (app: App, context: Context): void => {
  const { state, controller, settings } = context;
  const { clock } = controller;
  const attempts = openAttempts();
  const tags = ['session'];

  app.post(
    '/api/v1/session',
    {
      config: { access: 'open' },
      schema: { tags, security: [], summary: 'Sign in', body: SignIn, response: { 200: Session, ...problems } },
    },
    async (request, reply) => {
      const { login, password } = request.body;
      const waitMs = attempts.take([`address ${request.ip}`, `login ${login}`], clock.monotonic());
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000);
        reply.header('retry-after', String(seconds));
        throw refuse(429, `too many tries: again in ${seconds} s`);
      }
      const row = await state.selectFrom('users').selectAll().where('login', '=', login).executeTakeFirst();
      if (!(await context.passwords.verify(password, row?.password_hash ?? null)) || row === undefined)
        throw refuse(401, 'no such login, or another password');
      attempts.forget(`login ${login}`);
      const token = await openSession(state, clock, context.random, row.id);
      await audit(state, clock, login, 'sign-in', { from: request.ip });
      setCookie(reply, token, settings);
      return { user: { login: row.login, name: row.name, role: row.role }, site: settings.site, version: settings.version };
    },
  );

  app.get(
    '/api/v1/session',
    { config: { access: 'viewer' }, schema: { tags, summary: 'Who is signed in', response: { 200: Session, ...problems } } },
    async ({ actor }) => {
      if (actor === null) throw refuse(401, 'sign in first');
      return { user: actor.user, site: settings.site, version: settings.version };
    },
  );

  app.delete(
    '/api/v1/session',
    { config: { access: 'viewer' }, schema: { tags, summary: 'Sign out', response: { 204: Nothing, ...problems } } },
    async ({ actor }, reply) => {
      if (actor !== null && actor.session !== null) await endSession(state, actor.session);
      reply.clearCookie(cookieName(settings), { path: '/', secure: settings.tls !== null });
      return reply.code(204).send(null);
    },
  );
};

/** Scripts of the page cannot read it, other sites cannot send it. */
export const setCookie = (reply: FastifyReply, token: string, settings: ApiSettings): void => {
  reply.setCookie(cookieName(settings), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: settings.tls !== null,
    maxAge: SESSION_MS / 1000,
  });
};
