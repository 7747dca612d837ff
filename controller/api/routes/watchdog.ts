import { WatchdogEdit, WatchdogView } from '../../../protocol/watchdog.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refuse } from '../problem.ts';
import { problems } from '../schemas.ts';
import { loginOf } from './change.ts';

export const addWatchdogRoutes = (app: App, { state, controller }: Context): void => {
  const tags = ['notifiers'];
  app.get(
    '/api/v1/watchdog',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'Who notices that the controller itself is gone', response: { 200: WatchdogView, ...problems } },
    },
    () => controller.watchdog.view(),
  );
  app.put(
    '/api/v1/watchdog',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        summary: 'Name a heartbeat, and agents that page by themselves',
        body: WatchdogEdit,
        response: { 200: WatchdogView, ...problems },
      },
    },
    async ({ body, actor }) => {
      const faults = await controller.watchdog.save(body);
      if (faults.length > 0) throw refuse(422, faults.map(({ path, message }) => `${path}: ${message}`).join('; '), faults);
      await audit(state, controller.clock, loginOf(actor), 'watchdog-replace', { agents: body.agents, notifiers: body.notifiers });
      return controller.watchdog.view();
    },
  );
};
