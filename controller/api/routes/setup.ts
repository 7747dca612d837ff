import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Session, SetupRequest, SetupState } from '../../../protocol/api.ts';
import { toSlug } from '../../../protocol/ids.ts';
import { everyAgent } from '../../../protocol/labels.ts';
import { Target } from '../../../protocol/target.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refuse } from '../problem.ts';
import { problems } from '../schemas.ts';
import { openSession } from '../sessions.ts';
import { checkSetupToken, hasAdmin, spendSetupToken } from '../setup-link.ts';
import { loopbackNow, packetsBeyondLoopback } from '../first-page.ts';
import { setCookie } from './session.ts';

const schema = { tags: ['setup'], security: [] };
const NO_TOKEN = 'the set-up link is not good any more: start the controller again, it prints a new one';

/** The first page: open without a session, worth nothing without the token of the printed link, closed for ever once an admin exists. */
export const addSetupRoutes = (app: App, context: Context): void => {
  const { state, controller, settings } = context;
  const config = { access: 'open' } as const;

  app.get(
    '/api/v1/setup',
    {
      config,
      schema: {
        ...schema,
        summary: 'Whether set-up is needed',
        querystring: z.object({ token: z.string().optional() }),
        response: { 200: SetupState, ...problems },
      },
    },
    async (request): Promise<SetupState> => {
      const needed = !(await hasAdmin(state));
      const { token } = request.query;
      const tokenExpiresAt = needed && token !== undefined ? await checkSetupToken(state, controller.clock, token) : null;
      const open = { needed, hostname: settings.hostname, listening: listeningOf(request), tokenExpiresAt };
      if (tokenExpiresAt === null) return { ...open, found: [], packetsBeyondLoopback: 0 };
      const packets = await packetsBeyondLoopback(context);
      return { ...open, found: await context.found(), packetsBeyondLoopback: packets, loopback: await loopbackNow(context) };
    },
  );

  app.post(
    '/api/v1/setup',
    {
      config,
      schema: { ...schema, summary: 'Make the admin and add what was ticked', body: SetupRequest, response: { 200: Session, ...problems } },
    },
    async (request, reply) => {
      const { body } = request;
      if (await hasAdmin(state)) throw refuse(409, 'set-up is done: sign in');
      if ((await checkSetupToken(state, controller.clock, body.token)) === null) throw refuse(403, NO_TOKEN);
      const targets = await targetsOf(body.addresses, context);
      const hash = await context.passwords.hash(body.password);
      if (!(await spendSetupToken(state))) throw refuse(409, 'set-up is done: sign in');
      const id = context.random.hex(8);
      const user = { login: body.login, name: body.name, role: 'admin' } as const;
      const created_at = Math.floor(controller.clock.now());
      await state
        .insertInto('users')
        .values({ ...user, id, password_hash: hash, created_at })
        .execute();
      await audit(state, controller.clock, user.login, 'setup', { targets: targets.map((target) => target.id) });
      for (const target of targets) {
        const made = await controller.fleet.createTarget(target, user.login);
        if (!made.ok && made.why !== 'exists')
          context.log.warn('setup-target-refused', made.problems.map(({ message }) => message).join('; '));
      }
      context.fleetView.forget();
      setCookie(reply, await openSession(state, controller.clock, context.random, id), settings);
      return { user, site: settings.site, version: settings.version };
    },
  );
};

const listeningOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}`;

/** Only what was offered may be ticked. */
const targetsOf = async (addresses: readonly string[], { found, settings }: Context): Promise<Target[]> => {
  if (addresses.length === 0) return [];
  const offered = await found();
  return [...new Set(addresses)].map((address) => {
    const one = offered.find((candidate) => candidate.address === address);
    if (one === undefined)
      throw refuse(422, `addresses: ${address} is not one of those that were found`, [
        { path: 'addresses', message: `${address} was not found` },
      ]);
    const agents = settings.localAgent === null ? everyAgent : { in: { agent: [settings.localAgent] }, notIn: {} };
    const name = `${one.kind === 'gateway' ? 'Gateway' : 'Resolver'} ${address}`;
    const id = toSlug(`${one.kind}-${address}`);
    return Target.parse({ id, name, address, labels: { kind: one.kind }, agents, tasks: [{ options: { kind: 'icmp' } }] });
  });
};
