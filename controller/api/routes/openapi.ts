import * as z from 'zod';
import type { App } from '../instance.ts';

/** The description of every route here, open: it tells nothing of the fleet. */
export const addOpenApiRoute = (app: App): void => {
  app.get(
    '/api/v1/openapi.json',
    {
      config: { access: 'open' },
      schema: { tags: ['openapi'], security: [], summary: 'This description', response: { 200: z.record(z.string(), z.unknown()) } },
    },
    async () => ({ ...app.swagger() }),
  );
};
