import { Storage } from '../../../protocol/ask.ts';
import { forecast } from '../../series/forecast.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { problems } from '../schemas.ts';

export const addStorageRoute = (app: App, { store, storage, controller, settings, freeBytes }: Context): void => {
  app.get(
    '/api/v1/store/usage',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['store'],
        summary: 'What is kept for how long, what it takes on disk, and what it will take',
        response: { 200: Storage, ...problems },
      },
    },
    async () => {
      const { kind } = storage.state();
      const [usage, free] = await Promise.all([store.usage(), kind === 'sqlite' ? freeBytes() : null]); // InfluxDB's disk is not ours
      const { tiers, ...rest } = forecast(usage, settings.retention, Math.floor(controller.clock.now()), free);
      return { kind, ...rest, freeBytes: free, tiers: [...tiers], windowsWaiting: usage.windowsWaiting };
    },
  );
};
