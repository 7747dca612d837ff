// A file of rules made true in one transaction, and what stands in its way.
import type * as z from 'zod';
import type { AppliedRules, ApplyRules } from '../../protocol/rule-view.ts';
import { Rule } from '../../protocol/rule.ts';
import { DEPENDENCIES_KEY } from '../alerts/definitions.ts';
import { audit } from './audit.ts';
import type { Context } from './context.ts';
import { refuse } from './problem.ts';

/** Throws the refusal; then nothing is changed. */
export const applyRules = async (
  context: Context,
  { rules, dependencies, prune, dryRun }: z.infer<typeof ApplyRules>,
  actor: string,
): Promise<z.infer<typeof AppliedRules>> => {
  const { state, controller } = context;
  const twice = rules.flatMap(({ id }, index) =>
    rules.findIndex((rule) => rule.id === id) < index ? [{ path: `rules[${index}].id`, message: `${id} comes twice` }] : [],
  );
  if (twice.length > 0) throw refuse(422, twice.map(({ path, message }) => `${path}: ${message}`).join('; '), twice);
  for (const rule of rules) await refuseUnknownNotifiers(context, rule);
  const rows = await state.selectFrom('rules').select(['id', 'document']).orderBy('id').execute();
  const before = new Map(rows.map(({ id, document }) => [id, JSON.stringify(Rule.parse(JSON.parse(document)))]));
  const isSame = (rule: Rule): boolean => before.get(rule.id) === JSON.stringify(rule);
  const named = new Set(rules.map(({ id }) => id));
  const result = {
    created: rules.filter(({ id }) => !before.has(id)).map(({ id }) => id),
    changed: rules.filter((rule) => before.has(rule.id) && !isSame(rule)).map(({ id }) => id),
    removed: prune ? [...before.keys()].filter((id) => !named.has(id)) : [],
    unchanged: rules.filter(isSame).map(({ id }) => id),
  };
  if (dryRun) return result;
  const at = Math.floor(controller.clock.now());
  await state.transaction().execute(async (trx) => {
    for (const rule of rules.filter((one) => !isSame(one)))
      await trx
        .replaceInto('rules')
        .values({ id: rule.id, document: JSON.stringify(rule), enabled: rule.enabled ? 1 : 0, updated_at: at })
        .execute();
    for (const id of result.removed) await trx.deleteFrom('rules').where('id', '=', id).execute();
    if (dependencies !== undefined)
      await trx
        .replaceInto('settings')
        .values({ key: DEPENDENCIES_KEY, value: JSON.stringify(dependencies) })
        .execute();
  });
  await audit(state, controller.clock, actor, 'rules-apply', { created: result.created, changed: result.changed, removed: result.removed });
  return result;
};

/** A rule that tells nobody because of a misspelt name would be found out too late. */
export const refuseUnknownNotifiers = async ({ state }: Context, { notifiers }: Rule): Promise<void> => {
  const known = new Set((await state.selectFrom('notifiers').select('id').execute()).map(({ id }) => id));
  const unknown = notifiers.flatMap((id, index) =>
    known.has(id) ? [] : [{ path: `notifiers[${index}]`, message: `there is no notifier ${id}` }],
  );
  if (unknown.length > 0) throw refuse(422, unknown.map(({ path, message }) => `${path}: ${message}`).join('; '), unknown);
};
