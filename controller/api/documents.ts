// Rules and maintenance windows: documents of their own table, made, replaced and deleted as a whole.
import type * as z from 'zod';
import { audit } from './audit.ts';
import type { Context } from './context.ts';
import { notFound, refuse } from './problem.ts';

type Table = 'rules' | 'maintenance';
const SINGULAR = { rules: 'rule', maintenance: 'maintenance' } as const;

export interface Documents<T extends { readonly id: string }> {
  list(): Promise<T[]>;
  /** Throws 404. */
  find(id: string): Promise<T>;
  /** Throws 409 when the id is taken. */
  create(document: T, actor: string): Promise<T>;
  /** Throws 404, and 422 when the document names another id. */
  replace(id: string, document: T, actor: string): Promise<T>;
  remove(id: string, actor: string): Promise<void>;
}

/** Audited under its id. */
export const openDocuments = <T extends { readonly id: string }>(
  { state, controller }: Context,
  table: Table,
  schema: z.ZodType<T>,
): Documents<T> => {
  const what = SINGULAR[table];
  const parse = (document: string): T => schema.parse(JSON.parse(document));
  const record = (actor: string, action: string, id: string): Promise<void> =>
    audit(state, controller.clock, actor, `${what}-${action}`, { [what]: id });
  const save = async (document: T): Promise<void> => {
    const row = { id: document.id, document: JSON.stringify(document), updated_at: Math.floor(controller.clock.now()) };
    const enabled = 'enabled' in document && document.enabled === false ? 0 : 1;
    if (table === 'maintenance') await state.replaceInto('maintenance').values(row).execute();
    else
      await state
        .replaceInto('rules')
        .values({ ...row, enabled })
        .execute();
  };
  const exists = async (id: string): Promise<boolean> =>
    (await state.selectFrom(table).select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
  return {
    list: async () => (await state.selectFrom(table).select('document').orderBy('id').execute()).map(({ document }) => parse(document)),
    async find(id) {
      const row = await state.selectFrom(table).select('document').where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw notFound(`${what} ${id}`);
      return parse(row.document);
    },
    async create(document, actor) {
      const { id } = document;
      if (await exists(id)) throw refuse(409, `id: there is a ${what} ${id} already`, [{ path: 'id', message: 'taken' }]);
      await save(document);
      await record(actor, 'create', id);
      return document;
    },
    async replace(id, document, actor) {
      if (document.id !== id) throw refuse(422, `id: a ${what} keeps its id`, [{ path: 'id', message: `"${id}", as in the path` }]);
      if (!(await exists(id))) throw notFound(`${what} ${id}`);
      await save(document);
      await record(actor, 'replace', id);
      return document;
    },
    async remove(id, actor) {
      if (!(await exists(id))) throw notFound(`${what} ${id}`);
      await state.deleteFrom(table).where('id', '=', id).execute();
      await record(actor, 'remove', id);
    },
  };
};
