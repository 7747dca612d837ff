// Line protocol in, as InfluxDB takes it, so that a Telegraf pointed at us works as it is.
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { Written } from '../../origins/origins.ts';
import type { Precision } from '../../series/line-protocol.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refuse } from '../problem.ts';
import { problems, unavailable } from '../schemas.ts';

const BODY_MAX_BYTES = 8 * 1024 * 1024;
const INFLATED_MAX_BYTES = 32 * 1024 * 1024;
const NAMED_MOST = 100;

const Precisions = z.enum(['ns', 'n', 'us', 'u', 'ms', 's']).default('ns');
const PRECISION: Readonly<Record<z.infer<typeof Precisions>, Precision>> = { ns: 'ns', n: 'ns', us: 'us', u: 'us', ms: 'ms', s: 's' };
/** What other parameters say (bucket, org, db, rp) does not matter here: whose the token is does. */
const Query = z.looseObject({ precision: Precisions });
/** Bytes here, which may be gzip; described as what they say. */
const Lines = z.unknown().meta({
  type: 'string',
  description: 'A line a point: measurement,tag=value field=1.5,other=2i 1800000000000000000. Plain, or with content-encoding: gzip',
  examples: ['cpu,host=web1 usage_user=12.5 1800000000000000000'],
});
/** As InfluxDB 1.x and 2.x name it; `lines` is ours. */
const Partial = z.object({
  code: z.literal('invalid'),
  message: z.string(),
  error: z.string(),
  lines: z.array(z.object({ line: z.int(), reason: z.string() })),
});

export const addWriteRoutes = (app: App, context: Context): void => {
  void app.register(async (child) => {
    child.removeAllContentTypeParsers();
    child.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    const routes: App = child;
    for (const [url, summary] of [
      ['/api/v2/write', "Line protocol, as InfluxDB 2.x takes it; series are kept apart by the token's name"],
      ['/write', 'Line protocol, as InfluxDB 1.x takes it; the token is the password'],
    ] as const)
      routes.post(
        url,
        {
          bodyLimit: BODY_MAX_BYTES,
          config: { access: 'operator', influx: true },
          schema: {
            tags: ['write'],
            summary,
            consumes: ['text/plain'],
            security: [{ influxToken: [] }, { influxLogin: [] }, { influxPassword: [] }, { token: [] }, { session: [] }],
            body: Lines,
            querystring: Query,
            response: {
              204: z.null().describe('All lines are stored'),
              400: Partial.describe('Bad lines, named one by one; the good ones are stored'),
              ...problems,
              ...unavailable,
            },
          },
        },
        async ({ body, headers, query, actor }, reply) => {
          const text = textOf(body, headers['content-encoding']);
          const written = await write(context, originOf(actor), text, PRECISION[query.precision]);
          return written.bad.length === 0 ? reply.code(204).send(null) : reply.code(400).send(partial(written));
        },
      );
  });
};

const textOf = (body: unknown, encoding: string | undefined): string => {
  if (!Buffer.isBuffer(body)) return '';
  if (encoding === undefined || encoding === 'identity') return body.toString('utf8');
  if (encoding !== 'gzip') throw refuse(415, `content-encoding ${encoding}: gzip or none`);
  try {
    return gunzipSync(body, { maxOutputLength: INFLATED_MAX_BYTES }).toString('utf8');
  } catch (error) {
    throw refuse(
      400,
      `not gzip, or more than ${INFLATED_MAX_BYTES} bytes of lines: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

/** The token's name, or who is signed in. */
const originOf = (actor: Actor | null): string => {
  if (actor === null) throw refuse(401, 'send an API token that may write');
  return actor.session === null ? actor.user.name : actor.user.login;
};

const write = async ({ origins, log }: Context, origin: string, text: string, precision: Precision): Promise<Written> => {
  try {
    return await origins.write(origin, text, precision);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('lines-not-taken', `lines of ${origin} cannot be stored now: ${reason}`);
    throw refuse(503, `the store cannot write now, send it again: ${reason}`);
  }
};

const partial = ({ stored, bad }: Written): z.infer<typeof Partial> => {
  const named = bad.slice(0, NAMED_MOST);
  const more = bad.length > named.length ? `; and ${bad.length - named.length} more` : '';
  const message = `partial write: ${bad.length} of ${stored + bad.length} lines refused: ${named.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ')}${more}`;
  return { code: 'invalid', message, error: message, lines: [...named] };
};
