import { Overview } from '../../../protocol/api.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { readOverview } from '../overview.ts';
import { problems } from '../schemas.ts';

export const addOverviewRoute = (app: App, context: Context): void => {
  app.get(
    '/api/v1/overview',
    {
      config: { access: 'viewer' },
      schema: { tags: ['overview'], summary: 'The numbers on the first page', response: { 200: Overview, ...problems } },
    },
    async () => readOverview(context, await context.fleetView.model()),
  );
};
