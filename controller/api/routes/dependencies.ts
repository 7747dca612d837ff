import { Dependencies } from '../../../protocol/rule.ts';
import { DEPENDENCIES_KEY } from '../../alerts/definitions.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { problems } from '../schemas.ts';
import { loginOf } from './change.ts';

/** What hangs behind what: a dead parent mutes its children. */
export const addDependencyRoutes = (app: App, { state, controller }: Context): void => {
  const tags = ['rules'];
  app.get(
    '/api/v1/dependencies',
    { config: { access: 'viewer' }, schema: { tags, summary: 'What hangs behind what', response: { 200: Dependencies, ...problems } } },
    async () => {
      const kept = await state.selectFrom('settings').select('value').where('key', '=', DEPENDENCIES_KEY).executeTakeFirst();
      return Dependencies.parse(kept === undefined ? {} : JSON.parse(kept.value));
    },
  );
  app.put(
    '/api/v1/dependencies',
    {
      config: { access: 'admin' },
      schema: { tags, summary: 'Say what hangs behind what', body: Dependencies, response: { 200: Dependencies, ...problems } },
    },
    async ({ body, actor }) => {
      await state
        .replaceInto('settings')
        .values({ key: DEPENDENCIES_KEY, value: JSON.stringify(body) })
        .execute();
      await audit(state, controller.clock, loginOf(actor), 'dependencies-replace', { parents: Object.keys(body.parents).length });
      return body;
    },
  );
};
