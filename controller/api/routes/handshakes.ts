// What InfluxDB's clients ask before they write: Telegraf for a database, others for a sign of life.
import * as z from 'zod';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refuse } from '../problem.ts';
import { problems } from '../schemas.ts';

/** What we take is what InfluxDB 1.8 takes: /write, and /api/v2/write with a token. */
const VERSION = '1.8.10-sonde';
const FORM = 'application/x-www-form-urlencoded';
const tags = ['write'];
const open = { access: 'open' } as const;

const Health = z.object({ name: z.literal('influxdb'), status: z.enum(['pass', 'fail']), message: z.string(), version: z.string() });

export const addHandshakeRoutes = (app: App, { controller }: Context): void => {
  app.get(
    '/ping',
    {
      config: open,
      schema: {
        tags,
        security: [],
        summary: 'As InfluxDB answers it: 204, or with ?verbose=true its version',
        querystring: z.looseObject({ verbose: z.string().optional() }),
        response: { 200: z.object({ version: z.string() }), 204: z.null().describe('It is there') },
      },
    },
    async ({ query: { verbose = '' } }, reply) => {
      void reply.headers({ 'x-influxdb-version': VERSION, 'x-influxdb-build': 'OSS' });
      return ['', '0', 'false'].includes(verbose) ? reply.code(204).send(null) : reply.send({ version: VERSION });
    },
  );
  app.get(
    '/health',
    {
      config: open,
      schema: { tags, security: [], summary: 'As InfluxDB answers it: whether lines are taken', response: { 200: Health, 503: Health } },
    },
    async (_request, reply) => {
      const fails = controller.troubles().some(({ part }) => part === 'store'); // the log has the words
      return reply.code(fails ? 503 : 200).send({
        name: 'influxdb',
        status: fails ? 'fail' : 'pass',
        message: fails ? 'the store cannot write now' : 'ready for writes',
        version: VERSION,
      });
    },
  );
  void app.register(async (child) => addCreateDatabase(child));
};

/** Clients send `q` in the address or in a form. */
const addCreateDatabase = (app: App): void => {
  app.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post(
    '/query',
    {
      config: { access: 'operator', influx: true },
      schema: {
        tags,
        summary: 'CREATE DATABASE only, which Telegraf asks for: there is nothing to create',
        consumes: [FORM],
        security: [{ influxToken: [] }, { influxLogin: [] }, { influxPassword: [] }, { token: [] }, { session: [] }],
        querystring: z.looseObject({ q: z.string().optional() }),
        body: z.unknown().meta({ type: 'string', description: 'q=CREATE DATABASE …, in a form' }),
        response: { 200: z.object({ results: z.array(z.object({ statement_id: z.int() })) }), ...problems },
      },
    },
    async ({ query, body }) => {
      const q = query.q ?? (typeof body === 'string' ? new URLSearchParams(body).get('q') : null) ?? '';
      if (!/^\s*create\s+database\b/i.test(q)) throw refuse(400, 'only CREATE DATABASE is answered here: ask for series at /api/v1/query');
      return { results: [{ statement_id: 0 }] };
    },
  );
};
