import * as z from 'zod';
import { InfluxRequest, InfluxTest, type InfluxView, SetAsideList, StoreView } from '../../../protocol/store-api.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refuse } from '../problem.ts';
import { Limit, Nothing, problems } from '../schemas.ts';
import { loginOf } from './change.ts';

export const addStoreRoutes = (app: App, context: Context): void => {
  const { storage } = context;
  const tags = ['store'];
  const viewer = { access: 'viewer' } as const;
  const admin = { access: 'admin' } as const;

  app.get(
    '/api/v1/store',
    {
      config: viewer,
      schema: { tags, summary: 'Which store is in use, its state, and what waits for it', response: { 200: StoreView, ...problems } },
    },
    () => storeView(context),
  );
  app.post(
    '/api/v1/store/test',
    {
      config: admin,
      schema: {
        tags,
        summary: 'What an InfluxDB lets this login do, and what is missing there; changes nothing, here or there',
        body: InfluxRequest,
        response: { 200: InfluxTest, ...problems },
      },
    },
    async ({ body }) => {
      const found = await storage.test({ ...body, retentionDays: context.settings.retentionDays }, context.settings.retention);
      return { ...found, commands: [...found.commands] };
    },
  );
  app.put(
    '/api/v1/store/influx',
    {
      config: admin,
      schema: {
        tags,
        summary: 'From now on points go to this InfluxDB, unless it refuses the login; what the embedded store holds is copied behind',
        body: InfluxRequest,
        response: { 200: StoreView, ...problems },
      },
    },
    async ({ body, actor }) => {
      refuseFixed(context);
      const settings = { ...body, retentionDays: context.settings.retentionDays };
      const found = await storage.test(settings, context.settings.retention);
      if (!found.isUsable) {
        const why = found.message ?? 'it cannot be used';
        throw refuse(422, why, [{ path: found.version === null ? 'url' : found.phase === 'missing' ? 'database' : 'user', message: why }]);
      }
      await storage.useInflux(settings);
      await audit(context.state, context.controller.clock, loginOf(actor), 'store-influx', { url: found.url, database: found.database });
      return storeView(context);
    },
  );
  app.delete(
    '/api/v1/store/influx',
    {
      config: admin,
      schema: { tags, summary: 'Back to the embedded store; what InfluxDB has stays there', response: { 200: StoreView, ...problems } },
    },
    async ({ actor }) => {
      refuseFixed(context);
      await storage.useEmbedded();
      await audit(context.state, context.controller.clock, loginOf(actor), 'store-embedded', {});
      return storeView(context);
    },
  );
  app.get(
    '/api/v1/store/set-aside',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'Points that the store refused for good, newest first',
        querystring: z.object({ limit: Limit }),
        response: { 200: SetAsideList, ...problems },
      },
    },
    async ({ query: { limit } }) => ({
      points: (await storage.setAside.list(limit)).map((point) => ({ ...point, tags: { ...point.tags }, fields: { ...point.fields } })),
    }),
  );
  app.delete(
    '/api/v1/store/set-aside',
    { config: admin, schema: { tags, summary: 'Forget the points that were refused', response: { 204: Nothing, ...problems } } },
    async ({ actor }, reply) => {
      await storage.setAside.clear();
      await audit(context.state, context.controller.clock, loginOf(actor), 'set-aside-clear', {});
      return reply.code(204).send(null);
    },
  );
};

const refuseFixed = ({ storage }: Context): void => {
  if (storage.state().fixed)
    throw refuse(409, 'the store is named by a flag, the environment or controller.yaml: change it there, and start the controller again');
};

const viewOf = (state: NonNullable<ReturnType<Context['storage']['state']>['influx']>): InfluxView => ({
  ...state,
  commands: [...state.commands],
  rollUps: state.rollUps === null ? null : { ...state.rollUps, commands: [...state.rollUps.commands] },
});

const storeView = async ({ storage, controller }: Context): Promise<StoreView> => {
  const { kind, fixed, influx, backfill } = storage.state();
  const { arrivalsBytes, arrivalsCapBytes, storeLag, storeLagMs } = controller.counters();
  const trouble = controller.troubles().find(({ part }) => part === 'store');
  return {
    kind,
    fixed,
    influx: influx === null ? null : viewOf(influx),
    queue: {
      bytes: arrivalsBytes,
      capBytes: arrivalsCapBytes,
      arrivals: storeLag,
      lagMs: storeLagMs,
      trouble: trouble === undefined ? null : { message: trouble.message, since: trouble.since },
    },
    setAside: { total: await storage.setAside.total(), kept: await storage.setAside.reasons() },
    backfill,
  };
};
