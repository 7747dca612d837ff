import * as z from 'zod';
import { Match, SilenceRequest } from '../../../protocol/mute.ts';
import { MutePreview, SilenceList, SilenceView } from '../../../protocol/notify-api.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { previewMute } from '../mute-preview.ts';
import { notFound, refuse } from '../problem.ts';
import { problems, Whole } from '../schemas.ts';
import { loginOf } from './change.ts';

const SHOWN_MS = 30 * 86_400_000;
const SilencePath = z.object({ id: Whole.min(1).max(Number.MAX_SAFE_INTEGER) });

interface Row {
  readonly id: number;
  readonly match: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly comment: string;
  readonly created_by: string;
}

export const addSilenceRoutes = (app: App, context: Context): void => {
  const { state, controller } = context;
  const tags = ['silences'];
  const now = (): number => Math.floor(controller.clock.now());

  app.get(
    '/api/v1/silences',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'Silences of the last 30 days', response: { 200: SilenceList, ...problems } },
    },
    async () => {
      const rows = await state
        .selectFrom('silences')
        .selectAll()
        .where('ends_at', '>', now() - SHOWN_MS)
        .orderBy('id', 'desc')
        .execute();
      return { silences: rows.map((row) => viewOf(row, now())) };
    },
  );
  app.post(
    '/api/v1/silences/preview',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'What it would mute', body: Match, response: { 200: MutePreview, ...problems } },
    },
    ({ body }) => previewMute(state, body, now()),
  );
  app.post(
    '/api/v1/silences',
    {
      config: { access: 'operator' },
      schema: { tags, summary: 'Mute for a while', body: SilenceRequest, response: { 201: SilenceView, ...problems } },
    },
    async ({ body, actor }, reply) => {
      const login = loginOf(actor);
      const at = now();
      const startsAt = body.startsAt ?? at;
      const endsAt = body.endsAt ?? startsAt + (body.forMs ?? 0);
      if (endsAt <= at) throw refuse(422, 'endsAt: lies in the past', [{ path: 'endsAt', message: 'lies in the past' }]);
      const row = {
        match: JSON.stringify(body.match),
        starts_at: startsAt,
        ends_at: endsAt,
        comment: body.comment,
        created_by: login,
        created_at: at,
      };
      const { id } = await state.insertInto('silences').values(row).returning('id').executeTakeFirstOrThrow();
      await audit(state, controller.clock, login, 'silence-create', { silence: id, match: body.match, endsAt });
      await controller.telling.look();
      return reply.code(201).send(viewOf({ id, ...row }, at));
    },
  );
  app.delete(
    '/api/v1/silences/:id',
    {
      config: { access: 'operator' },
      schema: { tags, summary: 'End a silence now', params: SilencePath, response: { 200: SilenceView, ...problems } },
    },
    async ({ params: { id }, actor }) => {
      const at = now();
      await state.updateTable('silences').set({ ends_at: at }).where('id', '=', id).where('ends_at', '>', at).execute();
      const row = await state.selectFrom('silences').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw notFound(`silence ${id}`);
      await audit(state, controller.clock, loginOf(actor), 'silence-end', { silence: id });
      await controller.telling.look();
      return viewOf(row, at);
    },
  );
};

const viewOf = (row: Row, now: number): SilenceView => ({
  id: row.id,
  match: Match.parse(JSON.parse(row.match)),
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  comment: row.comment,
  createdBy: row.created_by,
  state: now < row.starts_at ? 'pending' : now < row.ends_at ? 'active' : 'over',
});
