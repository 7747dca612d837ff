// Questions to devices through an agent, answered line by line as the agent finds something.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { DiscoverNetworks, WalkAddress, WalkDevice } from '../../../protocol/api-devices.ts';
import { TargetId } from '../../../protocol/ids.ts';
import type { Part } from '../../fleet/commands.ts';
import type { Asked } from '../../fleet/snmp/asking.ts';
import type { Actor } from '../actor.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refusedBy } from '../problem.ts';
import { problems } from '../schemas.ts';
import { loginOf } from './change.ts';

const operator = { access: 'operator' } as const;
const schema = { tags: ['devices'], produces: ['application/x-ndjson'] };
const response = { 200: z.string().describe('Lines of JSON as they come; the last one is { end }'), ...problems };

interface Audited {
  readonly actor: Actor | null;
  readonly action: string;
  readonly details: object;
}

export const addAskRoutes = (app: App, { controller, state }: Context): void => {
  const { asking, mibs, clock } = controller;
  async function* lines(parts: AsyncIterable<Part>): AsyncGenerator<string> {
    for await (const { variables, devices, end } of parts) {
      const named = await Promise.all(variables.map(async (found) => ({ ...found, name: await mibs.nameOf(found.oid) })));
      const all = [...named, ...devices, ...(end === null ? [] : [{ end }])];
      yield all.map((line) => `${JSON.stringify(line)}\n`).join('');
    }
  }
  /** Who goes away is not waited for. */
  const answer = async (reply: FastifyReply, what: Audited, ask: (signal: AbortSignal) => Promise<Asked>): Promise<never> => {
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort(new Error('gone')));
    const asked = await ask(gone.signal);
    if (!asked.ok) throw refusedBy(asked);
    await audit(state, clock, loginOf(what.actor), what.action, what.details);
    // Border: the route's type knows texts only.
    return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(lines(asked.parts))) as never;
  };

  app.post(
    '/api/v1/devices/:id/walk',
    {
      config: operator,
      schema: {
        ...schema,
        summary: 'Everything below an OID, read now by its agent',
        params: z.object({ id: TargetId }),
        body: WalkDevice,
        response,
      },
    },
    ({ params, body, actor }, reply) =>
      answer(reply, { actor, action: 'snmp-walk', details: { device: params.id, oid: body.oid } }, (signal) =>
        asking.walkDevice(params.id, body, signal),
      ),
  );
  app.post(
    '/api/v1/snmp/walk',
    {
      config: operator,
      schema: { ...schema, summary: 'Everything below an OID of any address, read now by an agent', body: WalkAddress, response },
    },
    ({ body, actor }, reply) =>
      answer(reply, { actor, action: 'snmp-walk', details: { agent: body.agent, address: body.address, oid: body.oid } }, (signal) =>
        asking.walk(body, signal),
      ),
  );
  app.post(
    '/api/v1/snmp/discover',
    {
      config: operator,
      schema: { ...schema, summary: 'Which of these addresses speak SNMP, as an agent sees them', body: DiscoverNetworks, response },
    },
    ({ body, actor }, reply) =>
      answer(reply, { actor, action: 'snmp-discover', details: { agent: body.agent, addresses: body.addresses } }, (signal) =>
        asking.discover(body, signal),
      ),
  );
};
