import * as z from 'zod';
import { MibList, MibUpload, MibView } from '../../../protocol/api-devices.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { notFound, refuse } from '../problem.ts';
import { Nothing, problems } from '../schemas.ts';
import { loginOf } from './change.ts';

const MibPath = z.object({ name: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'the name of a MIB module, such as IF-MIB') });
/** Modules of vendors are large. */
const BODY_MAX_BYTES = 3 * 1024 * 1024;

export const addMibRoutes = (app: App, context: Context): void => {
  const { controller, state } = context;
  const tags = ['devices'];
  app.get(
    '/api/v1/mibs',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'The MIB modules whose names may be used', response: { 200: MibList, ...problems } },
    },
    async () => ({ mibs: [...(await controller.mibs.list())] }),
  );
  app.put(
    '/api/v1/mibs/:name',
    {
      bodyLimit: BODY_MAX_BYTES,
      config: { access: 'operator' },
      schema: { tags, summary: 'Upload a MIB module', params: MibPath, body: MibUpload, response: { 200: MibView, ...problems } },
    },
    async ({ params, body, actor }) => {
      const login = loginOf(actor);
      const kept = await controller.mibs.upload(params.name, body.text, login, Math.floor(controller.clock.now()));
      if (!kept.ok) {
        const errors = kept.faults.map(({ line, message }) => ({ path: 'text', message: `line ${line}: ${message}` }));
        throw refuse(422, errors.map(({ message }) => message).join('; '), errors);
      }
      await audit(state, controller.clock, login, 'mib-upload', { mib: params.name, bytes: body.text.length });
      return kept.value;
    },
  );
  app.delete(
    '/api/v1/mibs/:name',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        summary: 'Remove an uploaded MIB module; devices keep the numbers',
        params: MibPath,
        response: { 204: Nothing, ...problems },
      },
    },
    async ({ params, actor }, reply) => {
      const login = loginOf(actor);
      const needing = await controller.mibs.remove(params.name);
      if (needing === null) throw notFound(`uploaded MIB module ${params.name}`);
      if (needing.length > 0) throw refuse(409, `${needing.join(', ')} imports from ${params.name}: remove that first`);
      await audit(state, controller.clock, login, 'mib-remove', { mib: params.name });
      return reply.code(204).send(null);
    },
  );
};
